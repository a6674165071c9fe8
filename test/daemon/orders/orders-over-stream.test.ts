import { LIMITS } from '../../../src/protocol/limits.ts'
import type { Receipt } from '../../../src/protocol/messages/evidence.ts'
import type { StopSelector } from '../../../src/protocol/stop.ts'
import { type FakeWire, fakeDirectory, sampleOrder } from '../../support/daemon/fake-directory.ts'
import { type RunningDaemon, runningDaemon } from '../../support/daemon/running-daemon.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Orders of a directory to a real daemon, over a real stream. The daemon stops nothing: what it can read of a stop it refuses. */

const ADA = { id: 'adm_ada', name: 'ada' }
const orderId = (number: number) => `ord_${String(number).padStart(21, 'A')}A`

/** Reads evidence until so many receipts have come. */
async function receiptsOf(wire: FakeWire, count: number): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = []
  while (receipts.length < count) receipts.push(...(((await wire.evidence()).payload.receipts ?? []) as Receipt[]))
  return receipts.toSorted((a, b) => a.number - b.number)
}
const brief = ({ number, outcome, code }: Receipt) => [number, outcome, code]

test('answers orders that the daemon cannot read as failed, on a connection that stays', async () => {
  const answered = Promise.withResolvers<readonly Receipt[]>()
  const unreadable = { select: 'match', products: ['claude\u0000code'], users: ['ada'] }
  const long = { select: 'match', executables: Array.from({ length: 16 }, (_, at) => `/${at}${'x'.repeat(4_000)}`) }
  await using directory = await fakeDirectory(async (wire) => {
    const stop = (selector: object) => ({ id: `stop_${'A'.repeat(22)}`, by: 'ada', selector })
    const order = (number: number, changes: Record<string, unknown>) =>
      wire.authority.signOrder('order', sampleOrder({ number, id: orderId(number), ...changes }))
    const orders = [
      order(1, { kind: 'freeze', stop: stop(unreadable) }),
      order(2, { kind: 'dance' }),
      order(3, { kind: 'freeze', stop: stop(long) }),
      order(4, { kind: 'collect' }),
    ]
    await wire.welcome({ order: 4, orders })
    wire.send(order(5, { kind: 'freeze', stop: stop(long) }))
    wire.send(order(6, { kind: 'collect' }))
    answered.resolve(await receiptsOf(wire, 6))
    for (;;) await wire.next()
  })
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
  expect((await answered.promise).map(brief)).toEqual([
    [1, 'failed', 'FRAME_MALFORMED'],
    [2, 'failed', 'FRAME_MALFORMED'],
    [3, 'failed', 'INPUT_TOO_LARGE'],
    [4, 'done', undefined],
    [5, 'failed', 'INPUT_TOO_LARGE'],
    [6, 'done', undefined],
  ])
  expect(await daemon.status()).toMatchObject({ directory: { connected: true } })
  expect(directory.hellos).toHaveLength(1)
})

test('a welcome with the largest number ends no orders, now or on the next connection', async () => {
  const answered = Promise.withResolvers<readonly Receipt[]>()
  await using directory = await fakeDirectory(async (wire) => {
    const order = (number: number) =>
      wire.authority.signOrder('order', sampleOrder({ number, id: orderId(number), kind: 'collect' }))
    if (wire.number === 0) {
      await wire.welcome({ order: Number.MAX_SAFE_INTEGER })
      wire.send(order(1))
      await receiptsOf(wire, 1)
      return
    }
    await wire.welcome({ order: 2, orders: [order(2)] })
    // The first receipt was not acknowledged, so it comes again.
    answered.resolve(await receiptsOf(wire, 2))
    for (;;) await wire.next()
  })
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: directory.enrolment })
  await daemon.until('attested')
  await waitFor('the daemon has connected again', async () => {
    daemon.refresh()
    return directory.hellos.length > 1
  })
  expect((await answered.promise).map(brief)).toEqual([
    [1, 'done', undefined],
    [2, 'done', undefined],
  ])
  expect(directory.hellos.at(1)).toMatchObject({ order: 1 })
})

