import type { ApprovalView } from '../../protocol/nouns/people/approvals.ts'
import type { SignedIn, SignInState } from '../../protocol/nouns/people/sign-in.ts'
import { ask, connectApi } from './api.ts'
import type { Session } from './session.ts'

/** Signing in with a passkey, showing it again, and signing out. The browser and the directory do the cryptography. */

/** Who is signed in, and how one can sign in here. Requests from now on have the session's token. */
export async function signInState(
  init: Pick<Parameters<typeof connectApi>[0], 'onSessionEnded' | 'confirmPerson'>,
): Promise<SignInState> {
  const state = await ask<SignInState>('GET', '/sign-in/state')
  connectApi({ ...init, forgeryToken: state.signedIn?.csrf })
  return state
}

export function sessionOf({ principal }: SignedIn): Session {
  const { id, name, role, may } = principal
  // The directory names actions of its own table.
  return { id, name, role, may: may as Session['may'] }
}

interface Ceremony {
  readonly publicKey: object
}

/** @throws `ApiError`, or `DOMException` if the person or the browser does not want. */
export async function signInWithPasskey(): Promise<void> {
  const { publicKey } = await ask<Ceremony>('POST', '/sign-in/passkey/options', { body: {} })
  await ask('POST', '/sign-in/passkey', { body: { response: await assertionFor(publicKey) } })
}

/** As `signInWithPasskey`, for who is signed in already. */
export async function showPasskey(): Promise<void> {
  const { publicKey } = await ask<Ceremony>('POST', '/sign-in/step-up/options', { body: {} })
  await ask('POST', '/sign-in/step-up', { body: { response: await assertionFor(publicKey) } })
}

export type AskedGrant = { readonly scope: 'once' } | { readonly scope: 'session'; readonly until: number }

/** Signs exactly this action, as `showPasskey` does. */
export async function approveWithPasskey(id: string, grant: AskedGrant): Promise<ApprovalView> {
  const path = `/approvals/${encodeURIComponent(id)}`
  const { publicKey } = await ask<Ceremony>('POST', `${path}/options`, { body: grant })
  const response = await assertionFor(publicKey)
  return ask<ApprovalView>('POST', `${path}/approve`, { body: { ...grant, response } })
}

export function signOut(): Promise<unknown> {
  return ask('POST', '/sign-in/end', { body: {} })
}

/** Makes another passkey of who is signed in. @param name empty: the directory gives one. */
export async function addPasskey(name: string): Promise<void> {
  const { publicKey } = await ask<Ceremony>('POST', '/sign-in/passkeys/options', { body: {} })
  const response = await attestationFor(publicKey)
  await ask('POST', '/sign-in/passkeys', { body: { ...(name === '' ? {} : { name }), response } })
}

/** Ends the other sessions first, so that a failure leaves one signed in here. @param others ids of one's own. */
export async function signOutEverywhere(others: readonly string[]): Promise<void> {
  for (const id of others) await ask('DELETE', `/sign-in/sessions/${id}`)
  await signOut()
}

export interface Invitation {
  /** Whom it invites. */
  readonly holder: string
  readonly publicKey: object
}

export function openInvitation(invitation: string): Promise<Invitation> {
  return ask('POST', '/sign-in/invitation/options', { body: { invitation } })
}

/** Makes a passkey, enrols it and signs in. The invitation is used up. */
export async function acceptInvitation(invitation: string, { publicKey }: Invitation): Promise<void> {
  await ask('POST', '/sign-in/invitation', { body: { invitation, response: await attestationFor(publicKey) } })
}

async function attestationFor(publicKey: object): Promise<object> {
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
      publicKey as PublicKeyCredentialCreationOptionsJSON, // as the directory's library writes it
    ),
  })
  return jsonOf(credential)
}

async function assertionFor(publicKey: object): Promise<object> {
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey as PublicKeyCredentialRequestOptionsJSON),
  })
  return jsonOf(credential)
}

/** Browsers add members from time to time; the directory takes those that it knows. */
function jsonOf(credential: Credential | null): object {
  if (!(credential instanceof PublicKeyCredential)) throw new Error('The browser made no passkey.')
  const { id, rawId, type, authenticatorAttachment, response } = credential.toJSON()
  const known = [
    ...['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'],
    ...['attestationObject', 'publicKey', 'publicKeyAlgorithm', 'transports'],
  ]
  return {
    id,
    rawId,
    type,
    ...(typeof authenticatorAttachment === 'string' ? { authenticatorAttachment } : {}),
    clientExtensionResults: {},
    response: Object.fromEntries(
      Object.entries(response).filter(([name, value]) => known.includes(name) && value !== undefined && value !== null),
    ),
  }
}

/** Whether this page can use passkeys at all: not on an insecure address. */
export function canUsePasskeys(): boolean {
  return window.isSecureContext && typeof PublicKeyCredential === 'function'
}
