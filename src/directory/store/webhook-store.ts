import { closed, counter, reader, Type } from '../../base/schema.ts'
import { webhookDeliverySchema } from '../../protocol/nouns/directory/webhooks.ts'
import { jsonOf, numberOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import type { StoredWebhook, WebhookStore } from '../webhooks/webhook-store.ts'

/** Attempts that are kept of each webhook. */
const KEPT = 200

const time = Type.Optional(Type.Number())
const restReader = reader(
  closed({
    events: Type.Array(Type.String()),
    ca: Type.Optional(Type.String()),
    secret: Type.String(),
    oldSecrets: Type.Array(closed({ secret: Type.String(), until: Type.Number() })),
    createdBy: Type.String(),
    attempts: counter(),
    problem: Type.Optional(Type.String()),
    deliveredAt: time,
    failingSince: time,
    nextAttemptAt: time,
    disabledAt: time,
  }),
  { name: 'stored webhook', limits: { maxBytes: 256 * 1024, maxDepth: 4 } },
)
const deliveryReader = reader(webhookDeliverySchema, { name: 'stored delivery' })

export function webhookStore(database: Database): WebhookStore {
  const list = database.prepare('SELECT * FROM webhooks ORDER BY created_at, id')
  const get = database.prepare('SELECT * FROM webhooks WHERE id = ?')
  const add = database.prepare('INSERT INTO webhooks (id, created_at, url, position, json) VALUES (?, ?, ?, ?, ?)')
  const update = database.prepare('UPDATE webhooks SET position = ?, json = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM webhooks WHERE id = ?')
  const addDelivery = database.prepare('INSERT INTO webhook_deliveries (webhook, json) VALUES (?, ?)')
  const forget = database.prepare(
    `DELETE FROM webhook_deliveries WHERE webhook = ?1 AND id <=
       (SELECT id FROM webhook_deliveries WHERE webhook = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT})`,
  )
  const deliveries = database.prepare('SELECT json FROM webhook_deliveries WHERE webhook = ? ORDER BY id DESC')
  return {
    list: async () => (await list.all()).map(webhookOf),
    async get(id) {
      const row = await get.get(id)
      return row && webhookOf(row)
    },
    async add(webhook) {
      await add.run(webhook.id, webhook.createdAt, webhook.url, webhook.position, restOf(webhook))
    },
    async update(webhook) {
      await update.run(webhook.position, restOf(webhook), webhook.id)
    },
    async remove(id) {
      await remove.run(id)
    },
    async addDelivery(webhook, delivery) {
      await addDelivery.run(webhook, JSON.stringify(delivery))
      await forget.run(webhook)
    },
    deliveries: async (webhook) => (await deliveries.all(webhook)).map((row) => jsonOf(row, 'json', deliveryReader)),
  }
}

function restOf({ id: _, url: __, createdAt: ___, position: ____, ...rest }: StoredWebhook): string {
  return JSON.stringify(rest)
}

function webhookOf(row: Row): StoredWebhook {
  return {
    ...jsonOf(row, 'json', restReader),
    id: textOf(row, 'id'),
    url: textOf(row, 'url'),
    createdAt: numberOf(row, 'created_at'),
    position: numberOf(row, 'position'),
  }
}
