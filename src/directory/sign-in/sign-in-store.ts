import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { SIGN_IN_METHODS, type SignInMethod } from '../../protocol/nouns/people/sessions.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing, type Place } from '../sql/listing.ts'

/** Passkeys, invitations and sessions. A subject is the id of an administrator or a human. */
export interface SignInStore {
  readonly passkeys: PasskeyStore
  readonly invitations: InvitationStore
  readonly sessions: SessionStore
}

export interface Passkey {
  readonly id: string
  readonly subject: string
  /** Id of the credential, base64url. */
  readonly credential: string
  /** COSE. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly counter: number
  /** The host of the console that it was made for. */
  readonly rp: string
  readonly name: string
  /** Its maker keeps copies of it. */
  readonly synced: boolean
  readonly createdAt: number
  readonly usedAt?: number | undefined
}

/** With the name of the subject. */
export type ListedPasskey = Passkey & { readonly holder?: string | undefined }

export interface PasskeyStore {
  /** @throws `CONFLICT` for a credential that is there. */
  put(passkey: Passkey): Promise<void>
  withCredential(credential: string): Promise<Passkey | undefined>
  /** Oldest first. */
  of(subject: string): Promise<readonly Passkey[]>
  /** By id, with the name of the holder. */
  list(request: ListRequest): Promise<Listed<ListedPasskey>>
  setUsed(passkey: Pick<Passkey, 'id' | 'counter'> & { readonly usedAt: number }): Promise<void>
  remove(id: string): Promise<void>
}

/** A link that enrols one passkey. */
export interface Invitation {
  readonly subject: string
  readonly secretHash: Uint8Array
  readonly createdBy: string
  readonly createdAt: number
  readonly endsAt: number
}

export interface InvitationStore {
  /** In place of an earlier one of the subject. */
  put(invitation: Invitation): Promise<void>
  withSecret(hash: Uint8Array): Promise<Invitation | undefined>
  remove(subject: string): Promise<void>
}

export interface StoredSession {
  readonly id: string
  readonly secretHash: Uint8Array
  readonly subject: string
  readonly method: SignInMethod
  readonly createdAt: number
  readonly seenAt: number
  readonly provenAt: number
  readonly endsAt: number
  readonly address: string
  /** As the browser names itself: foreign text. */
  readonly browser: string
}

/** With the name of the subject. */
export type ListedSession = StoredSession & { readonly name?: string | undefined }

export interface SessionStore {
  put(session: StoredSession): Promise<void>
  withSecret(hash: Uint8Array): Promise<StoredSession | undefined>
  get(id: string): Promise<StoredSession | undefined>
  setSeen(id: string, at: number): Promise<void>
  setProven(id: string, at: number): Promise<void>
  remove(id: string): Promise<void>
  /** All of a subject but one. @returns their ids. */
  removeOf(subject: string, kept?: string): Promise<readonly string[]>
  /** All but the newest ones of a subject. */
  removeOldest(subject: string, kept: number): Promise<void>
  /** Those past their end, and those not used after `seenAfter`. */
  removeEnded(now: number, seenAfter: number): Promise<void>
  /** Those of `subject`, oldest first. Without one all, newest first. `seenAfter` is what `removeEnded` has. */
  list(request: ListRequest, now: number): Promise<Listed<ListedSession>>
}

export function signInStore(database: Database): SignInStore {
  return { passkeys: passkeyStore(database), invitations: invitationStore(database), sessions: sessionStore(database) }
}

const OF_SUBJECT = { subject: (subject: string, value: Place) => `subject = ${value(subject)}` }
const namedById = (named: string, value: Place) => `(id = ${value(named)} OR ${beginsWith('id', value(named))})`
const WITH_NAME = {
  columns: 'coalesce(p.name, h.user_name) AS subject_name',
  tables: 'LEFT JOIN principals p ON p.id = page.subject LEFT JOIN humans h ON h.id = page.subject',
}

