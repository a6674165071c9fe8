import { registrations } from '../../../src/directory/registrations/registrations.ts'
import { registerStops } from '../../../src/directory/stops/register-stops.ts'
import { stopOrders } from '../../../src/directory/stops/stop-orders.ts'
import { STOPS_INIT, twoPersons } from '../../../src/directory/stops/two-persons.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { answer, frozen, seedDevices, work } from '../stops/stop-fixture.ts'
import { ADMINISTRATOR, CODEX, deactivate, seedHuman } from './registration-fixture.ts'

/** A retirement that is interrupted at any step is complete or not begun, and what is complete finishes by itself. */

let directory: TestDirectory
let ada: string
directoryForAll(async (started) => {
  directory = started
  ada = await seedHuman(directory, 'ada')
})

const act = { reason: 'left', by: ADMINISTRATOR }

/** Fails at a step of the transaction, as a full disk does. */
function failingAt(step: number) {
  const { store, clock } = directory
  let steps = 0
  const counted = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(of, name) {
        const value = Reflect.get(of, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (steps++ === step) throw new Error('the disk is full')
          return value.apply(of, args)
        }
      },
    })
  const failing = {
    ...store,
    registrations: counted(store.registrations),
    stops: counted(store.stops),
    audit: counted(store.audit),
  }
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size))
  const service = registrations({
    store: failing,
    clock,
    random,
    changes: new Changes(),
    registerStops: registerStops({
      store: failing,
      random,
      twoPersons: twoPersons({ store: failing, clock }, STOPS_INIT),
    }),
  })
  return { service, steps: () => steps }
}

test('a departure that fails at any step has changed nothing', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const { store, services } = directory
  const created = await Promise.all(
    [1, 2].map(
      async () =>
        (
          await services.registrations.create(
            { ...CODEX, criteria: { products: ['codex'], device }, owner: 'ada', state: 'active' },
            { person: ADMINISTRATOR },
          )
        ).id,
    ),
  )
  const before = async () => [
    (await store.registrations.list({ limit: 9 })).items,
    (await store.stops.list({ limit: 9 }, 0)).items,
    await work(directory),
  ]
  const unchanged = await before()
  let step = 0
  for (; ; step++) {
    const { service, steps } = failingAt(step)
    try {
      await service.depart(ada, act)
    } catch (error) {
      expect(String(error)).toContain('the disk is full')
      expect(await before()).toEqual(unchanged)
      continue
    }
    expect(steps()).toBe(step)
    break
  }
  // Each agent is read, stopped, moved and recorded.
  expect(step).toBeGreaterThan(6)
  await deactivate(directory, ada)
  expect(await Promise.all(created.map(async (id) => (await store.registrations.get(id))?.state))).toEqual([
    'retiring',
    'retiring',
  ])
})

test('a directory that dies after the commit orders and finishes as it starts again', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const { store, services, clock, connected } = directory
  const { id } = await services.registrations.create(
    { ...CODEX, criteria: { products: ['codex'], device }, owner: 'ada', state: 'active' },
    { person: ADMINISTRATOR },
  )
  await services.registrations.depart(ada, act)
  const isConnected = (one: string) => connected.has(one)
  const again = stopOrders({ store, clock, orders: services.orders, isConnected })
  while (await again.work());
  // The first one has nothing left to do.
  expect(await work(directory)).toEqual([])
  const pending = await store.orders.list(device, { limit: 9 }, clock.now())
  expect(pending).toMatchObject([{ kind: 'retire', status: 'pending' }])
  const [order] = pending
  await answer(directory, { id: order?.id, number: order?.number, device } as never, { stop: frozen(1, 2) })
  await services.registrations.finishRetirements()
  await services.registrations.finishRetirements()
  expect((await store.registrations.get(id))?.state).toBe('retired')
  expect(await services.registrations.finishRetirements()).toBe(false)
})

test('a clock that is set back a year neither revives nor hides anything', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const { services, store, clock } = directory
  const { id } = await services.registrations.create(
    { ...CODEX, criteria: { products: ['codex'], device }, owner: 'ada', state: 'active' },
    { person: ADMINISTRATOR },
  )
  await services.registrations.move(id, 'suspended', act)
  clock.jump(-365 * 86_400_000)
  await services.registrations.move(id, 'retiring', act)
  const orders = await work(directory)
  expect(orders.map(({ kind }) => kind)).toEqual(['freeze', 'retire'])
  for (const order of orders) await answer(directory, order, { stop: frozen(1, 2) })
  await services.registrations.finishRetirements()
  expect((await store.registrations.get(id))?.state).toBe('retired')
})
