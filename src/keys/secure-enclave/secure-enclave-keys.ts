import { type Bytes, fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { importP256, p256Spki, verifyEs256 } from '../../crypto/jws.ts'
import { requirePrivateFolder } from '../../system/files/own/private-folder.ts'
import { type DeviceKey, type KeyProvider, requireLabel } from '../provider/key-provider.ts'
import type { RecordFile } from '../provider/record-file.ts'
import { abortable, type SerialQueue, serialQueue } from '../provider/serial-queue.ts'
import { type EnclaveHelper, type EnclaveHelperInit, enclaveHelper } from './enclave-helper.ts'
import { type EnclaveRecord, enclaveRecord } from './enclave-record.ts'

/**
 * Keys in the Secure Enclave of a Mac, through a helper. macOS says that they are there. Apple attests such keys to management services
 * alone, so the directory counts one as software. Never run on a Mac: tested with a fake helper.
 */

export interface EnclaveInit {
  readonly stateFolder: string
  /** For a new enrolment: replace a key that this Enclave no longer has, as after the Mac was erased. */
  readonly renew?: boolean
}

interface EnclaveKey {
  readonly publicKey: Bytes
  readonly wrapped: string
}

const CAPACITY = 64

/**
 * @throws `KEY_PROVIDER_UNAVAILABLE` when there is no helper or no Secure Enclave, or it has lost a key; `KEY_AUTHORISATION_FAILED` before
 * the Mac was unlocked, `KEY_MALFORMED`, `STORE_FAILED`, `STORE_CORRUPT`.
 */
export async function openEnclaveKeys(
  helperInit: EnclaveHelperInit,
  init: EnclaveInit,
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): Promise<KeyProvider> {
  requirePrivateFolder(init.stateFolder)
  const file = enclaveRecord(init.stateFolder)
  const record = (await file.read()) ?? { version: 1, keys: {} }
  const helper = enclaveHelper(helperInit)
  try {
    const hello = await helper.ask({ op: 'hello' }, { signal })
    if (!('available' in hello)) throw wrongAnswer()
    if (!hello.available) throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', 'this Mac has no Secure Enclave')
    return provider(helper, file, record, init)
  } catch (error) {
    await helper[Symbol.asyncDispose]()
    throw error
  }
}

function provider(
  helper: EnclaveHelper,
  file: RecordFile<EnclaveRecord>,
  first: EnclaveRecord,
  init: EnclaveInit,
): KeyProvider {
  const queue = serialQueue({ capacity: CAPACITY, fullCode: 'KEY_PROVIDER_UNAVAILABLE' })
  let record = first
  const make = async (label: string, options: { signal: AbortSignal }): Promise<EnclaveKey> => {
    const answer = await helper.ask({ op: 'create' }, options)
    if (!('wrapped' in answer)) throw wrongAnswer()
    const key = { publicKey: p256Spki(decode(answer.public)), wrapped: answer.wrapped }
    await requireWorking(helper, key, options)
    const next = {
      ...record,
      keys: { ...record.keys, [label]: { public: toBase64Url(key.publicKey), wrapped: key.wrapped } },
    }
    await file.write(next)
    record = next
    return key
  }
  const find = async (label: string, options: { signal: AbortSignal }): Promise<EnclaveKey> => {
    const known = record.keys[label]
    if (known === undefined) return await make(label, options)
    const key = { publicKey: decode(known.public), wrapped: known.wrapped }
    try {
      await requireWorking(helper, key, options)
      return key
    } catch (cause) {
      if (codeOf(cause) !== 'KEY_NOT_FOUND') throw cause
      if (init.renew === true) return await make(label, options)
      const message = `the Secure Enclave does not hold the key ${label} any more`
      throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', message, { cause })
    }
  }
  return {
    name: 'secure-enclave',
    hardwareBacked: true,
    attestor: undefined,
    getOrCreateKey(label, { signal } = {}) {
      requireLabel(label)
      return queue.run(async (options) => deviceKey(queue, helper, await find(label, options)), { signal })
    },
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]()
      await helper[Symbol.asyncDispose]()
    },
  }
}

function deviceKey(queue: SerialQueue, helper: EnclaveHelper, key: EnclaveKey): DeviceKey {
  return {
    publicKey: key.publicKey,
    async sign(message, { signal } = {}) {
      return await abortable(
        queue.run((options) => sign(helper, key, message, options), { signal }),
        signal,
      )
    },
  }
}

async function sign(
  helper: EnclaveHelper,
  { wrapped }: EnclaveKey,
  message: Uint8Array,
  options: { signal: AbortSignal },
): Promise<Bytes> {
  const answer = await helper.ask({ op: 'sign', wrapped, message: toBase64Url(message) }, options)
  if ('signature' in answer) return decode(answer.signature)
  throw wrongAnswer()
}

const PROBE = new Uint8Array(32)

/** The public key comes from a file or the helper. A signature that verifies says that this Enclave holds its private key. */
async function requireWorking(helper: EnclaveHelper, key: EnclaveKey, options: { signal: AbortSignal }): Promise<void> {
  const signature = await sign(helper, key, PROBE, options)
  if (verifyEs256(PROBE, signature, importP256(key.publicKey))) return
  throw new SuretyError('KEY_MALFORMED', 'Secure Enclave: its signatures do not verify')
}

function decode(text: string): Bytes {
  return fromBase64Url(text) ?? new Uint8Array()
}

function wrongAnswer(): SuretyError {
  return new SuretyError('KEY_MALFORMED', 'the helper of the Secure Enclave answered something else')
}
