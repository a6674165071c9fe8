import { createHmac, randomBytes } from 'node:crypto'

/** Signatures of Standard Webhooks, version 1: HMAC-SHA-256 over id, time and body. */

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

export function newSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`
}

export interface Message {
  readonly id: string
  /** Seconds since 1970. */
  readonly time: number
  readonly body: string
}

/** @param secrets a message is signed with each, so that a receiver may have either. */
export function headersOf({ id, time, body }: Message, secrets: readonly string[]): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': `${time}`, 'webhook-signature': signatures.join(' ') }
}
