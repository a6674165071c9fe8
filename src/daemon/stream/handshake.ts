import { type Bytes, fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { bindingOf } from '../../crypto/binding.ts'
import { sha256 } from '../../crypto/hash.ts'
import { signJws } from '../../crypto/jws.ts'
import type { DeviceKey, KeyProvider } from '../../keys/provider/key-provider.ts'
import type { Enrolment } from '../../protocol/messages/enrolment-string.ts'
import {
  type Attestation,
  type Challenge,
  credentialReader,
  type DeviceLabel,
  type Hello,
  type Welcome,
  welcomeReader,
} from '../../protocol/messages/frames.ts'
import { jwsKindOf } from '../../protocol/messages/jws-types.ts'
import { PROTOCOL_VERSION } from '../../protocol/messages/version.ts'
import { tierAtLeast } from '../../protocol/tier.ts'
import { CHAIN_START, type ChainPosition } from '../spool/chain.ts'
import type { Identity, Pins } from '../state/identity.ts'
import type { Connection } from './connection.ts'
import { type DirectoryKeys, type DirectoryKeysComponents, readChallenge } from './directory-keys.ts'

/** The device key, and the TPM that attests it where there is one. */
export interface DeviceProof {
  readonly provider: Pick<KeyProvider, 'attestor'>
  readonly key: DeviceKey
}

/** A device proof that also names the provider of the key. */
export interface Proof extends DeviceProof {
  readonly provider: Pick<KeyProvider, 'attestor' | 'name'>
}

/** SHA-256 of the public key, base64url. It tells whether the key is still the enrolled one. */
export function keyHashOf(proof: DeviceProof): string {
  return toBase64Url(sha256(proof.key.publicKey))
}

export interface HandshakeComponents extends Pick<DirectoryKeysComponents, 'boot' | 'onTime'> {
  readonly clock: Clock
  readonly proof: DeviceProof
  readonly label: () => Promise<DeviceLabel>
}

/** What a hello and an attestation state about this device. */
export interface LocalState {
  readonly head: ChainPosition
  /** SHA-256 of the findings last put into evidence. */
  readonly posture: string
  /** Number of the last order. */
  readonly order: number
  /** The newest stored acknowledgement, as signed. */
  readonly acknowledgement?: string | undefined
}

export interface Welcomed {
  readonly welcome: Welcome
  readonly keys: DirectoryKeys
}

/**
 * Enrols over a new connection: a hello with the token, an attestation, and with a TPM the activation of a credential.
 *
 * @throws the code of a refusal; `TIER_TOO_LOW` when the welcome has a lower tier than the token demands.
 */
export async function enrolOver(
  components: HandshakeComponents,
  { connection, enrolment, order }: { connection: Connection; enrolment: Enrolment; order: number },
  { signal }: { signal: AbortSignal },
): Promise<Welcomed> {
  const { clock, proof } = components
  const token = { id: enrolment.token, secret: enrolment.secret }
  await sayHello(connection, clock, { token, epoch: 0, ...EMPTY_CHAIN, order })
  const { challenge, keys } = readChallenge(components, await connection.next({ signal }), enrolment)
  const binding = bindingFor('enrol', challenge, connection, enrolment, {
    subject: sha256(proof.provider.attestor?.endorsementPublic ?? proof.key.publicKey),
    epoch: 0,
    ...EMPTY_CHAIN,
    posture: CHAIN_START.hash,
  })
  const attestation: Attestation = {
    type: 'attestation',
    purpose: 'enrol',
    nonce: challenge.nonce,
    binding: toBase64Url(binding),
    epoch: 0,
    ...EMPTY_CHAIN,
    posture: CHAIN_START.hash,
    ...(await quoteFor(proof, binding, challenge, signal)),
    enrolment: (await proof.provider.attestor?.enrolmentClaim(binding, { signal })) ?? {
      keyKind: 'software',
      applicationKey: toBase64Url(proof.key.publicKey),
    },
    label: await components.label(),
  }
  await connection.send(await signJws('attestation', attestation, (message) => proof.key.sign(message, { signal })))
  let frame = await connection.next({ signal })
  if (jwsKindOf(frame) === 'credential') {
    await connection.send(await activate(proof, keys, challenge, frame, signal))
    frame = await connection.next({ signal })
  }
  const welcome = readWelcome(keys, challenge, frame)
  if (!tierAtLeast(welcome.tier, enrolment.minimumTier)) {
    throw new SuretyError('TIER_TOO_LOW', `enrolled as ${welcome.tier}, the token demands ${enrolment.minimumTier}`)
  }
  return { welcome, keys }
}

const EMPTY_CHAIN = { sequence: CHAIN_START.sequence, head: CHAIN_START.hash }

/**
 * Attests an enrolled device over a new connection.
 *
 * @throws the code of a refusal; `EPOCH_MISMATCH` when the welcome is for another device or epoch.
 */
export async function attestOver(
  components: HandshakeComponents,
  { connection, identity, local }: { connection: Connection; identity: Identity; local: LocalState },
  { signal }: { signal: AbortSignal },
): Promise<Welcomed> {
  const { device, epoch } = identity
  const { head, order, acknowledgement } = local
  const chain = { sequence: head.sequence, head: head.hash }
  await sayHello(connection, components.clock, { device, epoch, ...chain, order, receipt: acknowledgement })
  const { challenge, keys } = readChallenge(components, await connection.next({ signal }), identity.pins)
  await connection.send(await attestationFor(components.proof, { challenge, connection, identity, local }, signal))
  const welcome = readWelcome(keys, challenge, await connection.next({ signal }))
  if (welcome.device !== device || welcome.epoch !== epoch) {
    throw new SuretyError('EPOCH_MISMATCH', 'the welcome is for another device or epoch')
  }
  return { welcome, keys }
}

/** Signs an enrolled device's answer to a challenge. @returns the frame. */
export async function attestationFor(
  proof: DeviceProof,
  live: { challenge: Challenge; connection: Connection; identity: Identity; local: LocalState },
  signal: AbortSignal,
): Promise<string> {
  const { challenge, connection, identity, local } = live
  const { device, epoch, pins } = identity
  const chain = { sequence: local.head.sequence, head: local.head.hash, posture: local.posture }
  const binding = bindingFor('attest', challenge, connection, pins, { subject: sha256(device), epoch, ...chain })
  const attestation: Attestation = {
    type: 'attestation',
    purpose: 'attest',
    nonce: challenge.nonce,
    binding: toBase64Url(binding),
    device,
    epoch,
    ...chain,
    ...(await quoteFor(proof, binding, challenge, signal)),
  }
  return await signJws('attestation', attestation, (message) => proof.key.sign(message, { signal }))
}

async function sayHello(
  connection: Connection,
  clock: Clock,
  {
    receipt,
    ...hello
  }: Omit<Hello, 'type' | 'protocol' | 'clock' | 'receipt'> & { readonly receipt?: string | undefined },
): Promise<void> {
  const frame: Hello = {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    ...hello,
    clock: Math.max(0, Math.trunc(clock.now())),
    ...(receipt === undefined ? {} : { receipt }),
  }
  await connection.send(JSON.stringify(frame))
}

function bindingFor(
  purpose: 'enrol' | 'attest',
  challenge: Challenge,
  connection: Connection,
  pins: Pick<Pins, 'ca'>,
  chain: { subject: Bytes; epoch: number; sequence: number; head: string; posture: string },
): Bytes {
  return bindingOf({
    purpose,
    nonce: decode32(challenge.nonce),
    exporter: challenge.channelBinding === 'required' ? connection.exporter : new Uint8Array(32),
    directoryCa: decode32(pins.ca),
    subject: chain.subject,
    epoch: chain.epoch,
    sequence: chain.sequence,
    head: decode32(chain.head),
    posture: decode32(chain.posture),
  })
}

async function quoteFor(proof: DeviceProof, binding: Bytes, challenge: Challenge, signal: AbortSignal) {
  const quote = await proof.provider.attestor?.quote(binding, challenge.pcrs, { signal })
  return quote === undefined ? {} : { quote }
}

async function activate(
  proof: DeviceProof,
  keys: DirectoryKeys,
  challenge: Challenge,
  frame: string,
  signal: AbortSignal,
): Promise<string> {
  const credential = credentialReader.readCanonicalJson(keys.verify('credential', frame))
  requireNonce(credential.nonce, challenge)
  const { attestor } = proof.provider
  const credentialBlob = fromBase64Url(credential.credentialBlob)
  const encryptedSecret = fromBase64Url(credential.encryptedSecret)
  if (attestor === undefined || credentialBlob === undefined || encryptedSecret === undefined) {
    throw new SuretyError('FRAME_UNEXPECTED', 'a credential for a device without a TPM, or a malformed one')
  }
  const secret = await attestor.activateCredential({ credentialBlob, encryptedSecret }, { signal })
  const activation = { type: 'activation', nonce: challenge.nonce, secret: toBase64Url(secret) }
  return await signJws('activation', activation, (message) => proof.key.sign(message, { signal }))
}

function readWelcome(keys: DirectoryKeys, challenge: Challenge, frame: string): Welcome {
  const welcome = welcomeReader.readCanonicalJson(keys.verify('welcome', frame))
  requireNonce(welcome.nonce, challenge)
  keys.adopt(welcome.time)
  return welcome
}

/** The identity that an enrolment gives the device: everything of it except the secret. */
export function enrolledIdentity(init: {
  readonly enrolment: Enrolment
  readonly caCertificate: string
  readonly proof: Proof
  readonly welcome: Welcome
  readonly now: number
}): Identity {
  const { enrolment, caCertificate, proof, welcome } = init
  return {
    schema: 'surety/identity@1',
    status: welcome.status === 'pending' ? 'pending' : 'enrolled',
    device: welcome.device,
    epoch: welcome.epoch,
    tier: welcome.tier,
    ...(welcome.reEnrolment === undefined ? {} : { reEnrolment: welcome.reEnrolment }),
    token: enrolment.token,
    pins: { url: enrolment.url, ca: enrolment.ca, root: enrolment.root },
    caCertificate,
    keyKind: proof.provider.name,
    key: keyHashOf(proof),
    enrolledAt: Math.max(0, Math.trunc(init.now)),
  }
}

function requireNonce(nonce: string, challenge: Challenge): void {
  if (nonce !== challenge.nonce) throw new SuretyError('NONCE_UNKNOWN', 'the answer is to another challenge')
}

function decode32(text: string): Bytes {
  const bytes = fromBase64Url(text)
  if (bytes?.length !== 32) throw new SuretyError('FRAME_MALFORMED', 'not base64url of 32 bytes')
  return bytes
}
