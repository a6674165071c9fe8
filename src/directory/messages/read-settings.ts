import { SuretyError } from '../../base/errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { readSecretFile } from '../../system/files/own/secret-file.ts'
import { type ReceiverInit, requireWebhookUrl } from '../webhooks/receivers.ts'
import type { MailSettings } from './mail.ts'
import { isMailAddress } from './recipients.ts'
import { type ScheduleSettings, scheduleOf } from './schedule.ts'

/** The settings `messages.*`, with what is in the files that they name. */

export interface MessageSettings extends ScheduleSettings {
  readonly mail: {
    readonly host?: string | undefined
    readonly port: number
    readonly tls: 'usual' | 'starttls' | 'implicit' | 'off'
    readonly ca?: string | undefined
    readonly from?: string | undefined
    readonly user?: string | undefined
    readonly passwordFile?: string | undefined
  }
  readonly slackUrlFile?: string | undefined
  readonly teamsUrlFile?: string | undefined
}

/** What messages are started with. */
export interface MessagesInit extends ScheduleSettings {
  readonly mail?: MailSettings | undefined
  /** URLs, which are secrets of their receivers. */
  readonly slack?: string | undefined
  readonly teams?: string | undefined
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/
const IMPLICIT_PORT = 465
const MAX_CA_BYTES = 256 * 1024

/** @throws `CONFIG_INVALID`. */
export async function readMessageSettings(settings: MessageSettings, init: ReceiverInit): Promise<MessagesInit> {
  const { digest, timeZone, quietHours, slackUrlFile, teamsUrlFile } = settings
  const schedule = { digest, timeZone, quietHours }
  scheduleOf(schedule)
  return {
    ...schedule,
    mail: await mailIn(settings.mail),
    slack: await urlIn('messages.slack.urlFile', slackUrlFile, init),
    teams: await urlIn('messages.teams.urlFile', teamsUrlFile, init),
  }
}

async function mailIn(given: MessageSettings['mail']): Promise<MailSettings | undefined> {
  const { host, port, ca, from, user, passwordFile } = given
  if (host === undefined) {
    const other = Object.entries({ from, user, passwordFile, ca }).find(([, value]) => value !== undefined)
    if (other !== undefined) throw invalid(`messages.mail.${other[0]} is given without messages.mail.host`)
    return undefined
  }
  if (from === undefined) throw invalid('messages.mail.from is missing: mail needs a sender')
  if (!isMailAddress(from)) throw invalid(`messages.mail.from: ${from} is no address that every mail server takes`)
  const isLocal = LOOPBACK.test(host)
  const usual = isLocal ? 'off' : 'starttls'
  const tls = given.tls === 'usual' ? (port === IMPLICIT_PORT ? 'implicit' : usual) : given.tls
  if ((user === undefined) !== (passwordFile === undefined)) {
    throw invalid('messages.mail.user and messages.mail.passwordFile are given together')
  }
  if (user !== undefined && tls === 'off' && !isLocal) {
    throw invalid(`messages.mail.tls is off, and ${host} is not this machine: a password is not sent in clear`)
  }
  const login =
    user === undefined || passwordFile === undefined
      ? undefined
      : { user, password: await readSecretFile('messages.mail.passwordFile', passwordFile) }
  return { host, port, tls, from, login, ca: ca === undefined ? undefined : await certificatesIn(ca) }
}

async function certificatesIn(path: string): Promise<string> {
  const bytes = await readIfPresent(path, { maxBytes: MAX_CA_BYTES }).catch((cause) => {
    throw invalid(`messages.mail.ca ${path} cannot be read`, cause)
  })
  const text = Buffer.from(bytes ?? []).toString()
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw invalid(`messages.mail.ca: there is no PEM certificate in ${path}`)
}

async function urlIn(setting: string, path: string | undefined, init: ReceiverInit): Promise<string | undefined> {
  if (path === undefined) return undefined
  const url = await readSecretFile(setting, path)
  try {
    requireWebhookUrl(url, init)
  } catch (cause) {
    // The URL is a secret.
    throw invalid(`${setting}: the text in ${path} is not a URL that messages can be sent to`, cause)
  }
  return url
}

function invalid(message: string, cause?: unknown): SuretyError {
  return new SuretyError('CONFIG_INVALID', message, { cause })
}
