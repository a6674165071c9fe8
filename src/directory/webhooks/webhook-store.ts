import type { WebhookDelivery } from '../../protocol/nouns/directory/webhooks.ts'

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
