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
  from,
  wanted: true,
  held: () => undefined,
  broken: () => undefined,
  dropped: () => undefined,
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
  const expectMore = () => {
    expected++
    return () => {
      expected--
    }
  }
  const all = verifiers({ log: silentLog, startThread, expectMore }, { threads: init.threads })
  return {
    started,
    asked: () => asked,
    expected: () => expected,
    /** All arrive in one turn. @returns the outcome of each, in order of arrival. */
    read: (frames: readonly string[]) =>
      Promise.all(
        frames.map(
          (compact) =>
            new Promise((answers) => {
              all.read({ ...READING, compact, held: answers, broken: (error) => answers(codeOf(error)) })
            }),
        ),
      ),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  }
}

const validFrames = (frames: readonly string[]) => frames.map((frame) => readEvidence(frame, from))

test('many frames are also read in threads, with the same outcome', async () => {
  const frames = await goodOnes(1_500)
  await using all = setUp({ threads: 2 })
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect([all.started.length, all.expected()]).toEqual([2, 0])
  expect(all.asked()).toBeGreaterThan(500)
})

test('a few frames are read without a thread', async () => {
  const frames = await goodOnes(2)
  await using all = setUp({ threads: 2 })
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect(all.started).toEqual([])
})

test('with one core there are no threads', async () => {
  const frames = await goodOnes(100)
  await using all = setUp({ threads: 0 })
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect(all.started).toEqual([])
})

test.each<readonly [string, string, () => Promise<string>]>([
  [
    'with a signature of other bytes',
    'SIGNATURE_INVALID',
    async () => (await signed(evidence)).replace(/.{3}$/, 'AAA'),
  ],
  [
    'with a signature with r zero',
    'SIGNATURE_INVALID',
    async () => withSignature(await signed(evidence), (signature) => signature.fill(0, 0, 32)),
  ],
  ['of another device', 'FRAME_MALFORMED', () => signed({ ...evidence, sub: `dev_${'A'.repeat(22)}` })],
  ['of another epoch', 'EPOCH_MISMATCH', () => signed({ ...evidence, epoch: 2 })],
  ['that does not fit the schema', 'FRAME_MALFORMED', () => signed({ ...evidence, sequence: 0 })],
  ['of another kind', 'SIGNATURE_HEADER_REFUSED', () => signed(evidence, 'attestation')],
  ['that is no JWS', 'FRAME_MALFORMED', async () => 'eyJ'],
])('a frame %s fails with %s, and no other does', async (_, code, broken) => {
  const frames = await goodOnes(40)
  await using all = setUp({ threads: 1 })
  const answers = await all.read([...frames.slice(0, 20), await broken(), ...frames.slice(20)])
  expect(answers.splice(20, 1)).toEqual([code])
  expect(answers).toEqual(validFrames(frames))
  expect([all.asked(), all.expected()]).toEqual([41, 0])
})

/** Answers this many groups as if all frames were invalid, then ends. */
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

test('frames of a thread that ended are still read, and another thread starts', async () => {
  const frames = await goodOnes(300)
  await using all = setUp({ threads: 1, thread: () => dying(1) })
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect([all.started.length, all.expected()]).toEqual([2, 0])
})

test('a thread that ended before its first answer is not replaced', async () => {
  const frames = await goodOnes(300)
  await using all = setUp({ threads: 2, thread: () => dying(0) })
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect([all.started.length, all.expected()]).toEqual([1, 0])
})

test('everything is read if no thread can be started', async () => {
  const frames = await goodOnes(300)
  let tried = 0
  const thread = () => {
    tried++
    throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN')
  }
  await using all = setUp({ threads: 2, thread })
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect(await all.read(frames)).toEqual(validFrames(frames))
  expect([tried, all.expected()]).toEqual([1, 0])
})

test('a real thread that is ended answers all its requests', async () => {
  const frames = await goodOnes(64)
  await using all = setUp({ threads: 1 })
  const answers = all.read(frames)
  await new Promise((resolve) => setImmediate(resolve))
  expect(all.started.length).toBe(1)
  await all.started[0]?.end()
  expect(await answers).toEqual(validFrames(frames))
})

test.each([0, 1])('an unwanted frame is not read, with %i threads', async (threads) => {
  const frames = await goodOnes(20)
  await using all = verifiers(
    { log: silentLog, startThread: () => startVerifierThread({ log: silentLog }), expectMore: () => () => undefined },
    { threads },
  )
  const answers: string[] = []
  const read = (wanted: boolean) =>
    frames.map(
      (compact) =>
        new Promise<void>((done) => {
          const record = (what: string) => () => {
            answers.push(what)
            done()
          }
          all.read({
            from,
            compact,
            wanted,
            held: record('held'),
            broken: record('broken'),
            dropped: record('dropped'),
          })
        }),
    )
  await Promise.all([...read(false), ...read(true)])
  expect(Map.groupBy(answers, (what) => what).get('dropped')).toHaveLength(20)
  expect(Map.groupBy(answers, (what) => what).get('held')).toHaveLength(20)
})

test('a frame that becomes unwanted in a thread is dropped, valid or not', async () => {
  const [good = ''] = await goodOnes(1)
  let isWanted = true
  const answers: (() => void)[] = []
  const read: VerifierThread['read'] = ({ frames }, answered) => {
    const [payloads, hashes] = [frames.map(() => undefined), frames.map(() => undefined)]
    answers.push(() => answered({ payloads, hashes }))
  }
  await using all = verifiers(
    { log: silentLog, startThread: () => ({ read, end: async () => undefined }), expectMore: () => () => undefined },
    { threads: 1 },
  )
  const outcomes: string[] = []
  for (const compact of [good, 'broken', 'broken']) {
    all.read({
      from,
      compact,
      held: () => outcomes.push('held'),
      broken: () => outcomes.push('broken'),
      dropped: () => outcomes.push('dropped'),
      get wanted() {
        return isWanted
      },
    })
  }
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
  isWanted = false
  for (const answer of answers) answer()
  while (outcomes.length < 3) await new Promise((resolve) => setImmediate(resolve))
  expect(outcomes).toEqual(['dropped', 'dropped', 'dropped'])
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
  // Enough for a second on this machine.
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
  // A loop that is busy until the end has one turn. On a busy machine a second holds few frames.
  expect(turns.size).toBeGreaterThan(Math.min(5, count / 2))
})

test('sends large frames in small messages, one at a time, and lets small frames pass', async () => {
  const groups: number[][] = []
  const outcomes: (() => void)[] = []
  const read: VerifierThread['read'] = ({ frames }, answered) => {
    groups.push(frames.map(({ length }) => length))
    const nothing = frames.map(() => undefined)
    outcomes.push(() => answered({ payloads: nothing, hashes: nothing }))
  }
  await using all = verifiers(
    { log: silentLog, startThread: () => ({ read, end: async () => undefined }), expectMore: () => () => undefined },
    { threads: 1 },
  )
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const large = 512 * 1024
  let isWanted = true
  const comes = (characters: number) =>
    all.read({
      ...READING,
      compact: 'x'.repeat(characters),
      get wanted() {
        return isWanted
      },
    })
  for (let at = 0; at < 60; at++) comes(large)
  await turn()
  for (let at = 0; at < 60; at++) comes(20)
  await turn()
  expect(groups).toEqual([[large, large], Array(60).fill(20)])
  outcomes[0]?.()
  await turn()
  expect(groups.slice(2)).toEqual([[large, large]])
  isWanted = false
})
