import { member } from '../../base/json-object.ts'
import { closed, counter, reader, Type } from '../../base/schema.ts'
import {
  MESSAGE_MEDIA,
  MESSAGE_STATES,
  type MessageMedium,
  type MessageState,
} from '../../protocol/nouns/directory/messages.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing } from '../sql/listing.ts'
import type { MessageContent, Thing } from './things.ts'

export interface NewMessage {
  readonly id: string
  readonly medium: MessageMedium
  /** Id of a human or an administrator, or the medium. */
  readonly recipient: string
  readonly recipientName: string
  /** Of mail. */
  readonly address?: string | undefined
  readonly urgent: boolean
  readonly content: MessageContent
  readonly createdAt: number
}

export interface StoredMessage extends NewMessage {
  /** Rises with each message. */
  readonly number: number
  readonly state: MessageState
  readonly attempts: number
  readonly failingSince?: number | undefined
  readonly nextAttemptAt?: number | undefined
  readonly settledAt?: number | undefined
  readonly problem?: string | undefined
}

export interface EndingRegistration {
  readonly id: string
  readonly name: string
  readonly expiresAt: number
}

/** A thing that one recipient was told of. */
export interface ToldStop {
  readonly recipient: string
  readonly stop: string
}

/** How far the digest is. */
export interface DigestPlace {
  /** The newest time at which it was due and is done. */
  readonly doneAt: number
  /** Of the one that is being made: people up to this number are done. Undefined: administrators are not done yet. */
  readonly after?: number | undefined
}

export interface MessageStore {
  add(message: NewMessage): Promise<void>
  get(id: string): Promise<StoredMessage | undefined>
  /** The one of this medium that is due, urgent ones first, then the oldest. */
  next(
    medium: MessageMedium,
    options: { readonly now: number; readonly onlyUrgent: boolean },
  ): Promise<StoredMessage | undefined>
  /** Stores what an attempt changes. */
  update(message: StoredMessage): Promise<void>
  /** Newest first. */
  list(request: ListRequest): Promise<Listed<StoredMessage>>
  counts(medium: MessageMedium): Promise<{
    readonly waiting: number
    readonly failed: number
    readonly sentAt?: number
    readonly problem?: string
  }>
  /** Messages that were settled before this time go. */
  removeSettled(before: number): Promise<void>
  isTold(recipient: string, thing: Thing): Promise<boolean>
  putTold(recipient: string, thing: Thing, at: number): Promise<void>
  /** After this a thing that still waits is told again. */
  forgetTold(before: number): Promise<void>
  /** Stops that somebody was told were in force, and not yet that they are over. */
  stopsNotOver(limit: number): Promise<readonly ToldStop[]>
  /** Undefined before the first look. */
  digest(): Promise<DigestPlace | undefined>
  putDigest(place: DigestPlace): Promise<void>
  isMailOff(subject: string): Promise<boolean>
  setMailOff(subject: string, isOff: boolean): Promise<void>
  /** Registrations that end between these times, the first one first. */
  ending(question: {
    readonly now: number
    readonly until: number
    readonly owner?: string | undefined
    readonly limit: number
  }): Promise<{ readonly items: readonly EndingRegistration[]; readonly total: number }>
}

const contentReader = reader(
  closed({
    subject: Type.String(),
    sections: Type.Array(
      closed({
        title: Type.String(),
        lines: Type.Array(closed({ text: Type.String(), path: Type.String() })),
        more: counter(),
        path: Type.String(),
      }),
    ),
  }),
  { name: 'stored message', limits: { maxBytes: 128 * 1024, maxDepth: 6 } },
)

/** A time that is further away than this is of another clock. */
const FURTHEST_MS = 8 * 3_600_000

export function messageStore(database: Database): MessageStore {
  return { ...messages(database), ...told(database), ...places(database) }
}

type Messages = Pick<MessageStore, 'add' | 'get' | 'next' | 'update' | 'list' | 'counts' | 'removeSettled'>

