import { silentLog } from '../../../src/base/log.ts'
import { type Collectors, createCollection } from '../../../src/daemon/collection/collection.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'

/** A collection whose discovery waits for the test; `began` counts how often it was begun. */
function slowDiscovery(more: Partial<Collectors> = {}) {
  const turns: PromiseWithResolvers<void>[] = []
  let told = 0
  let hurries = 0
  const health = createHealth({ clock: new FakeClock() })
  const processTurns: PromiseWithResolvers<void>[] = []
  const slow = async (waiting: PromiseWithResolvers<void>[], signal?: AbortSignal) => {
    const turn = Promise.withResolvers<void>()
    waiting.push(turn)
    signal?.addEventListener('abort', () => turn.reject(signal.reason))
    await turn.promise
    return { sightings: [], sources: [] }
  }
  const collection = createCollection({
    log: silentLog,
    health,
    evidence: {
      reportFindings() {},
      reportInventory() {},
      reportObserved: () => void told++,
      hurry: () => void hurries++,
    },
    collectors: {
      posture: async () => [],
      quickPosture: async () => [],
      inventory: () => Promise.reject(new TypeError('not asked for')),
      processes: () => slow(processTurns),
      turn: () => slow(processTurns),
      discovery: ({ signal }) => slow(turns, signal),
      ...more,
    },
  })
  return { collection, turns, processTurns, health, told: () => told, hurries: () => hurries }
}

const forever = () => new AbortController().signal

test('who comes while it runs waits for the same work', async () => {
  const { collection, turns, told } = slowDiscovery()
  const both = [collection.discovery({ signal: forever() }), collection.discovery({ signal: forever() })]
  turns[0]?.resolve()
  await Promise.all(both)
  expect([turns.length, told()]).toEqual([1, 1])
})

test('when whoever began it is stopped, others still get their collection', async () => {
  const { collection, turns, health, told } = slowDiscovery()
  const order = new AbortController()
  const first = collection.discovery({ signal: order.signal })
  const second = collection.discovery({ signal: forever() })
  order.abort(new Error('took too long'))
  await expect(first).rejects.toThrow('took too long')
  while (turns.length < 2) await Promise.resolve()
  turns[1]?.resolve()
  await second
  expect([told(), health.warnings()]).toEqual([1, []])
})

test('who is stopped does not wait for the work of others', async () => {
  const { collection, turns, told } = slowDiscovery()
  const order = new AbortController()
  const first = collection.discovery({ signal: forever() })
  const second = collection.discovery({ signal: order.signal })
  order.abort(new Error('took too long'))
  await expect(second).rejects.toThrow('took too long')
  turns[0]?.resolve()
  await first
  expect(told()).toBe(1)
})

test('a look that is asked for while one runs begins anew when that one has ended, once for all who asked', async () => {
  const { collection, processTurns, told, hurries } = slowDiscovery()
  const scheduled = collection.turn({ signal: forever() })
  const look = { signal: forever(), quick: true }
  const looks = [collection.look(look), collection.look(look)]
  processTurns[0]?.resolve()
  await scheduled
  while (processTurns.length < 2) await Promise.resolve()
  expect([told(), hurries()]).toEqual([1, 0])
  processTurns[1]?.resolve()
  await Promise.all(looks)
  expect([processTurns.length, told(), hurries()]).toEqual([2, 2, 2])
})

test('what explains servers is told when it was read again, and then those that run are looked at anew', async () => {
  let due = false
  const servers = async () => (due ? { sightings: [], sources: [] } : undefined)
  const { collection, processTurns, told } = slowDiscovery({ servers })
  await collection.servers({ signal: forever() })
  expect([told(), processTurns.length]).toEqual([0, 0])
  due = true
  const again = collection.servers({ signal: forever() })
  while (processTurns.length < 1) await Promise.resolve()
  expect(told()).toBe(1)
  processTurns[0]?.resolve()
  await again
  expect(told()).toBe(2)
})

test('the profiles of a browser are told when they were read, and nothing where there are none', async () => {
  let due = false
  const profiles = async () => (due ? { sightings: [], sources: [] } : undefined)
  const { collection, told } = slowDiscovery({ profiles })
  await collection.profiles({ signal: forever() })
  expect(told()).toBe(0)
  due = true
  await collection.profiles({ signal: forever() })
  expect(told()).toBe(1)
})

test('a turn in which nothing can be new tells nothing', async () => {
  const { collection, told, health } = slowDiscovery({ turn: async () => undefined })
  await collection.turn({ signal: forever() })
  expect([told(), health.warnings()]).toEqual([0, []])
})
