import { mail } from './messages/mail.ts'
import type { Messages } from './messages/messages.ts'
import { type MessagesComponents, messages } from './messages/messages.ts'
import { type MessageQueue, messageQueue, type QueueComponents } from './messages/queue.ts'
import type { MessagesInit } from './messages/read-settings.ts'
import { scheduleOf } from './messages/schedule.ts'
import { type Media, type MessageSending, messageSending, type SendComponents } from './messages/send.ts'
import { slack } from './messages/slack.ts'
import { teams } from './messages/teams.ts'
import type { ReceiverInit } from './webhooks/receivers.ts'

export interface MessageServices {
  readonly messages: Messages
  readonly messageQueue: MessageQueue
  readonly messageSending: MessageSending
  /** Media that have settings. */
  readonly messageMedia: readonly { readonly id: string }[]
  /** Where the links of messages lead. Nothing is sent before. */
  readonly setConsole: (origin: string) => void
}

export interface MessageServicesInit extends ReceiverInit {
  /** Absent: nobody gets messages. */
  readonly messages?: MessagesInit | undefined
  readonly timeoutMs?: number
}

/** For name, connection, TLS and message together. */
const TIMEOUT_MS = 30_000

type Made = 'media' | 'schedule' | 'origin' | 'sending'

/** Puts messages together. @throws `CONFIG_INVALID` for a schedule. */
export function messageServices(
  components: QueueComponents & Omit<SendComponents, Made> & Omit<MessagesComponents, Made>,
  { messages: init = { digest: 'off' }, privateAddresses, timeoutMs = TIMEOUT_MS }: MessageServicesInit,
): MessageServices {
  const schedule = scheduleOf(init)
  const posting = { privateAddresses, timeoutMs }
  const media: Media = {
    ...(init.mail === undefined ? {} : { mail: mail(init.mail, { timeoutMs }) }),
    ...(init.slack === undefined ? {} : { slack: slack(init.slack, posting) }),
    ...(init.teams === undefined ? {} : { teams: teams(init.teams, posting) }),
  }
  let origin: string | undefined
  const sending = messageSending({ ...components, media, schedule, origin: () => origin })
  return {
    messages: messages({ ...components, media, schedule, sending }),
    messageQueue: messageQueue(components, {
      schedule,
      media: { mail: media.mail !== undefined, slack: media.slack !== undefined, teams: media.teams !== undefined },
    }),
    messageSending: sending,
    messageMedia: Object.keys(media).map((id) => ({ id })),
    setConsole(at) {
      origin = at
    },
  }
}
