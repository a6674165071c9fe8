import type { StoredWebhook } from '../../../../src/directory/webhooks/webhook-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'

const webhook = (number: number, changes: Partial<StoredWebhook> = {}): StoredWebhook => ({
  id: `whk_${number}`,
  url: `https://a.example/${number}`,
  events: ['*'],
  secret: 'sealed',
  oldSecrets: [],
  createdAt: number,
  createdBy: 'adm_1',
  position: 0,
  attempts: 0,
  ...changes,
})

export function describeWebhookStore({ name, open }: Engine): void {
  describe(`${name} keeps the WebhookStore contract`, () => {
    test('has webhooks in the order in which they were added, as they were stored', async () => {
      const { webhooks } = await open()
      const full = webhook(2, {
        ca: 'PEM',
        oldSecrets: [{ secret: 'old', until: 9 }],
        attempts: 3,
        problem: 'status 500',
        deliveredAt: 4,
        failingSince: 5,
        nextAttemptAt: 6,
        disabledAt: 7,
      })
      await webhooks.add(full)
      await webhooks.add(webhook(1))
      expect(await webhooks.list()).toEqual([webhook(1), full])
      expect([await webhooks.get('whk_2'), await webhooks.get('whk_3')]).toEqual([full, undefined])
    })

    test('replaces all but the URL, and drops what is not there any more', async () => {
      const { webhooks } = await open()
      await webhooks.add(webhook(1, { failingSince: 5, problem: 'x' }))
      await webhooks.update(webhook(1, { position: 8, url: 'https://other.example/' }))
      expect(await webhooks.get('whk_1')).toEqual(webhook(1, { position: 8 }))
    })

    test('keeps the newest 200 attempts of each, and none of a removed one', async () => {
      const { webhooks } = await open()
      await webhooks.add(webhook(1))
      await webhooks.add(webhook(2))
      await webhooks.addDelivery('whk_2', { at: 1, delivered: false, ms: 0, problem: 'status 500', status: 500 })
      for (let at = 0; at < 205; at++) await webhooks.addDelivery('whk_1', { at, event: at, delivered: true, ms: 1 })
      expect((await webhooks.deliveries('whk_1')).map(({ at }) => at)).toEqual(
        Array.from({ length: 200 }, (_, index) => 204 - index),
      )
      await webhooks.remove('whk_1')
      expect([await webhooks.deliveries('whk_1'), (await webhooks.deliveries('whk_2')).length]).toEqual([[], 1])
    })

    test('refuses an id twice, and attempts of no webhook', async () => {
      const { webhooks } = await open()
      await webhooks.add(webhook(1))
      expect(await codeThrown(() => webhooks.add(webhook(1)))).toBe('CONFLICT')
      expect(await codeThrown(() => webhooks.addDelivery('whk_9', { at: 1, delivered: true, ms: 1 }))).toBe('CONFLICT')
    })
  })
}