describe('a device that was away', () => {
  /** The largest that an order may have, by its JSON. */
  function largest(at: number): StopSelector {
    const executables: string[] = []
    const selector = { select: 'match' as const, executables }
    for (let path = 0; path < 16; path++) executables.push(`/opt/${at}/${path}/${'x'.repeat(1_000)}`)
    const missing = LIMITS.selectorBytes - Buffer.byteLength(JSON.stringify(selector))
    executables.push(`${executables.pop()}${'y'.repeat(missing)}`)
    return selector
  }

  async function away() {
    const stack = new AsyncDisposableStack()
    const running = stack.use(await runningDirectory())
    const { path: stateFolder } = stack.use(temporaryFolder())
    const enrolment = await running.token()
    {
      await using first = runningDaemon({ stateFolder, enrolment })
      await first.until('complete')
    }
    const [device = ''] = running.rows('SELECT id FROM devices').map(({ id }) => String(id))
    await waitFor('the device is away', () => !running.directory.isConnected(device))
    const answers = () =>
      running
        .rows(
          'SELECT o.number, o.state, r.code FROM orders o LEFT JOIN receipts r ON r.order_id = o.id ORDER BY o.number',
        )
        .map(({ state, code }) => `${state} ${code}`)
    return {
      running,
      device,
      answers,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
      back: () => stack.use(runningDaemon({ stateFolder })) as RunningDaemon,
    }
  }

  test('gets the stop of an agent with 16 long executables, and stays connected', async () => {
    await using one = await away()
    const { running, device, answers, back } = one
    const { registrations, stops } = running.directory.services
    const executables = Array.from({ length: 16 }, (_, at) => `/opt/${at}/${'x'.repeat(700)}`)
    const human = (await running.directory.services.humans.add({ userName: 'ada' }, ADA)).human.id
    const { id } = await registrations.create(
      { name: 'Long', purpose: 'a test', criteria: { executables }, owner: human, state: 'active' },
      { person: ADA },
    )
    await registrations.move(id, 'suspended', { by: ADA, reason: 'a test' })
    const daemon = back()
    await waitFor('the stop is answered', () => answers().length === 1 && !answers()[0]?.startsWith('pending'))
    // Read, and refused because nothing can be stopped there.
    expect(answers()).toEqual(['refused ORDER_REFUSED'])
    expect(await daemon.status()).toMatchObject({ directory: { connected: true } })
    const [stop] = (await stops.list({ limit: 1 })).items
    expect((await stops.devices(stop?.id ?? '', { limit: 1 })).items).toMatchObject([{ device, code: 'ORDER_REFUSED' }])
  })

  test('gets 32 orders of the largest size, in order and once, and those behind them', async () => {
    await using one = await away()
    const { running, device, answers, back } = one
    const { orders } = running.directory.services
    const now = Date.now()
    for (let at = 0; at < 32; at++) {
      await running.directory.store.transaction(async () => {
        const to = await orders.recipient(device)
        if (to === undefined) throw new Error('the device is unknown')
        const about = `stop_${String(at).padStart(21, 'A')}A`
        const reason = 'é'.repeat(500)
        const init = { kind: 'freeze' as const, about, reason, notAfter: now + 600_000, by: ADA.id }
        const { compact } = await orders.add(to, {
          ...init,
          stop: { id: about, selector: largest(at), by: 'ß'.repeat(256) },
        })
        expect(compact.length).toBeLessThanOrEqual(LIMITS.orderBytes)
      })
    }
    const daemon = back()
    await daemon.until('attested')
    await waitFor('all are answered', () => answers().every((one) => !one.startsWith('pending')))
    expect(answers()).toEqual(Array(32).fill('refused ORDER_REFUSED'))
    const later = await orders.issue({ device, kind: 'collect', reason: 'later' }, 'adm_ada')
    await waitFor('the later order is done', () => answers().at(-1) === 'done null')
    expect(later.number).toBe(33)
    expect(await daemon.status()).toMatchObject({ directory: { connected: true } })
  })
})
