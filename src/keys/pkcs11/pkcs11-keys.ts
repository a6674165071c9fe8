import { isAbsolute, join } from 'node:path'
import { type Bytes, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { base64Url, closed, reader, type Static, Type, text } from '../../base/schema.ts'
import { sha256 } from '../../crypto/hash.ts'
import { requirePrivateFolder } from '../../system/files/own/private-folder.ts'
import { type DeviceKey, type KeyProvider, requireLabel } from '../provider/key-provider.ts'
import { type RecordFile, recordFile } from '../provider/record-file.ts'
import { abortable, type SerialQueue, serialQueue } from '../provider/serial-queue.ts'
import { loadPkcs11js, openToken, readPin, type Token } from './pkcs11-module.ts'

/** Keys on a PKCS#11 token (tpm2-pkcs11, YubiKey, SoftHSM): P-256, sensitive, not extractable. */
export interface Pkcs11Init {
  readonly stateFolder: string
  /** Absolute path of the token's library. It is code that runs in this process. */
  readonly library: string
  /** CKA_LABEL of the token. Without it there must be exactly one token. */
  readonly tokenLabel?: string
  /** A file with mode 0600. It holds the user PIN and at most a line end. */
  readonly pinFile: string
}

export interface Pkcs11Components {
  /** Hashes of PINs that a token refused in this process. Pass the same set to each try. */
  readonly refusedPins?: Set<string>
}

/** `pkcs11-keys.json`: the token and its public keys, so that another token is never used by mistake. */
const recordSchema = closed({
  version: Type.Literal(1),
  token: closed({ label: text(32), serial: text(16) }),
  keys: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }), base64Url(512)),
})
type TokenRecord = Static<typeof recordSchema>
const recordReader = reader(recordSchema, { name: 'pkcs11-keys.json', code: 'STORE_CORRUPT' })

const CAPACITY = 64

export function pkcs11RecordPath(stateFolder: string): string {
  return join(stateFolder, 'pkcs11-keys.json')
}

/**
 * Opens the token and logs in.
 *
 * @throws `KEY_PROVIDER_UNAVAILABLE` (pkcs11js is not built, no library, no token, another token than before),
 * `KEY_AUTHORISATION_FAILED` (a wrong PIN, or a PIN that was not tried), `FILE_ABSENT`, `NOT_PERMITTED` (the PIN file), `STORE_FAILED`, `STORE_CORRUPT`.
 */
export async function openPkcs11Keys(
  init: Pkcs11Init,
  { refusedPins = new Set() }: Pkcs11Components = {},
): Promise<KeyProvider> {
  requirePrivateFolder(init.stateFolder)
  if (!isAbsolute(init.library)) throw new SuretyError('CONFIG_INVALID', 'the PKCS#11 library needs an absolute path')
  const pkcs11js = await loadPkcs11js()
  const file = recordFile(pkcs11RecordPath(init.stateFolder), recordReader)
  const record = await file.read()
  const pin = await readPin(init.pinFile)
  const token = openToken(pkcs11js, { ...init, expected: record?.token }, pin, refusedPins)
  try {
    return provider(file, token, record ?? { version: 1, token: token.describe(), keys: {} })
  } catch (error) {
    token.close()
    throw error
  }
}

function provider(file: RecordFile<TokenRecord>, token: Token, first: TokenRecord): KeyProvider {
  const queue = serialQueue({ capacity: CAPACITY, fullCode: 'KEY_PROVIDER_UNAVAILABLE' })
  let record = first
  return {
    name: 'pkcs11',
    hardwareBacked: true,
    attestor: undefined,
    getOrCreateKey(label, { signal } = {}) {
      requireLabel(label)
      return queue.run(
        async () => {
          const recorded = record.keys[label]
          const found = token.find(label)
          if (recorded !== undefined && (found === undefined || toBase64Url(found.publicKey) !== recorded)) {
            throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', `the token does not hold the key ${label} any more`)
          }
          const key = found ?? token.generate(label)
          const next = { ...record, keys: { ...record.keys, [label]: toBase64Url(key.publicKey) } }
          if (recorded === undefined) await file.write(next)
          record = next
          return deviceKey(queue, token, label, key.publicKey)
        },
        { signal },
      )
    },
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]()
      token.close()
    },
  }
}

function deviceKey(queue: SerialQueue, token: Token, label: string, publicKey: Bytes): DeviceKey {
  return {
    publicKey,
    async sign(message, { signal } = {}) {
      const digest = sha256(message)
      return await abortable(
        queue.run(() => token.sign(label, digest), { signal }),
        signal,
      )
    },
  }
}
