import { silentLog } from '../../../src/base/log.ts'
import { type Collectors, createCollection } from '../../../src/daemon/collection/collection.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A collection whose scans wait until the test resolves them. `homeScans` and `processScans` hold those that began. */
function slowCollection(more: Partial<Collectors> = {}) {
  const homeScans: PromiseWithResolvers<void>[] = []
  const processScans: PromiseWithResolvers<void>[] = []
  let reports = 0
  let flushes = 0
  const health = createHealth({ clock: new FakeClock() })
  const slow = async (begun: PromiseWithResolvers<void>[], signal?: AbortSignal) => {
    const scan = Promise.withResolvers<void>()
    begun.push(scan)
    signal?.addEventListener('abort', () => scan.reject(signal.reason))
    await scan.promise
    return { sightings: [], sources: [] }
  }
  const collection = createCollection({
    log: silentLog,
    health,
    evidence: {
      reportFindings() {},
      reportInventory() {},
      reportObserved: () => void reports++,
      flush: () => void flushes++,
    },
    collectors: {
      posture: async () => [],
      quickPosture: async () => [],
      inventory: () => Promise.reject(new TypeError('not called')),
      processes: () => slow(processScans),
      turn: () => slow(processScans),
      discovery: ({ signal }) => slow(homeScans, signal),
      ...more,
    },
  })
  return { collection, homeScans, processScans, health, reports: () => reports, flushes: () => flushes }
}

const never = () => new AbortController().signal

test('shares one scan between callers', async () => {
  const { collection, homeScans, reports } = slowCollection()
  const both = [collection.discovery({ signal: never() }), collection.discovery({ signal: never() })]
  homeScans[0]?.resolve()
  await Promise.all(both)
  expect([homeScans.length, reports()]).toEqual([1, 1])
})

test('scans again for the second caller when the first one is aborted', async () => {
  const { collection, homeScans, health, reports } = slowCollection()
  const order = new AbortController()
  const first = collection.discovery({ signal: order.signal })
  const second = collection.discovery({ signal: never() })
  order.abort(new Error('took too long'))
  await expect(first).rejects.toThrow('took too long')
  while (homeScans.length < 2) await Promise.resolve()
  homeScans[1]?.resolve()
  await second
  expect([reports(), health.warnings()]).toEqual([1, []])
})

test('does not keep an aborted caller waiting for the scan of another one', async () => {
  const { collection, homeScans, reports } = slowCollection()
  const order = new AbortController()
  const first = collection.discovery({ signal: never() })
  const second = collection.discovery({ signal: order.signal })
  order.abort(new Error('took too long'))
  await expect(second).rejects.toThrow('took too long')
  homeScans[0]?.resolve()
  await first
  expect(reports()).toBe(1)
})

test('begins one new scan, after the running one, for all who ask for a fresh scan', async () => {
  const { collection, processScans, reports, flushes } = slowCollection()
  const scheduled = collection.processesIfChanged({ signal: never() })
  const options = { signal: never(), quick: true }
  const scans = [collection.scan(options), collection.scan(options)]
  processScans[0]?.resolve()
  await scheduled
  while (processScans.length < 2) await Promise.resolve()
  expect([reports(), flushes()]).toEqual([1, 0])
  processScans[1]?.resolve()
  await Promise.all(scans)
  expect([processScans.length, reports(), flushes()]).toEqual([2, 2, 2])
})

test('begins new checks for a caller who changed something while others were running', async () => {
  const runs: PromiseWithResolvers<readonly []>[] = []
  const posture = () => {
    runs.push(Promise.withResolvers<readonly []>())
    return runs.at(-1)?.promise ?? []
  }
  const { collection } = slowCollection({ posture: async () => await posture() })
  const scheduled = collection.posture({ signal: never() })
  const again = collection.checkAgain({ signal: never() })
  runs[0]?.resolve([])
  await scheduled
  while (runs.length < 2) await Promise.resolve()
  runs[1]?.resolve([])
  await again
  expect(runs).toHaveLength(2)
})

test('reports server configuration that was read again, and then scans processes', async () => {
  let isDue = false
  const servers = async () => (isDue ? { sightings: [], sources: [] } : undefined)
  const { collection, processScans, reports } = slowCollection({ servers })
  await collection.rescanServers({ signal: never() })
  expect([reports(), processScans.length]).toEqual([0, 0])
  isDue = true
  const again = collection.rescanServers({ signal: never() })
  while (processScans.length < 1) await Promise.resolve()
  expect(reports()).toBe(1)
  processScans[0]?.resolve()
  await again
  expect(reports()).toBe(2)
})

test('reports browser profiles that were read again, and nothing when none were due', async () => {
  let isDue = false
  const profiles = async () => (isDue ? { sightings: [], sources: [] } : undefined)
  const { collection, reports } = slowCollection({ profiles })
  await collection.rescanProfiles({ signal: never() })
  expect(reports()).toBe(0)
  isDue = true
  await collection.rescanProfiles({ signal: never() })
  expect(reports()).toBe(1)
})

test('reports nothing when nothing has changed', async () => {
  const { collection, reports, health } = slowCollection({ turn: async () => undefined })
  await collection.processesIfChanged({ signal: never() })
  expect([reports(), health.warnings()]).toEqual([0, []])
})
