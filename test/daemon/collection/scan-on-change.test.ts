import { scanOnChange } from '../../../src/daemon/collection/scan-on-change.ts'
import type { ProcessChange } from '../../../src/discovery/process-table/change-counter.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** Scans that end when the test says so, and the times at which they began. */
function setUp() {
  const clock = new FakeClock()
  const stop = new AbortController()
  const seen = { scans: [] as number[], fullScans: [] as number[], isWatching: true }
  const begun: PromiseWithResolvers<void>[] = []
  let announce: (change: ProcessChange) => void = () => undefined
  const running = scanOnChange(
    {
      clock,
      watch(onChange) {
        announce = onChange
        return { [Symbol.dispose]: () => void Object.assign(seen, { isWatching: false }) }
      },
      scan({ quick }) {
        seen.scans.push(clock.monotonic())
        if (!quick) seen.fullScans.push(clock.monotonic())
        const scan = Promise.withResolvers<void>()
        begun.push(scan)
        return scan.promise
      },
    },
    { signal: stop.signal },
  )
  return {
    clock,
    seen,
    stop,
    running,
    async change(...changes: readonly ProcessChange[]) {
      for (const change of changes) announce(change)
      await clock.advance(0)
    },
    async endScan() {
      begun.pop()?.resolve()
      await clock.advance(0)
    },
    /** Lets time pass. Scans take none. */
    async pass(ms: number) {
      for (let at = 0; at < ms; at += 10) {
        begun.pop()?.resolve()
        await clock.advance(10)
      }
    },
  }
}

test('scans once, at once, when an agent starts', async () => {
  const { seen, change, pass } = setUp()
  await pass(100)
  expect(seen.scans).toEqual([])
  await change('started')
  expect(seen.scans).toEqual([100])
  await pass(5_000)
  expect(seen.scans).toEqual([100])
})

test('scans at once for an agent that starts right after another one started or ended', async () => {
  const { seen, change, pass } = setUp()
  await change('started')
  await pass(20)
  await change('ended')
  await pass(20)
  await change('started')
  await pass(20)
  await change('part')
  await change('started')
  await pass(5_000)
  expect(seen.scans).toEqual([0, 40, 60])
})

test('scans once more for all changes during a scan', async () => {
  const { seen, change, endScan, clock } = setUp()
  await change('started')
  await change('started', 'started', 'started')
  await clock.advance(50)
  expect(seen.scans).toEqual([0])
  await endScan()
  await endScan()
  expect(seen.scans).toEqual([0, 50])
})

test.each<[ProcessChange, number[]]>([
  ['ended', [100, 300, 500, 700, 900, 1_100]],
  ['part', [200, 1_200]],
  ['tool', [200, 1_200]],
  ['lost', [200, 1_200]],
])('spaces the scans when %s comes again and again', async (kind, expected) => {
  const { seen, change, pass } = setUp()
  for (let turn = 0; turn < 100; turn++) {
    await change(kind)
    await pass(10)
  }
  await pass(300)
  expect(seen.scans).toEqual(expected)
})

test('runs a full scan only for changes without events, and delays no agent for it', async () => {
  const { seen, change, pass } = setUp()
  await change('started')
  await pass(20)
  await change('tool')
  await pass(20)
  await change('started')
  await change('part')
  await pass(3_000)
  expect([seen.scans, seen.fullScans]).toEqual([[0, 40, 1_000], [1_000]])
})

test('scans at once for the first agents of many, and together for the rest', async () => {
  const { seen, change, pass } = setUp()
  for (let turn = 0; turn < 200; turn++) {
    await change('started')
    await pass(10)
  }
  expect(seen.scans.slice(0, 8)).toEqual([0, 10, 20, 30, 40, 50, 60, 70])
  expect(seen.scans.slice(8)).toEqual(Array.from({ length: 20 }, (_, at) => (at + 1) * 100))
  expect(seen.fullScans).toEqual([])
  await pass(10_000)
  await change('started')
  expect(seen.scans.at(-1)).toBe(12_000)
})

test('stops watching when it is aborted', async () => {
  const { seen, stop, running } = setUp()
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
  expect(seen.isWatching).toBe(false)
})

test('stops when it is aborted while a change waits', async () => {
  const { seen, stop, running, change } = setUp()
  await change('part')
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
  expect(seen).toEqual({ scans: [], fullScans: [], isWatching: false })
})
