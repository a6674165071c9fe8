import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Bytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { newId } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { PasskeyView } from '../../protocol/nouns/people/passkeys.ts'
import type { SignInMethod } from '../../protocol/nouns/people/sessions.ts'
import type { Changed } from '../audit/audit.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { PrincipalStore } from '../principals/principal-store.ts'
import type { Challenges } from './challenges.ts'
import type { Invitations } from './invitations.ts'
import type { Browser, Sessions, SessionsComponents } from './sessions.ts'
import type { ListedPasskey, Passkey } from './sign-in-store.ts'
import { principalOfSubject } from './subjects.ts'
import {
  creationOptions,
  type NewCredential,
  type RelyingParty,
  requestOptions,
  verifiedCreation,
  verifiedRequest,
} from './web-authn.ts'

/** What people do with passkeys. What a person shows is verified first, and what follows from it is one transaction. */

export interface PasskeysComponents extends SessionsComponents {
  readonly store: SessionsComponents['store'] & {
    readonly principals: Pick<PrincipalStore, 'list' | 'setTokens'>
  }
  readonly challenges: Challenges
  readonly sessions: Pick<Sessions, 'begin' | 'proven'>
  readonly invitations: Pick<Invitations, 'opened'>
  readonly relyingParty: () => RelyingParty
}

/** Of a session that has begun: its id, and the value of its cookie. */
export interface Begun {
  readonly id: string
  readonly secret: string
  readonly principal: Principal
}

/** What a browser gives to an authenticator, and what it answers. */
export type PasskeyQuestion = PublicKeyCredentialRequestOptionsJSON
export type PasskeyAnswer = AuthenticationResponseJSON

/** What a person signed with a passkey. */
export interface PasskeySignature extends RelyingParty {
  readonly passkey: Passkey
  /** Its maker may keep copies of it. */
  readonly copyable: boolean
  /** Counts its use, inside a transaction. @throws `NOT_PERMITTED` if it was used elsewhere meanwhile. */
  use(): Promise<void>
}

export interface NewPasskey {
  readonly name?: string | undefined
  readonly response: RegistrationResponseJSON
}

/** Each answer of an authenticator is used once. What does not verify is refused with `NOT_PERMITTED`. */
export interface Passkeys {
  signInOptions(): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** @throws `NOT_PERMITTED`, also for a passkey that is not known, and one whose person was revoked or has left. */
  signIn(response: AuthenticationResponseJSON, browser: Browser): Promise<Begun>
  /** @throws `NOT_PERMITTED` for a link that is not valid. */
  invitationOptions(
    invitation: string,
  ): Promise<{ readonly holder: string; readonly publicKey: PublicKeyCredentialCreationOptionsJSON }>
  /** Enrols the passkey, and signs in with it. The link is used up. @throws `NOT_PERMITTED`, `QUOTA_EXCEEDED`, `CONFLICT`. */
  enrolInvited(invitation: string, passkey: NewPasskey, browser: Browser): Promise<Begun>
  /** @throws `CONFLICT` for a person without a passkey. */
  stepUpOptions(principal: Principal, session: string): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** @throws `NOT_PERMITTED`, also for the passkey of another person. */
  stepUp(principal: Principal, session: string, response: AuthenticationResponseJSON): Promise<void>
  /** What a passkey of this person has to sign: this challenge. @throws `CONFLICT` for a person without a passkey. */
  signatureOptions(principal: Principal, challenge: Bytes): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** @throws `NOT_PERMITTED` for another challenge, without the person, and for the passkey of another person. */
  signature(principal: Principal, challenge: string, response: AuthenticationResponseJSON): Promise<PasskeySignature>
  addOptions(principal: Principal): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** @throws `NOT_PERMITTED`, `QUOTA_EXCEEDED`, `CONFLICT`. */
  add(principal: Principal, passkey: NewPasskey): Promise<PasskeyView>
  /** @param subject absent: those of everybody. */
  list(request: ListRequest, subject?: string): Promise<Listed<PasskeyView>>
  /** Ends the sessions of its holder too, but not the one that asks. @throws `NOT_FOUND`; `CONFLICT` for one's own last one. */
  remove(id: string, by: Principal, own?: { readonly session: string }): Promise<PasskeyView>
}

