import { randomBytes } from 'node:crypto'
import { type Bytes, equalBytes, fromHex, toBase64Url } from '../../base/bytes.ts'
import { codeOf, type ErrorCode, SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { importP256, p256Spki, verifyEs256 } from '../../crypto/jws.ts'
import { requirePrivateFolder } from '../../system/files/own/private-folder.ts'
import { type DeviceKey, type KeyProvider, requireLabel } from '../provider/key-provider.ts'
import type { RecordFile } from '../provider/record-file.ts'
import { abortable, type SerialQueue, serialQueue } from '../provider/serial-queue.ts'
import { tbsError } from '../tpm/transport/tbs-results.ts'
import { type CngRecord, cngRecord } from './cng-record.ts'

/**
 * Keys in the Platform Crypto Provider of CNG: P-256, of the machine, not exportable. Windows says that they are in its TPM. It has
 * claims that would prove it, and no part of this program verifies those: the directory counts such a key as software.
 */

/** The functions of `native/windows/addon/keys/cng.h`. A number is a result, and never 0. */
export interface CngAddon {
  /** The property `Impl Type` of the provider. */
  cngImplementation(): Promise<Uint8Array | number>
  /** A BCRYPT_ECCPUBLIC_BLOB. */
  cngPublicKey(name: string, create: boolean): Promise<Uint8Array | number>
  /** r then s. */
  cngSign(name: string, digest: Uint8Array): Promise<Uint8Array | number>
}

export const CNG_FUNCTIONS: readonly (keyof CngAddon)[] = ['cngImplementation', 'cngPublicKey', 'cngSign']

export interface CngInit {
  readonly stateFolder: string
  /** For a new enrolment: replace a key that Windows no longer has, as after the TPM was cleared. */
  readonly renew?: boolean
}

const CAPACITY = 64
/** NCRYPT_IMPL_HARDWARE_FLAG */
const IN_HARDWARE = 1

/**
 * @throws `KEY_PROVIDER_UNAVAILABLE` when Windows has no such provider, it is not in hardware, or it has lost a key; `TPM_BUSY`,
 * `TPM_LOCKED_OUT`, `KEY_AUTHORISATION_FAILED`, `KEY_MALFORMED`, `STORE_FAILED`, `STORE_CORRUPT`.
 */
export async function openCngKeys({ addon }: { readonly addon: CngAddon }, init: CngInit): Promise<KeyProvider> {
  requirePrivateFolder(init.stateFolder)
  await requireHardware(addon)
  const file = cngRecord(init.stateFolder)
  const record = (await file.read()) ?? { version: 1, keys: {} }
  return provider(addon, file, record, init)
}

/** Without the flag anything could answer to the name of the provider, as under Wine. */
async function requireHardware(addon: CngAddon): Promise<void> {
  const bytes = bytesOf(await addon.cngImplementation())
  const flags = bytes.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : 0
  if ((flags & IN_HARDWARE) !== 0) return
  throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', 'Platform Crypto Provider: it is not in hardware')
}

function provider(addon: CngAddon, file: RecordFile<CngRecord>, first: CngRecord, init: CngInit): KeyProvider {
  const queue = serialQueue({ capacity: CAPACITY, fullCode: 'TPM_BUSY' })
  let record = first
  const make = async (label: string) => {
    // Keys are those of the machine, which may have more than one state folder.
    const name = `surety-${label}-${randomBytes(8).toString('hex')}`
    const publicKey = spkiOf(bytesOf(await addon.cngPublicKey(name, true)))
    await requireWorking(addon, name, publicKey)
    const next = { ...record, keys: { ...record.keys, [label]: { name, public: toBase64Url(publicKey) } } }
    await file.write(next)
    record = next
    return { name, publicKey }
  }
  const find = async (label: string) => {
    const known = record.keys[label]
    if (known === undefined) return await make(label)
    try {
      const publicKey = spkiOf(bytesOf(await addon.cngPublicKey(known.name, false)))
      if (toBase64Url(publicKey) === known.public) return { name: known.name, publicKey }
      throw new SuretyError('KEY_NOT_FOUND', 'another key has its name')
    } catch (cause) {
      if (codeOf(cause) !== 'KEY_NOT_FOUND') throw cause
      if (init.renew === true) return await make(label)
      throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', `Windows does not hold the key ${label} any more`, { cause })
    }
  }
  return {
    name: 'cng',
    hardwareBacked: true,
    attestor: undefined,
    getOrCreateKey(label, { signal } = {}) {
      requireLabel(label)
      return queue.run(async () => deviceKey(queue, addon, await find(label)), { signal })
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  }
}

function deviceKey(queue: SerialQueue, addon: CngAddon, key: { name: string; publicKey: Bytes }): DeviceKey {
  return {
    publicKey: key.publicKey,
    async sign(message, { signal } = {}) {
      const digest = sha256(message)
      return await abortable(
        queue.run(() => sign(addon, key.name, digest), { signal }),
        signal,
      )
    },
  }
}

async function sign(addon: CngAddon, name: string, digest: Uint8Array): Promise<Bytes> {
  const signature = new Uint8Array(bytesOf(await addon.cngSign(name, digest)))
  if (signature.length !== 64) throw new SuretyError('KEY_MALFORMED', `a signature of ${signature.length} bytes`)
  return signature
}

/** Once for each new key, so that no provider that only says yes is enrolled. */
async function requireWorking(addon: CngAddon, name: string, publicKey: Bytes): Promise<void> {
  const message = randomBytes(32)
  const signature = await sign(addon, name, sha256(message))
  if (verifyEs256(message, signature, importP256(publicKey))) return
  throw new SuretyError('KEY_MALFORMED', 'Platform Crypto Provider: its signatures do not verify')
}

function bytesOf(answer: Uint8Array | number): Uint8Array {
  if (typeof answer === 'number') throw cngError(answer)
  return answer
}

/** BCRYPT_ECDSA_PUBLIC_P256_MAGIC and 32 bytes for each coordinate. */
const BLOB_HEAD = fromHex('4543533120000000') ?? new Uint8Array()

function spkiOf(blob: Uint8Array): Bytes {
  if (blob.length !== BLOB_HEAD.length + 64 || !equalBytes(blob.subarray(0, BLOB_HEAD.length), BLOB_HEAD)) {
    throw new SuretyError('KEY_MALFORMED', 'Platform Crypto Provider: not a public key on P-256')
  }
  return p256Spki(blob.subarray(BLOB_HEAD.length))
}

/** Translates results of the Platform Crypto Provider (winerror.h) into our codes. */

/**
 * The provider says NTE_DEVICE_NOT_READY on machines without a TPM too. One that is only busy has said so to TPM Base Services before,
 * which the ranking asks first.
 */
const MEANINGS = new Map<number, readonly [ErrorCode, string]>([
  [0x80070005, ['KEY_AUTHORISATION_FAILED', 'E_ACCESSDENIED (run as a service or as an administrator)']],
  [0x80090010, ['KEY_AUTHORISATION_FAILED', 'NTE_PERM']],
  [0x8009000d, ['KEY_NOT_FOUND', 'NTE_NO_KEY']],
  [0x80090011, ['KEY_NOT_FOUND', 'NTE_NOT_FOUND']],
  [0x80090016, ['KEY_NOT_FOUND', 'NTE_BAD_KEYSET: there is no such key']],
  [0x80090017, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_PROV_TYPE_NOT_DEF: there is no such provider']],
  [0x8009001e, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_PROV_DLL_NOT_FOUND']],
  [0x80090029, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_NOT_SUPPORTED']],
  [0x80090030, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_DEVICE_NOT_READY: no TPM, or it is not ready']],
  [0x80090035, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_DEVICE_NOT_FOUND: no TPM']],
  [0x80280921, ['TPM_LOCKED_OUT', 'TPM_20_E_LOCKOUT: too many wrong authorisations']],
  [0x80290401, ['KEY_PROVIDER_UNAVAILABLE', 'TPM_E_PCP_DEVICE_NOT_READY: no TPM, or it is not ready']],
])

const TPM_FACILITY = 0x8028

function cngError(result: number): SuretyError {
  const meaning = MEANINGS.get(result)
  const name = 'Platform Crypto Provider'
  if (meaning === undefined && result >>> 16 === TPM_FACILITY) return tbsError(name, result)
  const [code, text] = meaning ?? ['KEY_PROVIDER_UNAVAILABLE', 'failed']
  return new SuretyError(code, `${name}: ${text} (0x${result.toString(16)})`)
}
