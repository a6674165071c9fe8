import { closed, counter, reader, Type } from '../../base/schema.ts'
import { type WebhookDelivery, webhookDeliverySchema } from '../../protocol/nouns/directory/webhooks.ts'
import { jsonOf, numberOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** As stored. Secrets are encrypted. Times are milliseconds since 1970. */
export interface StoredWebhook {
  readonly id: string
  readonly url: string
  /** Kinds of events, or `*`. */
  readonly events: readonly string[]
  readonly ca?: string | undefined
  readonly secret: string
  /** The secrets before, which sign too for a while. Newest first. */
  readonly oldSecrets: readonly { readonly secret: string; readonly until: number }[]
  readonly createdAt: number
  readonly createdBy: string
  /** Id of the newest event that was delivered, or is of another kind. */
  readonly position: number
  readonly deliveredAt?: number | undefined
  /** Since the newest success. */
  readonly attempts: number
  readonly failingSince?: number | undefined
  readonly nextAttemptAt?: number | undefined
  readonly disabledAt?: number | undefined
  readonly problem?: string | undefined
}

export interface WebhookStore {
  /** Oldest first. */
  list(): Promise<readonly StoredWebhook[]>
  get(id: string): Promise<StoredWebhook | undefined>
  add(webhook: StoredWebhook): Promise<void>
  /** Replaces everything but its URL. */
  update(webhook: StoredWebhook): Promise<void>
  remove(id: string): Promise<void>
  /** Keeps the newest attempts of each webhook. */
  addDelivery(webhook: string, delivery: WebhookDelivery): Promise<void>
  /** Newest first. */
  deliveries(webhook: string): Promise<readonly WebhookDelivery[]>
}

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
