import { orderReader } from '../../../src/protocol/messages/order.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { ADMINISTRATOR, CODEX } from '../registrations/registration-fixture.ts'
import { ALL, codeIn, REASON, type StopApi, seedDevices, stopApi, welcome, work } from './stop-fixture.ts'

/** Text that people give for stops: what a device could not read is refused, and what is stored already is shown. */

let directory: TestDirectory
let api: StopApi
directoryForAll((started) => {
  directory = started
  api = stopApi(directory)
})

const SEEN_BY_NOBODY = 'claude\u0000code'

describe('a stop is refused for', () => {
  test.each([
    ['selector: product', { selector: { product: SEEN_BY_NOBODY, user: 'ada' } }],
    ['selector: product', { selector: { product: SEEN_BY_NOBODY } }],
    ['selector: product', { selector: { product: 'codex\u202e' } }],
    ['selector: product', { selector: { product: '\u200b \u200d' } }],
    ['selector: user', { selector: { user: 'ada\u001b[2J' } }],
    ['selector: user', { selector: { user: 'ada\nbob' } }],
    ['selector: human', { selector: { human: 'ada\u2066' } }],
    ['selector: group', { selector: { group: '\u200f' } }],
    ['reason', { reason: 'because\u0000' }],
    ['reason', { reason: 'because\u009b' }],
    ['reason', { reason: '\n\u2028' }],
  ])('its %s: %j', async (member, changes) => {
    const [device = ''] = await seedDevices(directory, 1)
    const { status, json } = await api.ask('POST', '/stops', { ...ALL, ...changes })
    expect([status, codeIn({ json })]).toEqual([400, 'INPUT_MALFORMED'])
    expect(Object(json).detail.replaceAll('/', ': ')).toContain(
      `body: ${member}: must have a visible character and no control characters`,
    )
    expect(Object((await api.ask('GET', '/stops')).json).items).toEqual([])
    expect(await welcome(directory, device)).toEqual([])
  })

  test('a name of invisible characters between visible ones is none', async () => {
    await seedDevices(directory, 1)
    const selector = { product: 'نام\u200cها 👩\u200d💻', user: 'Ada Lovelace' }
    const created = await api.ask('POST', '/stops', { ...ALL, selector, reason: 'two\nlines' })
    expect(created.status).toBe(201)
    expect(await work(directory)).toMatchObject([
      { reason: 'two\nlines', stop: { selector: { users: ['Ada Lovelace'] } } },
    ])
  })
})

test('a release and a retirement are refused for their reason too', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const { id } = await api.stopped(ALL)
  for (const path of [`/stops/${id}/release`, `/devices/${device}/retire`]) {
    expect(codeIn(await api.ask('POST', path, { reason: 'over\u0007' }))).toBe('INPUT_MALFORMED')
  }
  const order = { kind: 'collect', reason: 'now\u202e' }
  expect(codeIn(await api.ask('POST', `/devices/${device}/orders`, order))).toBe('INPUT_MALFORMED')
  expect((await api.get(id)).state).toBe('standing')
})

describe('what an earlier version stored', () => {
  /** As it would be in the database. */
  async function storedStop(selector: object, reason: string): Promise<string> {
    const id = `stop_${'S'.repeat(21)}A`
    await directory.store.stops.add(
      {
        id,
        kind: 'freeze',
        selector,
        reason,
        created: { at: 1, by: ADMINISTRATOR },
        state: 'standing',
        emergency: false,
        twoPersons: false,
      },
      { spread: true },
    )
    return id
  }

  test('is shown, listed and released', async () => {
    await seedDevices(directory, 1)
    const id = await storedStop({ product: SEEN_BY_NOBODY, user: 'a\tb' }, 'why\u0007')
    const shown = { id, selector: { product: SEEN_BY_NOBODY, user: 'a\tb' }, reason: 'why\u0007' }
    expect(await api.get(id)).toMatchObject(shown)
    expect(Object((await api.ask('GET', '/stops')).json).items).toMatchObject([shown])
    expect((await api.ask('POST', `/stops/${id}/release`, { reason: 'over' })).json).toMatchObject({
      state: 'released',
    })
  })

  test('is never sent to a device that cannot read it, fails there, and delays no order', async () => {
    const [device = ''] = await seedDevices(directory, 1)
    const id = await storedStop({ product: SEEN_BY_NOBODY, user: 'ada' }, REASON)
    const other = await api.stopped(ALL)
    expect(await work(directory)).toMatchObject([{ number: 1, stop: { id: other.id } }])
    const { items } = Object((await api.ask('GET', `/stops/${id}/devices`)).json)
    expect(items).toMatchObject([{ device, state: 'failed', code: 'FRAME_MALFORMED' }])
    expect((await api.get(id)).progress).toMatchObject({ failed: 1, done: false })
    await api.ask('POST', `/stops/${id}/release`, { reason: 'over' })
    expect(await work(directory)).toEqual([])
    expect((await api.get(id)).progress).toMatchObject({ failed: 0, waiting: 0, done: true })
  })

  test('as a signed order is in no welcome, and keeps no raise of the number back', async () => {
    const [device = ''] = await seedDevices(directory, 1)
    const { store, services, clock } = directory
    const recipient = await services.orders.recipient(device)
    if (recipient === undefined) throw new Error('the device is unknown')
    const about = { id: `stop_${'A'.repeat(22)}`, by: 'ada' }
    const good = await services.orders.add(recipient, {
      kind: 'freeze',
      about: about.id,
      by: 'adm',
      reason: REASON,
      notAfter: clock.now() + 1_000,
      stop: { ...about, selector: { select: 'all' } },
    })
    const selector = { select: 'match' as const, products: [SEEN_BY_NOBODY], users: ['ada'] }
    const bad = { ...good.order, id: `ord_${'B'.repeat(21)}A`, number: 2, stop: { ...about, selector } }
    expect(() => orderReader.read(bad)).toThrow('does not fit its schema')
    const payload = Buffer.from(JSON.stringify(bad)).toString('base64url')
    const [header, , signature] = good.compact.split('.')
    await store.orders.put({ order: bad, compact: [header, payload, signature].join('.') }, { at: 1, by: 'adm' })
    expect((await welcome(directory, device)).map(({ number }) => number)).toEqual([1])
    const stored = await store.devices.get(device)
    if (stored === undefined) throw new Error('the device is unknown')
    expect(await services.orders.raise(stored, 9)).toBe(10)
    expect((await welcome(directory, device)).map(({ number }) => number)).toEqual([10])
  })

  test('is shown of registrations', async () => {
    const { device } = await seedDevice(directory, testKey('registered'))
    const { id } = await directory.services.registrations.create(
      { ...CODEX, criteria: { products: ['unknown/a\u0007b'], device }, scope: { ...SCOPE, tools: ['a\tb'] } },
      { person: ADMINISTRATOR },
    )
    const answered = await api.ask('GET', `/registrations/${id}`)
    expect(answered.json).toMatchObject({ criteria: { products: ['unknown/a\u0007b'] }, scope: { tools: ['a\tb'] } })
    const again = { ...CODEX, criteria: { products: ['unknown/a\u0007b'] } }
    expect(codeIn(await api.ask('POST', '/registrations', again))).toBe('INPUT_MALFORMED')
  })
})

const SCOPE = { applications: [], dataSets: [], tools: [] }
