import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { ALG } from '../../crypto/tpm/algorithms.ts'
import { marshalPublic, nameOf, type PublicArea } from '../../crypto/tpm/public-area.ts'
import { sized, type TpmReader, u8, u16, u32 } from '../../crypto/tpm/structures.ts'
import { type Authorisation, emptyPassword, HmacSession, NONCE_BYTES } from './authorisation.ts'
import { byHandle, type TpmClient, type TpmEntity } from './tpm-client.ts'

/** Commands of TPM 2.0 part 3 as functions. Each throws what `TpmClient.execute` throws. */

export type Options = { readonly signal: AbortSignal }

export const HIERARCHY = { owner: 0x40000001, none: 0x40000007, endorsement: 0x4000000b } as const

/** TPMT_PUBLIC, and TPM2B_PRIVATE without its size, as stored. */
export interface KeyBlob {
  readonly publicArea: Bytes
  readonly privateArea: Bytes
}

export interface LoadedKey extends TpmEntity {
  readonly publicArea: Bytes
}

const MAX_BLOB = 4_096
const EMPTY_PCRS = u32(0)

export async function createPrimary(
  tpm: TpmClient,
  hierarchy: number,
  template: PublicArea,
  options: Options,
): Promise<LoadedKey> {
  const { handle, parameters } = await tpm.execute(
    {
      name: 'CreatePrimary',
      handles: [byHandle(hierarchy)],
      authorisations: [emptyPassword],
      parameters: concatBytes(sized(sized(), sized()), sized(marshalPublic(template)), sized(), EMPTY_PCRS),
      returnsHandle: true,
    },
    options,
  )
  const publicArea = parameters.sized(MAX_BLOB)
  return { handle, publicArea, name: nameOf(publicArea) }
}

/** @param init.authorisation the authorisation value of the new key. */
export async function create(
  tpm: TpmClient,
  init: { parent: TpmEntity; template: PublicArea; authorisation: Uint8Array },
  options: Options,
): Promise<KeyBlob> {
  const { parameters } = await tpm.execute(
    {
      name: 'Create',
      handles: [init.parent],
      authorisations: [emptyPassword],
      parameters: concatBytes(
        sized(sized(init.authorisation), sized()),
        sized(marshalPublic(init.template)),
        sized(),
        EMPTY_PCRS,
      ),
    },
    options,
  )
  const privateArea = parameters.sized(MAX_BLOB)
  return { privateArea, publicArea: parameters.sized(MAX_BLOB) }
}

/** @throws `TPM_IDENTITY_LOST` when another TPM made the key, or this one was cleared since. */
export async function load(tpm: TpmClient, parent: TpmEntity, blob: KeyBlob, options: Options): Promise<LoadedKey> {
  const { handle } = await tpm.execute(
    {
      name: 'Load',
      handles: [parent],
      authorisations: [emptyPassword],
      parameters: concatBytes(sized(blob.privateArea), sized(blob.publicArea)),
      returnsHandle: true,
    },
    options,
  )
  return { handle, publicArea: blob.publicArea, name: nameOf(blob.publicArea) }
}

/** @throws `KEY_NOT_FOUND`. */
export async function readPublic(tpm: TpmClient, handle: number, options: Options): Promise<LoadedKey> {
  const { parameters } = await tpm.execute({ name: 'ReadPublic', handles: [byHandle(handle)] }, options)
  const publicArea = parameters.sized(MAX_BLOB)
  return { handle, publicArea, name: nameOf(publicArea) }
}

export async function flush(tpm: TpmClient, handle: number, options: Options): Promise<void> {
  await tpm.execute({ name: 'FlushContext', parameters: u32(handle) }, options)
}

const SESSION = { hmac: 0, policy: 1 } as const

async function startSession(tpm: TpmClient, kind: keyof typeof SESSION, nonce: Uint8Array, options: Options) {
  const { handle, parameters } = await tpm.execute(
    {
      name: 'StartAuthSession',
      handles: [byHandle(HIERARCHY.none), byHandle(HIERARCHY.none)],
      parameters: concatBytes(sized(nonce), sized(), u8(SESSION[kind]), u16(ALG.none), u16(ALG.sha256)),
      returnsHandle: true,
    },
    options,
  )
  return { handle, nonceTpm: last(parameters, parameters.sized(64)) }
}

