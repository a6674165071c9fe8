import { sign } from 'node:crypto'
import { toBase64Url } from '../../src/base/bytes.ts'
import { codeOf } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { importP256, signJws } from '../../src/crypto/jws.ts'
import { readEvidence } from '../../src/directory/evidence/evidence-frame.ts'
import {
  type Group,
  type GroupRead,
  startVerifierThread,
  type VerifierThread,
} from '../../src/directory/evidence/verifier-thread.ts'
import { verifiers } from '../../src/directory/evidence/verifiers.ts'
import { evidence } from '../support/frame-samples.ts'
import { withSignature } from '../support/raw-jws.ts'
import { testKey } from '../support/test-keys.ts'

const { spki, privateKey } = testKey('device')
const from = { device: evidence.sub, epoch: 1, key: importP256(spki), applicationKey: toBase64Url(spki) }

const signed = (payload: object, kind: 'evidence' | 'attestation' = 'evidence') =>
  signJws(kind, payload, async (message) => sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
const goodOnes = (count: number) =>
  Promise.all(Array.from({ length: count }, (_, at) => signed({ ...evidence, sequence: at + 1 })))

/** With real threads, or those that a test makes. */
function setUp(init: { threads: number; thread?: () => VerifierThread }) {
  const started: VerifierThread[] = []
  let asked = 0
  let expected = 0
  const startThread = () => {
    const thread = init.thread?.() ?? startVerifierThread({ log: silentLog })
    started.push(thread)
    const read: VerifierThread['read'] = (group, answered) => {
      asked += group.frames.length
      thread.read(group, answered)
    }
    return { ...thread, read }
  }
  const expects = () => {
    expected++
    return () => {
      expected--
    }
  }
  const all = verifiers({ log: silentLog, startThread, expects }, { threads: init.threads })
  return {
    started,
    asked: () => asked,
    expected: () => expected,
    /** All come in one turn. @returns of each what was told of it, in the order in which they came. */
    read: (frames: readonly string[]) =>
      Promise.all(
        frames.map(
          (compact) =>
            new Promise((told) => {
              all.read({ compact, from, held: told, broken: (error) => told(codeOf(error)) })
            }),
        ),
      ),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  }
}

const whatHolds = (frames: readonly string[]) => frames.map((frame) => readEvidence(frame, from))

test('much that comes at once is read in threads too, and told as if it had been read here', async () => {
  const frames = await goodOnes(1_500)
  await using all = setUp({ threads: 2 })
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect([all.started.length, all.expected()]).toEqual([2, 0])
  expect(all.asked()).toBeGreaterThan(500)
})

test('little is read here, and no thread is started for it', async () => {
  const frames = await goodOnes(2)
  await using all = setUp({ threads: 2 })
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect(all.started).toEqual([])
})

test('with one core there are no threads', async () => {
  const frames = await goodOnes(100)
  await using all = setUp({ threads: 0 })
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect(all.started).toEqual([])
})

test.each<readonly [string, string, () => Promise<string>]>([
  [
    'whose signature is of other bytes',
    'SIGNATURE_INVALID',
    async () => (await signed(evidence)).replace(/.{3}$/, 'AAA'),
  ],
  [
    'whose signature is r zero',
    'SIGNATURE_INVALID',
    async () => withSignature(await signed(evidence), (signature) => signature.fill(0, 0, 32)),
  ],
  ['of another device', 'FRAME_MALFORMED', () => signed({ ...evidence, sub: `dev_${'A'.repeat(22)}` })],
  ['of another epoch', 'EPOCH_MISMATCH', () => signed({ ...evidence, epoch: 2 })],
  ['that does not fit the schema', 'FRAME_MALFORMED', () => signed({ ...evidence, sequence: 0 })],
  ['of another kind', 'SIGNATURE_HEADER_REFUSED', () => signed(evidence, 'attestation')],
  ['that is no JWS', 'FRAME_MALFORMED', async () => 'eyJ'],
])('a frame %s is told as %s, and none beside it', async (_, code, broken) => {
  const frames = await goodOnes(40)
  await using all = setUp({ threads: 1 })
  const told = await all.read([...frames.slice(0, 20), await broken(), ...frames.slice(20)])
  expect(told.splice(20, 1)).toEqual([code])
  expect(told).toEqual(whatHolds(frames))
  expect([all.asked(), all.expected()]).toEqual([41, 0])
})

/** Answers so many groups as if nothing in them held, then ends. */
function dying(after: number): VerifierThread {
  let left = after
  return {
    end: async () => undefined,
    read({ frames }: Group, answered: (read: GroupRead | undefined) => void) {
      const nothing = frames.map(() => undefined)
      const answer = left-- > 0 ? { payloads: nothing, hashes: nothing } : undefined
      setImmediate(() => answered(answer))
    },
  }
}

test('what lay with a thread that ended is read all the same, and another is started', async () => {
  const frames = await goodOnes(300)
  await using all = setUp({ threads: 1, thread: () => dying(1) })
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect([all.started.length, all.expected()]).toEqual([2, 0])
})

test('after a thread that never did anything no other is started', async () => {
  const frames = await goodOnes(300)
  await using all = setUp({ threads: 2, thread: () => dying(0) })
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect([all.started.length, all.expected()]).toEqual([1, 0])
})

test('where no thread can be started all is read all the same', async () => {
  const frames = await goodOnes(300)
  let tried = 0
  const thread = () => {
    tried++
    throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN')
  }
  await using all = setUp({ threads: 2, thread })
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect(await all.read(frames)).toEqual(whatHolds(frames))
  expect([tried, all.expected()]).toEqual([1, 0])
})

test.each([
  // Beside those that wait, as many as two threads are given.
  ['frames', 20_000, 16_384 + 2 * 512, 0],
  ['large frames', 120, 64 + 2 * 16, 1024 * 1024],
])('of many %s few wait in memory, however long the threads take', async (_, count, most, characters) => {
  await using all = verifiers(
    {
      log: silentLog,
      startThread: () => ({ read: () => undefined, end: async () => undefined }),
      expects: () => () => undefined,
    },
    { threads: 2 },
  )
  const told: number[] = []
  for (let at = 0; at < count; at++) {
    all.read({ compact: 'x'.repeat(characters), from, held: () => undefined, broken: () => told.push(at) })
  }
  expect(told.length).toBe(count - most)
})

test('a real thread that is ended answers all that it was asked', async () => {
  const frames = await goodOnes(64)
  await using all = setUp({ threads: 1 })
  const told = all.read(frames)
  await new Promise((resolve) => setImmediate(resolve))
  expect(all.started.length).toBe(1)
  await all.started[0]?.end()
  expect(await told).toEqual(whatHolds(frames))
})

test('of large frames few lie with a thread that is slow, and few in one message', async () => {
  const groups: number[] = []
  await using all = verifiers(
    {
      log: silentLog,
      startThread: () => ({ read: ({ frames }) => void groups.push(frames.length), end: async () => undefined }),
      expects: () => () => undefined,
    },
    { threads: 1 },
  )
  const compact = 'x'.repeat(512 * 1024)
  for (let at = 0; at < 60; at++) all.read({ compact, from, held: () => undefined, broken: () => undefined })
  await new Promise((resolve) => setImmediate(resolve))
  expect(groups).toEqual(Array.from({ length: 16 }, () => 2))
})
