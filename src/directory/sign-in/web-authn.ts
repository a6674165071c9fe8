import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { type Bytes, utf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Passkey } from './sign-in-store.ts'

/** The ceremonies of WebAuthn, as this directory asks for them and checks them. Only this file knows the library. */

/** Where passkeys are used: the origin of the console's pages, and its host, which passkeys belong to. */
export interface RelyingParty {
  readonly origin: string
  readonly rp: string
}

/** ECDSA with P-256, Ed25519, RSA. Else browsers take ML-DSA-44, which not every verifier of stored signatures has. */
const ALGORITHMS = [-7, -8, -257]
const RP_NAME = 'Surety'

export function relyingPartyOf(origin: string): RelyingParty {
  return { origin, rp: new URL(origin).hostname }
}

export interface Enrolment {
  readonly subject: string
  /** What the authenticator shows. */
  readonly name: string
  readonly present: readonly Passkey[]
  readonly challenge: Bytes
}

export function creationOptions(
  { rp }: RelyingParty,
  { subject, name, present, challenge }: Enrolment,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpName: RP_NAME,
    rpID: rp,
    userName: name,
    userDisplayName: name,
    userID: utf8(subject),
    challenge,
    attestationType: 'none',
    excludeCredentials: present.map(({ credential }) => ({ id: credential })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  })
}

/** @param allowed absent: any passkey of this console. */
export function requestOptions(
  { rp }: RelyingParty,
  { challenge, allowed }: { readonly challenge: Bytes; readonly allowed?: readonly Passkey[] },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: rp,
    challenge,
    userVerification: 'required',
    ...(allowed === undefined ? {} : { allowCredentials: allowed.map(({ credential }) => ({ id: credential })) }),
  })
}

export type NewCredential = Pick<Passkey, 'credential' | 'publicKey' | 'counter' | 'synced'>

interface Checked {
  /** The challenge that was signed, base64url. */
  readonly challenge: string
}

/** @throws `NOT_PERMITTED`. */
export async function verifiedCreation(
  { origin, rp }: RelyingParty,
  response: RegistrationResponseJSON,
  isChallenge: (challenge: string) => boolean,
): Promise<NewCredential & Checked> {
  const challenge = seenChallenge(isChallenge)
  const { registrationInfo } = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge.expected,
    expectedOrigin: origin,
    expectedRPID: rp,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(refused)
  if (registrationInfo === undefined) throw notAccepted('its signature does not fit')
  const { credential, credentialBackedUp } = registrationInfo
  return {
    credential: credential.id,
    publicKey: new Uint8Array(credential.publicKey),
    counter: credential.counter,
    synced: credentialBackedUp,
    challenge: challenge.seen(),
  }
}

/** `copyable`: its maker may keep copies of the passkey. @throws `NOT_PERMITTED`. */
export async function verifiedRequest(
  { origin, rp }: RelyingParty,
  { response, passkey }: { readonly response: AuthenticationResponseJSON; readonly passkey: Passkey },
  isChallenge: (challenge: string) => boolean,
): Promise<{ readonly counter: number; readonly copyable: boolean } & Checked> {
  const challenge = seenChallenge(isChallenge)
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge.expected,
    expectedOrigin: origin,
    expectedRPID: rp,
    requireUserVerification: true,
    credential: { id: passkey.credential, publicKey: passkey.publicKey, counter: passkey.counter },
  }).catch(refused)
  if (!verified) throw notAccepted('its signature does not fit')
  const { newCounter: counter, credentialDeviceType } = authenticationInfo
  return { counter, copyable: credentialDeviceType === 'multiDevice', challenge: challenge.seen() }
}

function seenChallenge(isChallenge: (challenge: string) => boolean) {
  let seen = ''
  return {
    expected: (challenge: string) => {
      seen = challenge
      return isChallenge(challenge)
    },
    seen: () => seen,
  }
}

function refused(cause: unknown): never {
  throw notAccepted(describeError(cause).slice(0, 200), cause)
}

function notAccepted(why: string, cause?: unknown): SuretyError {
  return new SuretyError('NOT_PERMITTED', `the passkey was not accepted: ${why}`, { cause })
}
