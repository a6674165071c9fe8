import { sign } from 'node:crypto'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { importP256, signJws } from '../../../src/crypto/jws.ts'
import { readEvidence } from '../../../src/directory/evidence/evidence-frame.ts'
import {
  type Group,
  type GroupRead,
  startVerifierThread,
  type VerifierThread,
} from '../../../src/directory/evidence/verifier-thread.ts'
import { verifiers } from '../../../src/directory/evidence/verifiers.ts'
import { evidence } from '../../support/protocol/frame-samples.ts'
import { withSignature } from '../../support/protocol/raw-jws.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

const { spki, privateKey } = testKey('device')
const from = { device: evidence.sub, epoch: 1, key: importP256(spki), applicationKey: toBase64Url(spki) }

const READING = {
  ...{ from, wanted: true, held: () => undefined, broken: () => undefined, dropped: () => undefined },
}

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
              all.read({ ...READING, compact, held: told, broken: (error) => told(codeOf(error)) })
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

test('a real thread that is ended answers all that it was asked', async () => {
  const frames = await goodOnes(64)
  await using all = setUp({ threads: 1 })
  const told = all.read(frames)
  await new Promise((resolve) => setImmediate(resolve))
  expect(all.started.length).toBe(1)
  await all.started[0]?.end()
  expect(await told).toEqual(whatHolds(frames))
})

test.each([0, 1])('what nobody wants any more is not read, with %i threads', async (threads) => {
  const frames = await goodOnes(20)
  await using all = verifiers(
    { log: silentLog, startThread: () => startVerifierThread({ log: silentLog }), expects: () => () => undefined },
    { threads },
  )
  const told: string[] = []
  const read = (wanted: boolean) =>
    frames.map(
      (compact) =>
        new Promise<void>((done) => {
          const tell = (what: string) => () => {
            told.push(what)
            done()
          }
          all.read({ from, compact, wanted, held: tell('held'), broken: tell('broken'), dropped: tell('dropped') })
        }),
    )
  await Promise.all([...read(false), ...read(true)])
  expect(Map.groupBy(told, (what) => what).get('dropped')).toHaveLength(20)
  expect(Map.groupBy(told, (what) => what).get('held')).toHaveLength(20)
})

test('what is not wanted any more while a thread reads it is dropped, be it good or not', async () => {
  const [good = ''] = await goodOnes(1)
  let isWanted = true
  const answers: (() => void)[] = []
  const read: VerifierThread['read'] = ({ frames }, answered) => {
    const [payloads, hashes] = [frames.map(() => undefined), frames.map(() => undefined)]
    answers.push(() => answered({ payloads, hashes }))
  }
  await using all = verifiers(
    { log: silentLog, startThread: () => ({ read, end: async () => undefined }), expects: () => () => undefined },
    { threads: 1 },
  )
  const told: string[] = []
  for (const compact of [good, 'broken', 'broken']) {
    all.read({
      ...{ from, compact, held: () => told.push('held'), broken: () => told.push('broken') },
      dropped: () => told.push('dropped'),
      get wanted() {
        return isWanted
      },
    })
  }
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
  isWanted = false
  for (const answer of answers) answer()
  while (told.length < 3) await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual(['dropped', 'dropped', 'dropped'])
})

test.each([
  ['that hold', 0, (frame: string) => frame],
  ['that do not, which a thread leaves to it', 1, (frame: string) => frame.replace(/.{3}$/, 'AAA')],
])('between large frames %s the loop does all else', async (_, threads, change) => {
  const items = Array.from({ length: 1_000 }, (__, at) => ({
    ...agentSighting('0'),
    id: at.toString(16).padStart(32, '0'),
  }))
  const large = change(await signed({ ...evidence, sightings: { mode: 'delta', items, gone: [] } }))
  await using all = setUp({ threads })
  // As many as take a second here.
  const startedAt = performance.now()
  for (let run = 0; run < 5; run++) await all.read([large])
  const count = Math.ceil(5_000 / (performance.now() - startedAt))
  let read = 0
  const turns = new Set<number>()
  let turn = 0
  const counting = setInterval(() => turn++, 0)
  await Promise.all(
    Array.from({ length: count }, async () => {
      await all.read([large])
      turns.add(turn)
      read++
    }),
  )
  clearInterval(counting)
  expect(read).toBe(count)
  expect(turns.size).toBeGreaterThan(5)
})

test('of large frames few go in one message, one message at a time, and small ones do not wait for them', async () => {
  const groups: number[][] = []
  const answers: (() => void)[] = []
  const read: VerifierThread['read'] = ({ frames }, answered) => {
    groups.push(frames.map(({ length }) => length))
    const nothing = frames.map(() => undefined)
    answers.push(() => answered({ payloads: nothing, hashes: nothing }))
  }
  await using all = verifiers(
    { log: silentLog, startThread: () => ({ read, end: async () => undefined }), expects: () => () => undefined },
    { threads: 1 },
  )
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const large = 512 * 1024
  let isWanted = true
  const comes = (characters: number) =>
    all.read({
      ...{ ...READING, compact: 'x'.repeat(characters) },
      get wanted() {
        return isWanted
      },
    })
  for (let at = 0; at < 60; at++) comes(large)
  await turn()
  for (let at = 0; at < 60; at++) comes(20)
  await turn()
  expect(groups).toEqual([[large, large], Array(60).fill(20)])
  answers[0]?.()
  await turn()
  expect(groups.slice(2)).toEqual([[large, large]])
  isWanted = false
})
