import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import { SESSION_MS, type Session, type SignInMethod } from '../../protocol/nouns/people/sessions.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { Authenticated } from '../http/surface.ts'
import type { ListedSession, SignInStore, StoredSession } from './sign-in-store.ts'
import { principalOfSubject, type SubjectStore, subjectsNamed } from './subjects.ts'

/** Sessions of the console. A session is a secret in a cookie; the store has its SHA-256. */

export interface SessionsComponents extends ActComponents<SubjectStore & { readonly signIn: SignInStore }> {
  readonly random: Random
}

/** Where a request to sign in comes from. */
export interface Browser {
  readonly address: string
  readonly userAgent: string | undefined
}

export interface Sessions {
  /**
   * Finds the session of a cookie, and notes that it is used. Undefined once it has ended.
   *
   * @param isAgain while a request is answered for long: it is no use.
   */
  sessionOf(secret: Uint8Array, isAgain?: boolean): Promise<Authenticated | undefined>
  /**
   * Inside the transaction of the caller, which records how the person signed in.
   *
   * @param provenAt when the person showed who they are. Absent: now.
   * @returns the value of the cookie.
   */
  begin(
    subject: string,
    method: SignInMethod,
    browser: Browser,
    provenAt?: number,
  ): Promise<{ readonly id: string; readonly secret: string }>
  /** Undefined for one that has ended. */
  get(id: string): Promise<StoredSession | undefined>
  /** The person has just shown the passkey. Inside the transaction of the caller. */
  proven(id: string): Promise<void>
  /** Newest first. @param subject absent: those of everybody. */
  list(request: ListRequest, subject?: string): Promise<Listed<Session>>
  /** @param subject whose it must be; absent: anybody's. @throws `NOT_FOUND`. */
  end(id: string, by: Principal, subject?: string): Promise<Session>
  /** All of an administrator or a person. @throws `NOT_FOUND`, `CONFLICT`. */
  endAll(named: string, by: Principal): Promise<{ readonly name: string; readonly ended: number }>
}

const SECRET_BYTES = 32
/** A use is noted at most so often. */
const NOTE_MS = 60_000
/** Of one subject. One more ends the oldest. */
const MOST_SESSIONS = 20
const MOST_BROWSER = 256

export function sessions({ store, clock, random }: SessionsComponents): Sessions {
  const { sessions: stored } = store.signIn
  const isLive = ({ endsAt, seenAt }: StoredSession, now: number) => now < endsAt && now < seenAt + SESSION_MS.idle
  const live = async (session: StoredSession | undefined) =>
    session !== undefined && isLive(session, clock.now()) ? session : undefined
  const ended = (session: { readonly id: string; readonly subject: string }, actor: string) =>
    store.audit.add({
      at: clock.now(),
      actor,
      act: 'session-ended',
      subject: session.subject,
      details: { session: session.id },
    })
  const list = async (request: ListRequest, subject?: string): Promise<Listed<Session>> => {
    const now = clock.now()
    const asked = { ...request, seenAfter: now - SESSION_MS.idle, subject }
    const { items, ...rest } = await stored.list(asked, now)
    return { items: items.map(sessionView), ...rest }
  }
  return {
    async sessionOf(secret, isAgain = false) {
      const now = clock.now()
      const session = await live(await stored.withSecret(sha256(secret)))
      if (session === undefined) return undefined
      const principal = await principalOfSubject(store, session.subject, now)
      if (principal === undefined) return undefined
      const { id, seenAt, provenAt } = session
      if (!isAgain && now >= seenAt + NOTE_MS) await stored.setSeen(id, now)
      return { principal, session: { id, isFresh: now < provenAt + SESSION_MS.fresh } }
    },
    async begin(subject, method, { address, userAgent = '' }, provenAt = clock.now()) {
      const now = clock.now()
      const secret = random(SECRET_BYTES)
      await stored.removeEnded(now, now - SESSION_MS.idle)
      await stored.removeOldest(subject, MOST_SESSIONS - 1)
      const id = newId('ses', random)
      await stored.put({
        id,
        secretHash: sha256(secret),
        subject,
        method,
        createdAt: now,
        seenAt: now,
        provenAt,
        endsAt: now + SESSION_MS.longest,
        address,
        browser: userAgent.slice(0, MOST_BROWSER),
      })
      return { id, secret: toBase64Url(secret) }
    },
    get: async (id) => live(await stored.get(id)),
    proven: (id) => stored.setProven(id, clock.now()),
    list,
    end: (id, by, subject) =>
      store.transaction(async () => {
        const { items } = await list({ named: id, limit: 1 }, subject)
        const found = items.find((one) => one.id === id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no session ${id}, or it has ended`)
        await stored.remove(id)
        await ended(found, by.id)
        return found
      }),
    endAll: (named, by) =>
      store.transaction(async () => {
        const subjects = await subjectsNamed(store, named)
        let count = 0
        for (const { id: subject } of subjects) {
          for (const id of await stored.removeOf(subject)) {
            await ended({ id, subject }, by.id)
            count++
          }
        }
        return { name: subjects[0].name, ended: count }
      }),
  }
}

function sessionView({
  id,
  subject,
  name = '',
  method,
  createdAt,
  seenAt,
  endsAt,
  address,
  browser,
}: ListedSession): Session {
  return { id, subject, name, method, startedAt: createdAt, lastUsedAt: seenAt, endsAt, address, browser }
}
