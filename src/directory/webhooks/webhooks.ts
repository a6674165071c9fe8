import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { EVENT_KINDS } from '../../protocol/nouns/directory/events.ts'
import {
  MAX_WEBHOOKS,
  type Webhook,
  type WebhookDelivery,
  type WebhookRequest,
} from '../../protocol/nouns/directory/webhooks.ts'
import type { EventStore } from '../activity/event-store.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry, Changed } from '../audit/audit.ts'
import type { ReceiverInit } from './receivers.ts'
import { requireWebhookUrl } from './receivers.ts'
import type { SecretBox } from './secret-box.ts'
import { newSecret } from './signature.ts'
import type { StoredWebhook, WebhookStore } from './webhook-store.ts'

/** What people do with webhooks. `deliver.ts` sends to them. */

export interface WebhooksComponents
  extends ActComponents<{
    readonly webhooks: WebhookStore
    readonly events: Pick<EventStore, 'newest'>
  }> {
  readonly random: Random
  readonly box: SecretBox
}

/** The secret is in memory only: the caller hands it to its holder. */
export interface WebhookWithSecret {
  readonly webhook: Webhook
  readonly secret: string
}

export interface Webhooks {
  /** Oldest first. */
  list(): Promise<readonly Webhook[]>
  /** @throws `NOT_FOUND`. */
  get(id: string): Promise<Webhook>
  /** Sends events from now on. @throws `INPUT_MALFORMED`, `NOT_PERMITTED` for the address, `QUOTA_EXCEEDED`. */
  add(request: WebhookRequest, actor: string): Promise<WebhookWithSecret>
  /** What it is sent, and whom it trusts, from the next message on. `null`: those of the runtime. @throws as `add`; `NOT_FOUND`. */
  change(
    id: string,
    change: { readonly events?: readonly string[] | undefined; readonly ca?: string | null | undefined },
    actor: string,
  ): Promise<Webhook>
  /** Messages are signed with both secrets for a day. @throws `NOT_FOUND`. */
  rotate(id: string, actor: string): Promise<WebhookWithSecret>
  /** Continues where it was disabled, or with `skip` at the newest event. @throws `NOT_FOUND`. */
  enable(id: string, options: { readonly skip: boolean }, actor: string): Promise<Webhook>
  /** @returns what it was. @throws `NOT_FOUND`. */
  remove(id: string, actor: string): Promise<Webhook>
  /** Attempts, newest first. @throws `NOT_FOUND`. */
  deliveries(id: string): Promise<readonly WebhookDelivery[]>
}

/** How long the secret before a rotation stays valid. */
const OLD_SECRET_MS = 24 * 3_600_000
const MOST_OLD = 4
export const ALL_EVENTS = '*'