export async function startHmacSession(tpm: TpmClient, options: Options): Promise<HmacSession> {
  const { handle, nonceTpm } = await startSession(tpm, 'hmac', new Uint8Array(NONCE_BYTES), options)
  return new HmacSession(handle, nonceTpm)
}

/** A policy session that satisfies PolicySecret(endorsement), the policy of the low-range endorsement keys. */
export async function startEndorsementPolicy(tpm: TpmClient, options: Options): Promise<number> {
  const { handle } = await startSession(tpm, 'policy', new Uint8Array(NONCE_BYTES), options)
  await tpm.execute(
    {
      name: 'PolicySecret',
      handles: [byHandle(HIERARCHY.endorsement), byHandle(handle)],
      authorisations: [emptyPassword],
      parameters: concatBytes(sized(), sized(), sized(), u32(0)),
    },
    options,
  )
  return handle
}

/** @throws `TPM_IDENTITY_LOST` when the credential was made for another TPM or attestation key. */
export async function activateCredential(
  tpm: TpmClient,
  init: {
    attestationKey: TpmEntity
    endorsementKey: TpmEntity
    authorisations: readonly [attestation: Authorisation, endorsement: Authorisation]
    /** TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET, with their sizes. */
    credentialBlob: Uint8Array
    encryptedSecret: Uint8Array
  },
  options: Options,
): Promise<Bytes> {
  const { parameters } = await tpm.execute(
    {
      name: 'ActivateCredential',
      handles: [init.attestationKey, init.endorsementKey],
      authorisations: init.authorisations,
      parameters: concatBytes(init.credentialBlob, init.encryptedSecret),
    },
    options,
  )
  return last(parameters, parameters.sized(64))
}

/** TPMS_ATTEST and TPMT_SIGNATURE. */
export interface Attestation {
  readonly attested: Bytes
  readonly signature: Bytes
}

const SCHEME_OF_KEY = u16(ALG.none)

export async function certify(
  tpm: TpmClient,
  init: {
    subject: TpmEntity
    attestationKey: TpmEntity
    authorisations: readonly [subject: Authorisation, attestation: Authorisation]
    qualifyingData: Uint8Array
  },
  options: Options,
): Promise<Attestation> {
  const { parameters } = await tpm.execute(
    {
      name: 'Certify',
      handles: [init.subject, init.attestationKey],
      authorisations: init.authorisations,
      parameters: concatBytes(sized(init.qualifyingData), SCHEME_OF_KEY),
    },
    options,
  )
  return { attested: parameters.sized(MAX_BLOB), signature: parameters.rest() }
}

export async function quote(
  tpm: TpmClient,
  init: { key: TpmEntity; authorisation: Authorisation; qualifyingData: Uint8Array; pcrs: readonly number[] },
  options: Options,
): Promise<Attestation> {
  const { parameters } = await tpm.execute(
    {
      name: 'Quote',
      handles: [init.key],
      authorisations: [init.authorisation],
      parameters: concatBytes(sized(init.qualifyingData), SCHEME_OF_KEY, selectionOf(init.pcrs)),
    },
    options,
  )
  return { attested: parameters.sized(MAX_BLOB), signature: parameters.rest() }
}

/** TPML_PCR_SELECTION of the SHA-256 bank. */
export function selectionOf(pcrs: readonly number[]): Bytes {
  const bits = new Uint8Array(3)
  for (const index of pcrs) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
  return concatBytes(u32(1), u16(ALG.sha256), u8(bits.length), bits)
}

/** The ticket of a digest that the TPM did not compute. Unrestricted keys accept it. */
const NO_TICKET = concatBytes(u16(0x8024), u32(HIERARCHY.none), sized())

/** ECDSA with SHA-256. @returns TPMT_SIGNATURE. */
export async function signDigest(
  tpm: TpmClient,
  init: { key: TpmEntity; authorisation: Authorisation; digest: Uint8Array },
  options: Options,
): Promise<Bytes> {
  const { parameters } = await tpm.execute(
    {
      name: 'Sign',
      handles: [init.key],
      authorisations: [init.authorisation],
      parameters: concatBytes(sized(init.digest), SCHEME_OF_KEY, NO_TICKET),
    },
    options,
  )
  return parameters.rest()
}

/** Returns `value` after checking that no parameter follows it. */
export function last<T>(parameters: TpmReader, value: T): T {
  parameters.end()
  return value
}