/** Of one subject. */
const MOST_PASSKEYS = 10
/** More than a subject has. */
const ALL = 500
const SIGN_IN = 'sign-in'
const enrolling = (subject: string) => `enrol ${subject}`
const steppingUp = (session: string) => `step-up ${session}`

export function passkeys(components: PasskeysComponents): Passkeys {
  const { store, clock, random, challenges, sessions, invitations, relyingParty } = components
  const { passkeys: stored } = store.signIn
  const record = (
    act: 'passkey-added' | 'passkey-removed' | 'signed-in' | 'stepped-up' | 'sign-in-refused',
    subject: string,
    { actor = subject, ...details }: Readonly<Record<string, string>>,
    changed: Changed = {},
  ) => store.audit.add({ at: clock.now(), actor, act, subject, details, ...changed })

  const creation = async ({ id, name }: Principal) =>
    creationOptions(relyingParty(), {
      subject: id,
      name,
      present: await stored.of(id),
      challenge: challenges.make(enrolling(id)),
    })
  const created = async (subject: string, { response }: NewPasskey): Promise<NewCredential> => {
    const valid = (challenge: string) => challenges.isValid(challenge, enrolling(subject))
    const { challenge, ...credential } = await verifiedCreation(relyingParty(), response, valid)
    challenges.use(challenge)
    return credential
  }
  /** Inside a transaction. */
  const put = async (
    { id: subject, name: holder }: Principal,
    credential: NewCredential,
    { name }: NewPasskey,
    actor: string,
  ) => {
    const present = await stored.of(subject)
    if (present.length >= MOST_PASSKEYS) {
      throw new SuretyError('QUOTA_EXCEEDED', `${holder} has ${MOST_PASSKEYS} passkeys: remove one that is not needed`)
    }
    const passkey: Passkey = {
      ...credential,
      id: newId('pky', random),
      subject,
      rp: relyingParty().rp,
      name: name ?? `passkey ${present.length + 1}`,
      createdAt: clock.now(),
    }
    await stored.put(passkey)
    const details = { actor, passkey: passkey.id, name: passkey.name, host: passkey.rp }
    await record('passkey-added', subject, details, { after: passkeyView({ ...passkey, holder }) })
    return { ...passkey, holder }
  }
  /** Inside a transaction. */
  const begin = async (
    principal: Principal,
    method: SignInMethod,
    passkey: string,
    browser: Browser,
  ): Promise<Begun> => {
    const begun = await sessions.begin(principal.id, method, browser)
    const { address } = browser
    await record('signed-in', principal.id, { method, passkey, session: begun.id, address })
    return { ...begun, principal }
  }
  const known = async ({ id }: AuthenticationResponseJSON) => {
    const passkey = await stored.withCredential(id)
    if (passkey !== undefined) return passkey
    throw new SuretyError('NOT_PERMITTED', 'this passkey is not known here: it was removed, or is of another directory')
  }
  const asked = async ({ id, name }: Principal, challenge: Bytes) => {
    const allowed = await stored.of(id)
    if (allowed.length === 0) throw new SuretyError('CONFLICT', `${name} has no passkey here`)
    return requestOptions(relyingParty(), { challenge, allowed })
  }
  /** The person whom it is of, once what was shown is verified. Recorded where it is not. */
  const shown = async (response: AuthenticationResponseJSON, purpose: string, address: string) => {
    const passkey = await known(response)
    const refused = (why: string) => record('sign-in-refused', passkey.subject, { passkey: passkey.id, address, why })
    const valid = (challenge: string) => challenges.isValid(challenge, purpose)
    try {
      const { challenge, counter } = await verifiedRequest(relyingParty(), { response, passkey }, valid)
      challenges.use(challenge)
      return { passkey, counter, refused }
    } catch (error) {
      await refused('not accepted')
      throw error
    }
  }
  /** Inside a transaction. @throws `NOT_PERMITTED` if the passkey was removed, or used elsewhere with the same count, meanwhile. */
  const use = async ({ credential, counter: before }: Passkey, counter: number) => {
    const now = await stored.withCredential(credential)
    if (now === undefined || now.counter !== before)
      throw new SuretyError('NOT_PERMITTED', 'the passkey was used elsewhere')
    await stored.setUsed({ id: now.id, counter, usedAt: clock.now() })
  }
  return {
    signInOptions: () => requestOptions(relyingParty(), { challenge: challenges.make(SIGN_IN) }),
    async signIn(response, browser) {
      const { passkey, counter, refused } = await shown(response, SIGN_IN, browser.address)
      const begun = await store.transaction(async () => {
        const principal = await principalOfSubject(store, passkey.subject, clock.now())
        if (principal === undefined) return undefined
        await use(passkey, counter)
        return begin(principal, 'passkey', passkey.id, browser)
      })
      if (begun !== undefined) return begun
      await refused('revoked or left')
      throw new SuretyError('NOT_PERMITTED', 'the holder of this passkey was revoked, is past their end, or has left')
    },
    async invitationOptions(invitation) {
      const { principal } = await invitations.opened(invitation)
      return { holder: principal.name, publicKey: await creation(principal) }
    },
    async enrolInvited(invitation, passkey, browser) {
      const { subject } = await invitations.opened(invitation)
      const credential = await created(subject, passkey)
      return store.transaction(async () => {
        const { principal, createdBy } = await invitations.opened(invitation)
        await store.signIn.invitations.remove(subject)
        const { id } = await put(principal, credential, passkey, createdBy)
        await givenByAnother(store.principals, { subject, createdBy, at: clock.now() })
        return begin(principal, 'invitation', id, browser)
      })
    },
    stepUpOptions: (principal, session) => asked(principal, challenges.make(steppingUp(session))),
    signatureOptions: asked,
    async signature({ id, name }, challenge, response) {
      const passkey = await known(response)
      if (passkey.subject !== id) throw new SuretyError('NOT_PERMITTED', `this is not a passkey of ${name}`)
      const isThis = (one: string) => one === challenge
      const { counter, copyable } = await verifiedRequest(relyingParty(), { response, passkey }, isThis)
      return { ...relyingParty(), passkey, copyable, use: () => use(passkey, counter) }
    },
    async stepUp({ id, name }, session, response) {
      const { passkey, counter } = await shown(response, steppingUp(session), '')
      if (passkey.subject !== id) throw new SuretyError('NOT_PERMITTED', `this is not a passkey of ${name}`)
      await store.transaction(async () => {
        await use(passkey, counter)
        await sessions.proven(session)
        await record('stepped-up', id, { passkey: passkey.id, session })
      })
    },
    addOptions: creation,
    async add(principal, passkey) {
      const credential = await created(principal.id, passkey)
      return store.transaction(async () => passkeyView(await put(principal, credential, passkey, principal.id)))
    },
    async list(request, subject) {
      const { items, ...rest } = await stored.list({ ...request, subject })
      return { items: items.map(passkeyView), ...rest }
    },
    remove: (id, by, own) =>
      store.transaction(async () => {
        const subject = own === undefined ? undefined : by.id
        const { items } = await stored.list({ subject, named: id, limit: ALL })
        const found = items.find((one) => one.id === id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no passkey ${id}`)
        if (own !== undefined && (await stored.of(by.id)).length === 1) {
          throw new SuretyError('CONFLICT', 'this is your only passkey: add another one first')
        }
        await stored.remove(id)
        await store.signIn.sessions.removeOf(found.subject, own?.session)
        const removed = passkeyView(found)
        const details = { actor: by.id, passkey: id, name: found.name }
        await record('passkey-removed', found.subject, details, { before: removed })
        return removed
      }),
  }
}

/**
 * Whoever made the link of an administrator could have used it. As after a token that another person made, the administrator cannot
 * confirm stops for a day.
 */
async function givenByAnother(
  principals: Pick<PrincipalStore, 'list' | 'setTokens'>,
  { subject, createdBy, at }: { readonly subject: string; readonly createdBy: string; readonly at: number },
): Promise<void> {
  if (createdBy === subject) return
  const principal = (await principals.list()).find(({ id }) => id === subject)
  if (principal !== undefined) await principals.setTokens({ ...principal, tokenGivenAt: at })
}

function passkeyView({ id, subject, holder = '', name, rp, synced, createdAt, usedAt }: ListedPasskey): PasskeyView {
  return {
    id,
    subject,
    holder,
    name,
    host: rp,
    synced,
    createdAt,
    ...(usedAt === undefined ? {} : { lastUsedAt: usedAt }),
  }
}
