import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevices } from '../stops/stop-fixture.ts'

/** How pending orders are divided between the welcome and the frames behind it. */

let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  ;[device = ''] = await seedDevices(directory, 1)
})

/** The bound of early daemons: a longer order in a welcome makes the whole welcome worthless to them. */
const EARLY_BYTES = 4096

async function add(kind: 'short' | 'long'): Promise<void> {
  const { orders } = directory.services
  const to = await orders.recipient(device)
  if (to === undefined) throw new Error('the device is unknown')
  const id = `stop_${'A'.repeat(22)}`
  const executables = [`/${'x'.repeat(kind === 'long' ? 4_000 : 40)}`]
  await orders.add(to, {
    kind: 'freeze',
    about: id,
    reason: 'a test',
    notAfter: directory.clock.now() + 1_000,
    by: 'adm',
    stop: { id, by: 'ada', selector: { select: 'match', executables } },
  })
}

async function welcome() {
  const stored = await directory.store.devices.get(device)
  if (stored === undefined) throw new Error('the device is unknown')
  const { order, orders, more } = await directory.services.orders.welcome(stored, stored.lastOrder)
  const numberOf = (compact: string): number =>
    JSON.parse(Buffer.from(compact.split('.')[1] ?? '', 'base64url').toString()).number
  expect(orders.every(({ length }) => length <= EARLY_BYTES)).toBe(true)
  return { order, orders: orders.map(numberOf), more: more.map(numberOf) }
}

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at)

test('all are in the welcome if they fit, and its number is the newest', async () => {
  expect(await welcome()).toEqual({ order: 0, orders: [], more: [] })
  for (let at = 0; at < 32; at++) await add('short')
  expect(await welcome()).toEqual({ order: 32, orders: from(1, 32), more: [] })
})

test('from the first long one on, the rest follows it, after the number before', async () => {
  for (const kind of ['short', 'short', 'long', 'short'] as const) await add(kind)
  expect(await welcome()).toEqual({ order: 2, orders: [1, 2], more: [3, 4] })
})

test('a long one that is the first leaves the welcome empty', async () => {
  await add('long')
  expect(await welcome()).toEqual({ order: 0, orders: [], more: [1] })
})

test('those beyond the number that a welcome may have follow behind it', async () => {
  for (let at = 0; at < 70; at++) await add('short')
  expect(await welcome()).toEqual({ order: 32, orders: from(1, 32), more: from(33, 70) })
})