function passkeyStore(database: Database): PasskeyStore {
  const insert = database.prepare(
    `INSERT INTO passkeys (id, subject, credential, public_key, counter, rp, name, synced, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const withCredential = database.prepare('SELECT * FROM passkeys WHERE credential = ?')
  const of = database.prepare('SELECT * FROM passkeys WHERE subject = ? ORDER BY created_at, id')
  const setUsed = database.prepare('UPDATE passkeys SET counter = ?, used_at = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM passkeys WHERE id = ?')
  return {
    async put({ id, subject, credential, publicKey, counter, rp, name, synced, createdAt }) {
      const key = toBase64Url(publicKey)
      await insert.run(id, subject, credential, key, counter, rp, name, synced ? 1 : 0, createdAt)
    },
    async withCredential(credential) {
      const row = await withCredential.get(credential)
      return row && passkeyOf(row)
    },
    of: async (subject) => (await of.all(subject)).map(passkeyOf),
    list: listing(database, {
      from: 'passkeys',
      key: 'id',
      read: (row) => ({ ...passkeyOf(row), ...member('holder', optionalTextOf(row, 'subject_name')) }),
      filters: { ...OF_SUBJECT, named: namedById },
      sorts: {},
      joined: WITH_NAME,
    }),
    async setUsed({ id, counter, usedAt }) {
      await setUsed.run(counter, usedAt, id)
    },
    async remove(id) {
      await remove.run(id)
    },
  }
}

function invitationStore(database: Database): InvitationStore {
  const put = database.prepare('INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?, ?)')
  const withSecret = database.prepare('SELECT * FROM invitations WHERE secret_hash = ?')
  const remove = database.prepare('DELETE FROM invitations WHERE subject = ?')
  return {
    async put({ subject, secretHash, createdBy, createdAt, endsAt }) {
      await put.run(subject, toBase64Url(secretHash), createdBy, createdAt, endsAt)
    },
    async withSecret(hash) {
      const row = await withSecret.get(toBase64Url(hash))
      return row && invitationOf(row)
    },
    async remove(subject) {
      await remove.run(subject)
    },
  }
}

function sessionStore(database: Database): SessionStore {
  const insert = database.prepare(
    `INSERT INTO sessions (id, secret_hash, subject, method, created_at, seen_at, proven_at, ends_at, address, browser)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const withSecret = database.prepare('SELECT * FROM sessions WHERE secret_hash = ?')
  const byId = database.prepare('SELECT * FROM sessions WHERE id = ?')
  const setSeen = database.prepare('UPDATE sessions SET seen_at = max(seen_at, ?) WHERE id = ?')
  const setProven = database.prepare('UPDATE sessions SET proven_at = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?')
  const removeOf = database.prepare('DELETE FROM sessions WHERE subject = ? AND id <> ? RETURNING id')
  const removeOldest = database.prepare(
    `DELETE FROM sessions WHERE number IN (
       SELECT number FROM sessions WHERE subject = ? ORDER BY number DESC LIMIT -1 OFFSET ?)`,
  )
  const removeEnded = database.prepare('DELETE FROM sessions WHERE ends_at <= ? OR seen_at <= ?')
  return {
    async put(session) {
      const { id, secretHash, subject, method, createdAt, seenAt, provenAt, endsAt, address, browser } = session
      const hash = toBase64Url(secretHash)
      await insert.run(id, hash, subject, method, createdAt, seenAt, provenAt, endsAt, address, browser)
    },
    async withSecret(hash) {
      const row = await withSecret.get(toBase64Url(hash))
      return row && sessionOf(row)
    },
    async get(id) {
      const row = await byId.get(id)
      return row && sessionOf(row)
    },
    async setSeen(id, at) {
      await setSeen.run(at, id)
    },
    async setProven(id, at) {
      await setProven.run(at, id)
    },
    async remove(id) {
      await remove.run(id)
    },
    removeOf: async (subject, kept = '') => (await removeOf.all(subject, kept)).map((row) => textOf(row, 'id')),
    async removeOldest(subject, kept) {
      await removeOldest.run(subject, kept)
    },
    async removeEnded(now, seenAfter) {
      await removeEnded.run(now, seenAfter)
    },
    list: listing(database, {
      from: 'sessions',
      key: 'number',
      newestFirst: true,
      read: (row) => ({ ...sessionOf(row), ...member('name', optionalTextOf(row, 'subject_name')) }),
      filters: {
        ...OF_SUBJECT,
        seenAfter: (after, value, now) => `ends_at > ${value(now)} AND seen_at > ${value(Number(after))}`,
        named: namedById,
      },
      sorts: { 'last used': 'seen_at', since: 'created_at' },
      joined: WITH_NAME,
    }),
  }
}

/** @throws `STORE_CORRUPT`. */
function bytesOf(row: Row, column: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64Url(textOf(row, column))
  if (bytes === undefined) throw new SuretyError('STORE_CORRUPT', `the column ${column} is not base64url`)
  return bytes
}

function passkeyOf(row: Row): Passkey {
  return {
    id: textOf(row, 'id'),
    subject: textOf(row, 'subject'),
    credential: textOf(row, 'credential'),
    publicKey: bytesOf(row, 'public_key'),
    counter: numberOf(row, 'counter'),
    rp: textOf(row, 'rp'),
    name: textOf(row, 'name'),
    synced: numberOf(row, 'synced') === 1,
    createdAt: numberOf(row, 'created_at'),
    ...member('usedAt', optionalNumberOf(row, 'used_at')),
  }
}

function invitationOf(row: Row): Invitation {
  return {
    subject: textOf(row, 'subject'),
    secretHash: bytesOf(row, 'secret_hash'),
    createdBy: textOf(row, 'created_by'),
    createdAt: numberOf(row, 'created_at'),
    endsAt: numberOf(row, 'ends_at'),
  }
}

function sessionOf(row: Row): StoredSession {
  return {
    id: textOf(row, 'id'),
    secretHash: bytesOf(row, 'secret_hash'),
    subject: textOf(row, 'subject'),
    method: wordOf(row, 'method', SIGN_IN_METHODS),
    createdAt: numberOf(row, 'created_at'),
    seenAt: numberOf(row, 'seen_at'),
    provenAt: numberOf(row, 'proven_at'),
    endsAt: numberOf(row, 'ends_at'),
    address: textOf(row, 'address'),
    browser: textOf(row, 'browser'),
  }
}
