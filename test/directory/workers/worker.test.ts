import { setImmediate as turn } from 'node:timers/promises'
import { type WorkerInit, worker } from '../../../src/directory/workers/worker.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let stopped: AbortController
let lines: string[]
beforeEach(() => {
  clock = new FakeClock()
  stopped = new AbortController()
  lines = []
})
afterEach(() => stopped.abort())

const EVERY_MS = 5_000
const start = (init: Pick<WorkerInit, 'work'> & Partial<WorkerInit>) =>
  worker(
    { clock, log: { error: (message, fields) => void lines.push(`${message}: ${fields?.error}`) } },
    { everyMs: EVERY_MS, failure: 'it failed', ...init },
    { signal: stopped.signal },
  )
/** Enough turns of the event loop for anything that does not wait for the clock. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn()
}
/** Work that counts its slices, and says after each whether there is more. */
function counted(...more: readonly boolean[]) {
  const slices = { count: 0 }
  return { slices, work: () => more[slices.count++] ?? false }
}

test('works at once until nothing is left, then again after its interval', async () => {
  const { slices, work } = counted(true, true, false)
  start({ work })
  await settle()
  expect([slices.count, clock.sleeping]).toEqual([3, 1])
  await clock.advance(EVERY_MS - 1)
  expect(slices.count).toBe(3)
  await clock.advance(1)
  expect(slices.count).toBe(4)
})

test('lets others work between two slices', async () => {
  const order: string[] = []
  setImmediate(() => order.push('other'))
  start({ work: () => order.push('slice') < 2 })
  await settle()
  expect(order).toEqual(['slice', 'other', 'slice'])
})

test('works at once when it is woken, and waits its whole interval after that', async () => {
  const { slices, work } = counted()
  const { wake } = start({ work })
  await clock.advance(EVERY_MS / 2)
  wake()
  await settle()
  expect([slices.count, clock.sleeping]).toEqual([2, 1])
  await clock.advance(EVERY_MS - 1)
  expect(slices.count).toBe(2)
  await clock.advance(1)
  expect(slices.count).toBe(3)
})

test('a wake during a slice is not lost, and many are one', async () => {
  let slices = 0
  const { wake } = start({
    work() {
      slices++
      if (slices === 2) for (let wakes = 0; wakes < 3; wakes++) wake()
      return false
    },
  })
  wake()
  await settle()
  expect([slices, clock.sleeping]).toEqual([3, 1])
})

test('a wake while a slice waits for something is not lost', async () => {
  const slices: (() => void)[] = []
  const { wake } = start({ work: () => new Promise((resolve) => slices.push(() => resolve(false))) })
  wake()
  await settle()
  expect(slices).toHaveLength(1)
  slices[0]?.()
  await settle()
  expect(slices).toHaveLength(2)
})

test('a wake before the first look is not lost', async () => {
  const { slices, work } = counted()
  const { wake } = start({ work, firstAfterMs: 60_000 })
  wake()
  await settle()
  expect([slices.count, clock.sleeping]).toEqual([1, 1])
})

test('the first look waits where it is said, the second for the interval only', async () => {
  const { slices, work } = counted()
  start({ work, firstAfterMs: 60_000 })
  await clock.advance(59_999)
  expect(slices.count).toBe(0)
  await clock.advance(1)
  expect(slices.count).toBe(1)
  await clock.advance(EVERY_MS)
  expect(slices.count).toBe(2)
})

test('what work throws, now or later, is logged, and the next look works again', async () => {
  const results = [new Error('broken'), Promise.reject(new Error('broken later')), false]
  start({
    work() {
      const result = results.shift() ?? false
      if (result instanceof Error) throw result
      return result
    },
  })
  await clock.advance(EVERY_MS + 1_000)
  await clock.advance(EVERY_MS + 1_000)
  expect([lines, results]).toEqual([['it failed: broken', 'it failed: broken later'], []])
})

test('work that wakes its own worker and fails does not turn without a pause', async () => {
  const { wake } = start({
    work() {
      wake()
      throw new Error('the disk is full')
    },
    firstAfterMs: 1,
  })
  await clock.advance(1)
  await settle()
  expect([lines.length, clock.sleeping]).toEqual([1, 1])
  await clock.advance(10_000)
  expect(lines).toHaveLength(11)
})

test('work that has nothing to do is not called again without a wake', async () => {
  const { slices, work } = counted()
  start({ work })
  await settle()
  await settle()
  expect(slices.count).toBe(1)
})

test('the signal ends it between two slices of work that never ends', async () => {
  let slices = 0
  const { ended } = start({
    work() {
      slices++
      if (slices === 5) stopped.abort()
      return true
    },
  })
  await ended
  expect([slices, clock.sleeping, lines]).toEqual([5, 0, []])
})

test('the end waits for the slice that is at work', async () => {
  let finish = () => {}
  let isEnded = false
  const { ended } = start({ work: () => new Promise((resolve) => (finish = () => resolve(true))) })
  const watched = ended.then(() => (isEnded = true))
  stopped.abort()
  await settle()
  expect(isEnded).toBe(false)
  finish()
  await watched
})

test.each([
  ['waits for its interval', {}, 1],
  ['waits for its first look', { firstAfterMs: 60_000 }, 0],
])('the signal ends it while it %s, and a wake after that does nothing', async (_, init, worked) => {
  const { slices, work } = counted()
  const { wake, ended } = start({ work, ...init })
  await settle()
  stopped.abort()
  await ended
  wake()
  await settle()
  expect([slices.count, clock.sleeping]).toEqual([worked, 0])
})

test('the signal ends it in the pause after a failure', async () => {
  const { ended } = start({
    work() {
      throw new Error('broken')
    },
  })
  await settle()
  stopped.abort()
  await ended
  expect([lines, clock.sleeping]).toEqual([['it failed: broken'], 0])
})
