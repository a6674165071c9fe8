import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  MESSAGE_MEDIA,
  type Message,
  type MessageDelivery,
  type MessageMedium,
  type MessagePreference,
  type MessageStatus,
} from '../../protocol/nouns/directory/messages.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { humanOf } from '../summary/waiting-for.ts'
import type { MessageStore, StoredMessage } from './message-store.ts'
import { isMailAddress, mailAddressOf } from './recipients.ts'
import type { Schedule } from './schedule.ts'
import type { Media, MessageSending } from './send.ts'

/** What people ask and decide about messages. */

export interface MessagesComponents
  extends ActComponents<{
    readonly messages: MessageStore
    readonly humans: Pick<HumanStore, 'get' | 'named'>
  }> {
  readonly media: Media
  readonly schedule: Schedule
  readonly sending: Pick<MessageSending, 'test'>
}

export interface Messages {
  /** Newest first. */
  list(request: ListRequest): Promise<Listed<Message>>
  status(): Promise<MessageStatus>
  /** @throws `NOT_FOUND` for a medium without settings, and without an address; `INPUT_MALFORMED` for an address. */
  test(
    request: { readonly to: MessageMedium; readonly address?: string | undefined },
    by: Principal,
    signal: AbortSignal,
  ): Promise<MessageDelivery>
  preference(principal: Principal): Promise<MessagePreference>
  setPreference(principal: Principal, preference: { readonly mail: boolean }): Promise<MessagePreference>
}

export function messages(components: MessagesComponents): Messages {
  const { store, clock, media, schedule, sending } = components
  /** As recipients are called: a person, or an administrator whose name no active person has. */
  const recipientOf = async (principal: Principal) => {
    const human = await humanOf(store.humans, principal)
    const address = (human && mailAddressOf(human)) ?? (isMailAddress(principal.name) ? principal.name : undefined)
    return { id: human?.id ?? principal.id, address }
  }
  const preferenceOf = async ({ id, address }: Awaited<ReturnType<typeof recipientOf>>) => ({
    mail: !(await store.messages.isMailOff(id)),
    ...(media.mail === undefined ? {} : member('address', address)),
  })
  return {
    async list(request) {
      const { items, ...rest } = await store.messages.list(request)
      return { items: items.map(viewOf), ...rest }
    },
    async status() {
      const now = clock.now()
      const found: MessageStatus['media'] = []
      for (const medium of MESSAGE_MEDIA) {
        const counts = await store.messages.counts(medium)
        found.push({ medium, on: media[medium] !== undefined, ...member('server', media[medium]?.server), ...counts })
      }
      return {
        media: found,
        digest: schedule.digest,
        timeZone: schedule.timeZone,
        ...member('nextDigestAt', schedule.nextAt(now)),
        ...member('quietHours', schedule.quietHours),
        ...member('quietUntil', schedule.quietUntil(now)),
      }
    },
    async test({ to, address: given }, by, signal) {
      if (given !== undefined && (to !== 'mail' || !isMailAddress(given))) {
        throw new SuretyError(
          'INPUT_MALFORMED',
          to === 'mail' ? 'this is no address that every mail server takes' : `${to} is a channel: it takes no address`,
        )
      }
      const address = given ?? (to === 'mail' ? (await recipientOf(by)).address : undefined)
      if (to === 'mail' && media.mail !== undefined && address === undefined) {
        throw new SuretyError('NOT_FOUND', `no address of ${by.name} is known: give one`)
      }
      if (media[to] !== undefined) {
        const act = { at: clock.now(), actor: by.id, act: 'messages-tested', subject: to } as const
        const details = address === undefined ? {} : { recipient: address }
        await store.transaction(() => store.audit.add({ ...act, details }))
      }
      const delivery = await sending.test(to, address, signal)
      if (delivery !== undefined) return delivery
      throw new SuretyError('NOT_FOUND', `there are no settings of ${to}: docs/admin/messages.md`)
    },
    preference: async (principal) => preferenceOf(await recipientOf(principal)),
    async setPreference(principal, { mail }) {
      const recipient = await recipientOf(principal)
      return store.transaction(async () => {
        if ((await store.messages.isMailOff(recipient.id)) === mail) {
          await store.messages.setMailOff(recipient.id, !mail)
          const act = mail ? 'messages-turned-on' : 'messages-turned-off'
          const changed = { before: { mail: !mail }, after: { mail } }
          const subject = recipient.id
          await store.audit.add({ at: clock.now(), actor: principal.id, act, subject, details: {}, ...changed })
        }
        return preferenceOf(recipient)
      })
    },
  }
}

function viewOf(message: StoredMessage): Message {
  const { id, medium, recipient, recipientName, content, urgent, state, createdAt, attempts } = message
  const { settledAt, nextAttemptAt, problem } = message
  return {
    id,
    medium,
    recipient,
    recipientName,
    subject: content.subject,
    urgent,
    state,
    createdAt,
    attempts,
    ...member('settledAt', settledAt),
    ...member('nextAttemptAt', nextAttemptAt),
    ...member('problem', problem),
  }
}
