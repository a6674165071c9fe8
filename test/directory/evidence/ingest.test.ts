import { SuretyError } from '../../../src/base/errors.ts'
import { type ResultsComponents, results } from '../../../src/directory/devices/results.ts'
import type { StoredChain } from '../../../src/directory/evidence/evidence-store.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { submitEvidence } from '../../support/directory/submit-evidence.ts'
import { clock, DEVICES, frame, ingestWithStore, outcomes, turn, turns } from './ingest-fixture.ts'

test('frames of many devices that arrive together share one transaction', async () => {
  const { queue, commits } = await ingestWithStore()
  const frames = DEVICES.flatMap((device) => [1, 2, 3].map((sequence) => frame(device, sequence)))
  // A frame is answered with where its device stands once all of the transaction is on disk.
  expect(await outcomes(queue, frames)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
  expect(commits()).toBe(1)
})

test('evidence that the database rejects does not fail other devices', async () => {
  const { queue } = await ingestWithStore({
    chain(device) {
      if (device === 'two') throw new SuretyError('STORE_CORRUPT', 'a bad page')
    },
  })
  const frames = DEVICES.map((device) => frame(device, 1))
  expect(await outcomes(queue, frames)).toEqual([1, 'STORE_CORRUPT', 1])
})

test('acknowledges nothing that is not on disk, and accepts it again', async () => {
  let full = true
  let asked = 0
  const { queue, real } = await ingestWithStore({
    transaction() {
      asked++
      if (full) throw new SuretyError('STORE_FAILED', 'the disk is full')
    },
  })
  expect(await outcomes(queue, [frame('one', 1), frame('one', 2)])).toEqual(['STORE_FAILED', 'STORE_FAILED'])
  expect(asked).toBe(1)
  full = false
  expect(await outcomes(queue, [frame('one', 1)])).toEqual([1])
  expect(await real.evidence.chain('one')).toMatchObject({ sequence: 1, newest: 1 })
})

test('stores queued frames on dispose and refuses later ones', async () => {
  const { queue, real } = await ingestWithStore()
  const kept = submitEvidence(queue, frame('one', 1))
  await queue[Symbol.asyncDispose]()
  expect(await kept).toEqual({ sequence: 1, head: 'h1' })
  expect((await real.evidence.chain('one'))?.sequence).toBe(1)
  expect(await codeThrown(() => submitEvidence(queue, frame('one', 2)))).toBe('STORE_FAILED')
})

test('runAfter runs its work after all waiting frames and before later ones', async () => {
  const { queue, real } = await ingestWithStore()
  const looks: Promise<StoredChain | undefined>[] = []
  const look = () => void looks.push(real.evidence.chain('one'))
  const seen = async () => (await Promise.all(looks)).map((chain) => chain?.sequence)
  queue.runAfter('one', look)
  // More than one transaction takes.
  const before = Array.from({ length: 100 }, (_, at) => frame('one', at + 1))
  const after = [frame('one', 101), frame('one', 102)]
  const all = [outcomes(queue, before)]
  queue.runAfter('one', look)
  all.push(outcomes(queue, after))
  expect(await seen()).toEqual([0])
  expect((await Promise.all(all)).flat()).toEqual([...before, ...after].map(({ evidence }) => evidence.sequence))
  expect(await seen()).toEqual([0, 100])
  queue.runAfter('one', look)
  expect(await seen()).toEqual([0, 100, 102])
})

test('a long transaction ends, and the rest follows in the next turn, in order', async () => {
  let elapsedMs = 0
  let long = 5
  const { queue, real, commits } = await ingestWithStore({
    chain: () => {
      if (long-- > 0) elapsedMs += 50
    },
    monotonic: () => elapsedMs,
  })
  const results = outcomes(queue, [
    frame('one', 1),
    frame('two', 1),
    frame('one', 2),
    frame('one', 3),
    frame('three', 1),
  ])
  await turn()
  expect([commits(), queue.waiting, (await real.evidence.chain('two'))?.sequence]).toEqual([1, 4, 0])
  // It may have as many waiting as it will: none is taken before its turn.
  const more = outcomes(
    queue,
    Array.from({ length: 300 }, (_, at) => frame('one', at + 4)),
  )
  expect([commits(), queue.waiting]).toEqual([1, 304])
  expect(await results).toEqual([1, 1, 2, 3, 1])
  expect((await more).at(-1)).toBe(303)
})

test('a failed announcement does not stop the others', async () => {
  const { queue, announced } = await ingestWithStore({
    announce(device) {
      if (device === 'one') throw new TypeError('no such socket')
    },
  })
  const findings = [{ check: 'os.supported', state: 'pass', detail: 'x' }] as const
  const frames = DEVICES.map((device) => {
    const bare = frame(device, 1)
    return { ...bare, evidence: { ...bare.evidence, findings: [...findings] } }
  })
  expect(await outcomes(queue, frames)).toEqual([1, 1, 1])
  expect(announced).toEqual(['two', 'three'])
})

test('refuses an unknown device', async () => {
  expect(await outcomes((await ingestWithStore()).queue, [frame('unknown', 1)])).toEqual(['DEVICE_UNKNOWN'])
})

test('a device that cannot be appraised is unknown at once', async () => {
  const { real } = await ingestWithStore()
  const broken: ResultsComponents['store'] = {
    ...real,
    findings: {
      async list() {
        throw new SuretyError('STORE_CORRUPT', 'a damaged finding')
      },
    },
  }
  const refreshed = await results({ store: broken, clock }, { policy: DEFAULT_POLICY, validForMs: 1000 }).refresh('one')
  expect(refreshed).toMatchObject({ changed: true, result: { verdict: 'unknown', validUntil: clock.now() } })
})

test('many frames of one turn are kept in order', async () => {
  const { queue, real } = await ingestWithStore()
  const acknowledged = Array.from({ length: 1_000 }, (_, index) => submitEvidence(queue, frame('one', index + 1)))
  expect((await Promise.all(acknowledged)).at(-1)).toEqual({ sequence: 1_000, head: 'h1000' })
  expect((await real.evidence.chain('one'))?.sequence).toBe(1_000)
})

test('a few waiting frames share the commit of frames that are still being read', async () => {
  const { queue, commits } = await ingestWithStore()
  const [first, second] = [queue.expectMore(), queue.expectMore()]
  const all = [submitEvidence(queue, frame('one', 1))]
  await turns()
  first()
  await turns()
  expect(commits()).toBe(0)
  all.push(submitEvidence(queue, frame('one', 2)))
  second()
  await Promise.all(all)
  await turns()
  expect(commits()).toBe(1)
  const third = queue.expectMore()
  const many = Array.from({ length: 256 }, (_, at) => submitEvidence(queue, frame('two', at + 1)))
  await turns()
  expect([queue.waiting, commits()]).toEqual([192, 2])
  third()
  await Promise.all(many)
})