export function webhooks(components: WebhooksComponents, init: ReceiverInit): Webhooks {
  const { store, clock, random, box } = components
  const stored = async (id: string): Promise<StoredWebhook> => {
    const found = await store.webhooks.get(id)
    if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no webhook ${id}`)
    return found
  }
  const view = async (webhook: StoredWebhook) =>
    viewOf(webhook, { newest: await store.events.newest(), now: clock.now() })
  const record = (act: AuditEntry['act'], { id, url }: StoredWebhook, changed: Changed, actor: string) => {
    // The path and the query may be a secret of the receiver.
    const details = { webhook: id, host: new URL(url).host }
    return store.audit.add({ at: clock.now(), actor, act, subject: id, details, ...changed })
  }
  return {
    list: async () => await Promise.all((await store.webhooks.list()).map(view)),
    get: async (id) => view(await stored(id)),
    async add({ url, events, ca }, actor) {
      requireWebhookUrl(url, init)
      const kinds = kindsIn(events)
      const secret = newSecret()
      return store.transaction(async () => {
        if ((await store.webhooks.list()).length >= MAX_WEBHOOKS) {
          throw new SuretyError(
            'QUOTA_EXCEEDED',
            `there are ${MAX_WEBHOOKS} webhooks: remove those that are not needed`,
          )
        }
        const id = newId('whk', random)
        const webhook: StoredWebhook = {
          id,
          url,
          events: kinds,
          createdAt: clock.now(),
          createdBy: actor,
          attempts: 0,
          position: 0,
          oldSecrets: [],
          secret: box.seal(secret, id),
          ...member('ca', ca),
        }
        await record('webhook-added', webhook, { after: webhook }, actor)
        const added = { ...webhook, position: await store.events.newest() }
        await store.webhooks.add(added)
        return { webhook: await view(added), secret }
      })
    },
    change: (id, { events, ca }, actor) =>
      store.transaction(async () => {
        const before = await stored(id)
        const { ca: caBefore, ...others } = before
        const trusted = ca === undefined ? caBefore : (ca ?? undefined)
        const kinds = events === undefined ? {} : { events: kindsIn(events) }
        const after: StoredWebhook = { ...others, ...kinds, ...member('ca', trusted) }
        await store.webhooks.update(after)
        await record('webhook-changed', after, { before, after }, actor)
        return view(after)
      }),
    rotate: (id, actor) =>
      store.transaction(async () => {
        const before = await stored(id)
        const secret = newSecret()
        const now = clock.now()
        // All of the last day: a client that got no answer rotates again, and the receiver still has the one before.
        const oldSecrets = [{ secret: before.secret, until: now + OLD_SECRET_MS }, ...validOf(before, now)].slice(
          0,
          MOST_OLD,
        )
        const after = { ...before, secret: box.seal(secret, id), oldSecrets }
        await store.webhooks.update(after)
        await record('webhook-secret-rotated', after, {}, actor)
        return { webhook: await view(after), secret }
      }),
    enable: (id, { skip }, actor) =>
      store.transaction(async () => {
        const before = await stored(id)
        const { disabledAt: _, failingSince: __, nextAttemptAt: ___, problem: ____, ...rest } = before
        const working = { ...rest, attempts: 0 }
        // Before the newest event is read: this act is one, which is skipped too.
        await record('webhook-enabled', before, { before, after: working }, actor)
        const after = { ...working, position: skip ? await store.events.newest() : before.position }
        await store.webhooks.update(after)
        return view(after)
      }),
    remove: (id, actor) =>
      store.transaction(async () => {
        const before = await stored(id)
        await store.webhooks.remove(id)
        await record('webhook-removed', before, { before }, actor)
        return view(before)
      }),
    deliveries: async (id) => store.webhooks.deliveries((await stored(id)).id),
  }
}

/** The old secrets that still sign, newest first. */
export function validOf({ oldSecrets }: Pick<StoredWebhook, 'oldSecrets'>, now: number): StoredWebhook['oldSecrets'] {
  return oldSecrets.filter(({ until }) => until > now)
}

/** @throws `INPUT_MALFORMED`. */
function kindsIn(events: readonly string[]): readonly string[] {
  if (events.includes(ALL_EVENTS)) return [ALL_EVENTS]
  const unknown = events.find((event) => !EVENT_KINDS.some((kind) => kind === event))
  if (unknown === undefined) return [...new Set(events)]
  throw new SuretyError('INPUT_MALFORMED', `${JSON.stringify(unknown)} is no kind of event: ${knownKinds(unknown)}`)
}

function knownKinds(unknown: string): string {
  const similar = similarWords(unknown, EVENT_KINDS)
  return similar.length > 0 ? `similar are ${similar.join(', ')}` : 'the member kind of an event has them'
}

function viewOf(webhook: StoredWebhook, { newest, now }: { readonly newest: number; readonly now: number }): Webhook {
  const { id, url, events, createdAt, createdBy, position } = webhook
  const { deliveredAt, failingSince, nextAttemptAt, disabledAt, problem } = webhook
  const state = disabledAt !== undefined ? 'disabled' : failingSince === undefined ? 'active' : 'failing'
  return {
    id,
    url,
    events: [...events],
    state,
    createdAt,
    createdBy,
    position,
    behind: Math.max(0, newest - position),
    ...member('deliveredAt', deliveredAt),
    ...member('failingSince', failingSince),
    ...member('nextAttemptAt', disabledAt === undefined ? nextAttemptAt : undefined),
    ...member('disabledAt', disabledAt),
    ...member('problem', problem),
    ...member('oldSecretUntil', validOf(webhook, now)[0]?.until),
  }
}
