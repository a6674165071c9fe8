import type { Human } from '../../../src/directory/humans/human-store.ts'
import type { MediumStatus, Message, MessageStatus } from '../../../src/protocol/nouns/directory/messages.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { BY } from '../claims/claim-fixture.ts'
import { ask } from '../http/documented-answers.ts'
import { type StopApi, stopApi } from '../stops/stop-fixture.ts'
import { type Receiver, startReceiver } from '../webhooks/receiver.ts'
import { type ScriptedSmtp, startScriptedSmtp } from './scripted-smtp.ts'

/** A directory that sends messages to servers of a test. Its workers run when a test says so. It is noon, and quiet from 20:00 to 08:00. */

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const SIGNAL = new AbortController().signal

export interface MessageFixture extends AsyncDisposable {
  readonly directory: TestDirectory
  readonly smtp: ScriptedSmtp
  readonly slack: Receiver
  readonly api: StopApi
  /** Moves to the next time at which a clock in UTC shows this hour. */
  until(hour: number): Promise<void>
  add(userName: string, changes?: { email?: string; manager?: string; displayName?: string }): Promise<Human>
  register(owner: string, changes?: { name?: string; successor?: string; expiresAt?: number }): Promise<string>
  review(dueInMs?: number): Promise<void>
  /** The owner has a review to answer, and its digest is due. */
  owing(name?: string): Promise<void>
  /** Does all that is due now. @returns the subjects that were sent, by recipient. */
  work(): Promise<readonly string[]>
  list(): Promise<readonly Message[]>
  status(medium: string): Promise<MediumStatus | undefined>
  kinds(): Promise<readonly string[]>
}

export async function openMessages(): Promise<MessageFixture> {
  const smtp = await startScriptedSmtp()
  const slack = await startReceiver()
  const directory: TestDirectory = await startTestDirectory({
    messages: {
      digest: '09:00',
      timeZone: 'UTC',
      quietHours: '20:00-08:00',
      mail: { host: '127.0.0.1', port: smtp.port, tls: 'off', from: 'surety@example.org' },
      slack: slack.url,
    },
    stops: { confirmAbove: 2, emergency: true },
    webhookTimeoutMs: 1_000,
  })
  const { services, clock } = directory
  const { messageQueue, messageSending, messageMedia } = services
  const until: MessageFixture['until'] = async (hour) => {
    const now = clock.now()
    const today = now - (now % DAY_MS) + hour * HOUR_MS
    await clock.advance((today > now ? today : today + DAY_MS) - now)
  }
  const add: MessageFixture['add'] = async (userName, changes = {}) =>
    (await services.humans.add({ userName, email: `${userName}@example.org`, ...changes }, BY)).human
  const register: MessageFixture['register'] = async (owner, changes = {}) => {
    const { id } = await services.registrations.create(
      { name: 'nightly', purpose: 'tests', criteria: { products: ['codex'] }, owner, state: 'active', ...changes },
      { person: BY },
    )
    return id
  }
  const review = async (dueInMs = 20 * DAY_MS) => {
    const dueAt = clock.now() + dueInMs
    await services.reviews.start({ name: 'first quarter', covers: {}, dueAt, silence: 'suspend' }, BY)
    while (await services.reviews.workSome());
  }
  await until(12)
  await messageQueue.queueDigest()
  return {
    directory,
    smtp,
    slack,
    api: stopApi(directory),
    until,
    add,
    register,
    review,
    async owing(name = 'ada') {
      await register((await add(name)).id, { name: `agent of ${name}` })
      await review()
      await until(9)
    },
    async work() {
      await messageQueue.queueUrgent()
      while (await messageQueue.queueDigest());
      const [mails, chats] = [smtp.taken.length, slack.got.length]
      for (const { id } of messageMedia) while (await messageSending.step(id, SIGNAL));
      return [
        ...smtp.taken.slice(mails).map(({ to, data }) => `${to.join()} ${headerOf(data, 'Subject')}`),
        ...slack.got.slice(chats).map(({ body }) => `slack ${JSON.parse(body).text}`),
      ].toSorted()
    },
    list: async () =>
      ((await ask(directory, 'GET', 'listMessages', '/messages')).json as { items: readonly Message[] }).items,
    status: async (medium) => {
      const { media } = (await ask(directory, 'GET', 'getMessageStatus', '/messages/status')).json as MessageStatus
      return media.find((one) => one.medium === medium)
    },
    kinds: async () => (await directory.store.events.list({ limit: 500 })).map(({ kind }) => kind),
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]()
      await slack[Symbol.asyncDispose]()
      await smtp[Symbol.asyncDispose]()
    },
  }
}

/** All lines of a header, unfolded. */
export function headerOf(data: string, name: string): string | undefined {
  const head = data.slice(0, data.indexOf('\n\n')).replaceAll(/\n[ \t]/g, ' ')
  return head
    .split('\n')
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2)
}