function messages(database: Database): Messages {
  const add = database.prepare(
    `INSERT INTO messages (id, medium, recipient, recipient_name, address, urgent, content, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const get = database.prepare('SELECT * FROM messages WHERE id = ?')
  const next = database.prepare(
    `SELECT * FROM messages INDEXED BY messages_waiting WHERE state = 'waiting' AND medium = ?1 AND urgent >= ?2
       AND (next_attempt_at IS NULL OR next_attempt_at <= ?3 OR next_attempt_at > ?3 + ${FURTHEST_MS})
     ORDER BY urgent DESC, number LIMIT 1`,
  )
  const update = database.prepare(
    `UPDATE messages SET state = ?2, attempts = ?3, failing_since = ?4, next_attempt_at = ?5, settled_at = ?6, problem = ?7
     WHERE number = ?1`,
  )
  const counts = database.prepare(
    `SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'failed') AS failed,
       max(settled_at) FILTER (WHERE state = 'sent') AS sent_at
     FROM messages WHERE medium = ?`,
  )
  const problem = database.prepare(
    `SELECT problem FROM messages INDEXED BY messages_waiting WHERE state = 'waiting' AND medium = ? AND attempts > 0
     ORDER BY urgent DESC, number LIMIT 1`,
  )
  const remove = database.prepare('DELETE FROM messages WHERE settled_at IS NOT NULL AND settled_at < ?')
  const one = (row: Row | undefined) => row && messageOf(row)
  return {
    async add({ id, medium, recipient, recipientName, address = null, urgent, content, createdAt }) {
      const json = JSON.stringify(content)
      await add.run(id, medium, recipient, recipientName, address, urgent ? 1 : 0, json, createdAt)
    },
    get: async (id) => one(await get.get(id)),
    next: async (medium, { now, onlyUrgent }) => one(await next.get(medium, onlyUrgent ? 1 : 0, now)),
    async update({ number, state, attempts, failingSince, nextAttemptAt, settledAt, problem: why }) {
      await update.run(
        ...[number, state, attempts, failingSince ?? null, nextAttemptAt ?? null, settledAt ?? null, why ?? null],
      )
    },
    list: listing(database, {
      from: 'messages',
      key: 'number',
      newestFirst: true,
      read: messageOf,
      filters: {
        state: (state, value) => `state = ${value(state)}`,
        medium: (medium, value) => `medium = ${value(medium)}`,
        named: (named, value) => beginsWith('id', value(named)),
      },
      sorts: {},
    }),
    async counts(medium) {
      const row = (await counts.get(medium)) ?? {}
      return {
        waiting: numberOf(row, 'waiting'),
        failed: numberOf(row, 'failed'),
        ...member('sentAt', optionalNumberOf(row, 'sent_at')),
        ...member('problem', optionalTextOf((await problem.get(medium)) ?? { problem: null }, 'problem')),
      }
    },
    async removeSettled(before) {
      await remove.run(before)
    },
  }
}

function messageOf(row: Row): StoredMessage {
  return {
    number: numberOf(row, 'number'),
    id: textOf(row, 'id'),
    medium: wordOf(row, 'medium', MESSAGE_MEDIA),
    recipient: textOf(row, 'recipient'),
    recipientName: textOf(row, 'recipient_name'),
    ...member('address', optionalTextOf(row, 'address')),
    urgent: numberOf(row, 'urgent') === 1,
    content: jsonOf(row, 'content', contentReader),
    createdAt: numberOf(row, 'created_at'),
    state: wordOf(row, 'state', MESSAGE_STATES),
    attempts: numberOf(row, 'attempts'),
    ...member('failingSince', optionalNumberOf(row, 'failing_since')),
    ...member('nextAttemptAt', optionalNumberOf(row, 'next_attempt_at')),
    ...member('settledAt', optionalNumberOf(row, 'settled_at')),
    ...member('problem', optionalTextOf(row, 'problem')),
  }
}

function told(database: Database): Pick<MessageStore, 'isTold' | 'putTold' | 'forgetTold' | 'stopsNotOver'> {
  const isTold = database.prepare(
    'SELECT 1 FROM told_things WHERE recipient = ? AND kind = ? AND thing = ? AND version = ?',
  )
  const put = database.prepare('INSERT INTO told_things VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const forget = database.prepare('DELETE FROM told_things WHERE told_at < ?')
  const stops = database.prepare(
    `SELECT t.recipient, t.thing FROM told_things t INDEXED BY told_stops WHERE t.kind = 'stop' AND NOT EXISTS (
       SELECT 1 FROM told_things o WHERE o.recipient = t.recipient AND o.kind = 'stop-over' AND o.thing = t.thing)
     ORDER BY t.thing LIMIT CAST(? AS INTEGER)`,
  )
  const keyOf = (recipient: string, { kind, id, version }: Thing) => [recipient, kind, id, version] as const
  return {
    isTold: async (recipient, thing) => (await isTold.get(...keyOf(recipient, thing))) !== undefined,
    async putTold(recipient, thing, at) {
      await put.run(...keyOf(recipient, thing), at)
    },
    async forgetTold(before) {
      await forget.run(before)
    },
    stopsNotOver: async (limit) =>
      (await stops.all(limit)).map((row) => ({ recipient: textOf(row, 'recipient'), stop: textOf(row, 'thing') })),
  }
}

type Places = Pick<MessageStore, 'digest' | 'putDigest' | 'isMailOff' | 'setMailOff' | 'ending'>

function places(database: Database): Places {
  const digest = database.prepare('SELECT done_at, after FROM message_digest')
  const putDigest = database.prepare(
    'INSERT INTO message_digest VALUES (1, ?1, ?2) ON CONFLICT DO UPDATE SET done_at = ?1, after = ?2',
  )
  const isOff = database.prepare('SELECT 1 FROM mail_turned_off WHERE subject = ?')
  const turnOff = database.prepare('INSERT INTO mail_turned_off VALUES (?) ON CONFLICT DO NOTHING')
  const turnOn = database.prepare('DELETE FROM mail_turned_off WHERE subject = ?')
  const ENDS = `expires_at IS NOT NULL AND state IN ('provisioning', 'active', 'suspended', 'quarantined')
    AND expires_at > ?1 AND expires_at <= ?2`
  const COLUMNS = 'id, name, expires_at, count(*) OVER () AS total'
  const all = database.prepare(
    `SELECT ${COLUMNS} FROM registrations INDEXED BY registrations_expiring WHERE ${ENDS}
     ORDER BY expires_at LIMIT CAST(?3 AS INTEGER)`,
  )
  const owned = database.prepare(
    `SELECT ${COLUMNS} FROM registrations INDEXED BY registrations_owned WHERE ${ENDS} AND owner IS NOT NULL AND owner = ?4
     ORDER BY expires_at LIMIT CAST(?3 AS INTEGER)`,
  )
  return {
    async digest() {
      const row = await digest.get()
      return row && { doneAt: numberOf(row, 'done_at'), ...member('after', optionalNumberOf(row, 'after')) }
    },
    async putDigest({ doneAt, after }) {
      await putDigest.run(doneAt, after ?? null)
    },
    isMailOff: async (subject) => (await isOff.get(subject)) !== undefined,
    async setMailOff(subject, off) {
      await (off ? turnOff : turnOn).run(subject)
    },
    async ending({ now, until, owner, limit }) {
      const rows = await (owner === undefined ? all.all(now, until, limit) : owned.all(now, until, limit, owner))
      return {
        items: rows.map((row) => ({
          id: textOf(row, 'id'),
          name: textOf(row, 'name'),
          expiresAt: numberOf(row, 'expires_at'),
        })),
        total: rows[0] === undefined ? 0 : numberOf(rows[0], 'total'),
      }
    },
  }
}
