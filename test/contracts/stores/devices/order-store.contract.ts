import type { Order } from '../../../../src/protocol/messages/order.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../seeds.ts'

const order = (number: number, changes: Partial<Order> = {}): Order => ({
  type: 'order',
  id: idOf('ord', number),
  device: DEVICE,
  epoch: 1,
  number,
  kind: 'collect',
  reason: 'r',
  notAfter: 100,
  ...changes,
})
const issued = (number: number, changes: Partial<Order> = {}) => ({
  order: order(number, changes),
  compact: `jws ${number}`,
})
const made = { at: 5, by: 'adm' }
const now = { epoch: 1, now: 50 }

export function describeOrderStore({ name, open }: Engine): void {
  describe(`${name} keeps the OrderStore contract`, () => {
    test('lists pending orders of the epoch, unexpired, without a receipt, lowest first', async () => {
      const store = await open()
      await seed(store)
      for (const one of [issued(2), issued(1), issued(3, { epoch: 2 }), issued(4, { notAfter: 50 }), issued(5)]) {
        await store.orders.put(one, made)
      }
      expect((await store.devices.get(DEVICE))?.lastOrder).toBe(5)
      const receipt = { order: idOf('ord', 5), number: 5, outcome: 'done', time: 6 } as const
      expect(await store.orders.putReceipt(DEVICE, receipt, 7)).toBe(true)
      expect(await store.orders.pending(DEVICE, now)).toEqual([
        { number: 1, compact: 'jws 1' },
        { number: 2, compact: 'jws 2' },
      ])
      expect(await store.orders.pending(OTHER_DEVICE, now)).toEqual([])
    })

    test('refuses a number twice', async () => {
      const store = await open()
      await seed(store)
      await store.orders.put(issued(1), made)
      expect(await codeThrown(() => store.orders.put(issued(1, { id: idOf('ord', 9) }), made))).toBe('CONFLICT')
    })

    test('takes one receipt, for the device and number of the order', async () => {
      const store = await open()
      await seed(store)
      await store.orders.put(issued(1), made)
      const receipt = { order: idOf('ord', 1), number: 1, outcome: 'failed', code: 'TPM_BUSY', time: 6 } as const
      const put = (device: string, changes = {}) => store.orders.putReceipt(device, { ...receipt, ...changes }, 7)
      expect([await put(OTHER_DEVICE), await put(DEVICE, { number: 2 }), await put(DEVICE), await put(DEVICE)]).toEqual(
        [...[false, false, true, false]],
      )
      expect(await store.orders.view(idOf('ord', 1), 50)).toMatchObject({
        status: 'failed',
        code: 'TPM_BUSY',
        answeredAt: 7,
      })
    })

    test('renumbers an order, and never lowers the newest number', async () => {
      const store = await open()
      await seed(store)
      await store.orders.put(issued(1), made)
      await store.orders.raiseNumber(DEVICE, 7)
      await store.orders.raiseNumber(DEVICE, 3)
      expect((await store.devices.get(DEVICE))?.lastOrder).toBe(7)
      await store.orders.renumber({ order: order(8, { id: idOf('ord', 1) }), compact: 'jws 8' })
      expect(await store.orders.pending(DEVICE, now)).toEqual([{ number: 8, compact: 'jws 8' }])
      expect([
        (await store.orders.view(idOf('ord', 1), 0))?.number,
        (await store.devices.get(DEVICE))?.lastOrder,
      ]).toEqual([8, 8])
    })

    test('lists newest first, with the status at the given time', async () => {
      const store = await open()
      await seed(store)
      for (const number of [1, 2, 3]) await store.orders.put(issued(number), made)
      const list = async (page: Parameters<typeof store.orders.list>[1], at = 50) =>
        (await store.orders.list(DEVICE, page, at)).map(({ number, status }) => `${number} ${status}`)
      expect(await list({ limit: 2 })).toEqual(['3 pending', '2 pending'])
      expect(await list({ limit: 2, before: 2 }, 100)).toEqual(['1 expired'])
      expect(await store.orders.view(idOf('ord', 9), 0)).toBeUndefined()
    })
  })
}
