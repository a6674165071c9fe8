import { createPublicKey } from 'node:crypto'
import { createRequire } from 'node:module'
import type * as Pkcs11js from 'pkcs11js'
import { type Bytes, fromUtf8, toBase64Url } from '../../base/bytes.ts'
import { codeOf, type ErrorCode, SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { requireTrustedCode, requireTrustedProgramFile } from '../../system/files/own/trusted-code.ts'

/** The only file that loads pkcs11js: one token, one session, keys of one curve by label. */

type Library = typeof Pkcs11js

/**
 * @param init.from for tests: a file in whose place the package is looked for.
 * @throws `KEY_PROVIDER_UNAVAILABLE` if the addon is not built. `npm ci` does not build it.
 */
export async function loadPkcs11js(init: { readonly from?: string } = {}): Promise<Library> {
  try {
    // Node also searches the folders above the program, which another user may own.
    const load = createRequire(init.from ?? import.meta.url)
    const path = load.resolve('pkcs11js')
    requireTrustedProgramFile(path, 'KEY_PROVIDER_UNAVAILABLE')
    return load(path) as Library // the types come from the package itself
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', 'pkcs11js is not built: npm run build:native', { cause })
  }
}

export interface Token {
  describe(): { label: string; serial: string }
  /** The public key is SPKI in DER for P-256, and 32 bytes for Ed25519. */
  find(label: string): { readonly publicKey: Bytes } | undefined
  generate(label: string): { readonly publicKey: Bytes }
  /**
   * @param data the digest for P-256, the message for Ed25519.
   * @returns 64 bytes: r then s, or the signature of RFC 8032.
   */
  sign(label: string, data: Uint8Array): Promise<Bytes>
  close(): void
}

export type TokenCurve = 'p256' | 'ed25519'

/** PKCS#11 3.0, sections 6.3.1 to 6.3.16. pkcs11js does not name those of Ed25519. */
interface Curve {
  /** CKK_EC, CKK_EC_EDWARDS. */
  readonly keyType: number
  /** CKM_EC_KEY_PAIR_GEN, CKM_EC_EDWARDS_KEY_PAIR_GEN. */
  readonly generate: number
  /** CKM_ECDSA, CKM_EDDSA. */
  readonly sign: number
  /** CKA_EC_PARAMS in DER. The first is for new keys; tokens name a curve in either way. */
  readonly parameters: readonly [Buffer, ...Buffer[]]
  /** Of the point, without its DER header. */
  readonly pointBytes: number
}

const CURVES: Readonly<Record<TokenCurve, Curve>> = {
  p256: {
    keyType: 0x03,
    generate: 0x1040,
    sign: 0x1041,
    parameters: [Buffer.from('06082a8648ce3d030107', 'hex')],
    pointBytes: 65,
  },
  ed25519: {
    keyType: 0x40,
    generate: 0x1055,
    sign: 0x1057,
    parameters: [Buffer.from('06032b6570', 'hex'), Buffer.from('\x13\x0cedwards25519', 'latin1')],
    pointBytes: 32,
  },
}

export interface TokenInit {
  readonly library: string
  readonly tokenLabel?: string
  /** Default: P-256. */
  readonly curve?: TokenCurve
  /** Only this token gets the PIN. */
  readonly expected?: { readonly label: string; readonly serial: string } | undefined
}

/**
 * The PIN in a file that only its owner may read, without a line end.
 * @throws `FILE_ABSENT`, `NOT_PERMITTED`.
 */
export async function readPin(path: string): Promise<string> {
  const bytes = await readIfPresent(path, { maxBytes: 256, ownerOnly: true })
  if (bytes === undefined) throw new SuretyError('FILE_ABSENT', `no PIN file at ${JSON.stringify(path)}`)
  return fromUtf8(bytes).replace(/\r?\n$/, '')
}

/**
 * Opens the token and logs in.
 *
 * @param refusedPins PINs that are not tried again; grows with each refusal. The daemon retries forever, and a token locks
 * itself after a few wrong PINs.
 * @throws `KEY_PROVIDER_UNAVAILABLE`, `KEY_AUTHORISATION_FAILED`.
 */
export function openToken(library: Library, init: TokenInit, pin: string, refusedPins: Set<string>): Token {
  requireTrustedCode(init.library, 'KEY_PROVIDER_UNAVAILABLE')
  const module = new library.PKCS11()
  const call = <T>(work: () => T): T => guarded(init.library, work)
  call(() => module.load(init.library))
  let session: Pkcs11js.Handle
  let slot: Pkcs11js.Handle
  try {
    initialise(module, library, call)
    slot = findSlot(module, init, call)
    const info = call(() => module.C_GetTokenInfo(slot))
    requireExpected(info, init)
    const flags = library.CKF_SERIAL_SESSION | library.CKF_RW_SESSION
    session = call(() => module.C_OpenSession(slot, flags))
    tryPin(info, pin, refusedPins, () => logIn(module, library, session, pin, call))
  } catch (error) {
    module.close()
    throw error
  }
  let closed = false
  const { curve: curveName = 'p256' } = init
  const curve = CURVES[curveName]
  const template = (keyClass: number, label: string) => [
    { type: library.CKA_CLASS, value: keyClass },
    { type: library.CKA_KEY_TYPE, value: curve.keyType },
    { type: library.CKA_LABEL, value: `surety-${label}` },
  ]
  const lookUp = (keyClass: number, label: string): Pkcs11js.Handle | undefined =>
    call(() => {
      module.C_FindObjectsInit(session, template(keyClass, label))
      try {
        return module.C_FindObjects(session, 1)[0]
      } finally {
        module.C_FindObjectsFinal(session)
      }
    })
  const publicKeyOf = (handle: Pkcs11js.Handle): { publicKey: Bytes } => {
    const asked = [{ type: library.CKA_EC_PARAMS }, { type: library.CKA_EC_POINT }]
    const [parameters, point] = call(() => module.C_GetAttributeValue(session, handle, asked))
    const bare = pointOf(curve, bufferOf(parameters), bufferOf(point))
    return { publicKey: curveName === 'p256' ? spkiOf(bare) : new Uint8Array(bare) }
  }
  return {
    describe() {
      const { label, serialNumber } = call(() => module.C_GetTokenInfo(slot))
      return { label: label.trim(), serial: serialNumber.trim() }
    },
    find(label) {
      const handle = lookUp(library.CKO_PUBLIC_KEY, label)
      return handle === undefined ? undefined : publicKeyOf(handle)
    },
    generate(label) {
      const id = { type: library.CKA_ID, value: Buffer.from(sha256(label)) }
      const onToken = { type: library.CKA_TOKEN, value: true }
      const { publicKey } = call(() =>
        module.C_GenerateKeyPair(
          session,
          { mechanism: curve.generate },
          [
            ...template(library.CKO_PUBLIC_KEY, label),
            id,
            onToken,
            { type: library.CKA_VERIFY, value: true },
            { type: library.CKA_EC_PARAMS, value: curve.parameters[0] },
          ],
          [
            ...template(library.CKO_PRIVATE_KEY, label),
            id,
            onToken,
            { type: library.CKA_PRIVATE, value: true },
            { type: library.CKA_SENSITIVE, value: true },
            { type: library.CKA_EXTRACTABLE, value: false },
            { type: library.CKA_SIGN, value: true },
          ],
        ),
      )
      return publicKeyOf(publicKey)
    },
    async sign(label, data) {
      const handle = lookUp(library.CKO_PRIVATE_KEY, label)
      if (handle === undefined) {
        throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', `the token does not hold the key ${label} any more`)
      }
      call(() => module.C_SignInit(session, { mechanism: curve.sign }, handle))
      // Asynchronous: a token may take half a second, which would block the event loop.
      const signing = module.C_SignAsync(session, Buffer.from(data), Buffer.alloc(64))
      const signature = await signing.catch((cause: unknown) => {
        throw tokenError(init.library, cause)
      })
      return new Uint8Array(signature)
    },
    close() {
      if (closed) return
      closed = true
      // No C_Finalize: another provider in this process may use the library.
      try {
        call(() => module.C_CloseSession(session))
      } finally {
        module.close()
      }
    },
  }
}

type Call = <T>(work: () => T) => T

function initialise(module: Pkcs11js.PKCS11, library: Library, call: Call): void {
  tolerating(library.CKR_CRYPTOKI_ALREADY_INITIALIZED, () => call(() => module.C_Initialize()))
}

function logIn(module: Pkcs11js.PKCS11, library: Library, session: Pkcs11js.Handle, pin: string, call: Call): void {
  tolerating(library.CKR_USER_ALREADY_LOGGED_IN, () => call(() => module.C_Login(session, library.CKU_USER, pin)))
}

function requireExpected({ serialNumber }: Pkcs11js.TokenInfo, { expected }: TokenInit): void {
  if (expected === undefined || expected.serial === serialNumber.trim()) return
  const { label, serial } = expected
  throw new SuretyError(
    'KEY_PROVIDER_UNAVAILABLE',
    `the token with the keys is missing: ${JSON.stringify(label)} (serial ${serial})`,
  )
}

/** Logs in unless the token has refused this PIN before, or would lock at a wrong one. */
function tryPin(info: Pkcs11js.TokenInfo, pin: string, refusedPins: Set<string>, logIn: () => void): void {
  const serial = info.serialNumber.trim()
  const name = `token ${JSON.stringify(info.label.trim())} (serial ${serial})`
  const refuse = (why: string) => new SuretyError('KEY_AUTHORISATION_FAILED', `${name} ${why}`)
  const tried = toBase64Url(sha256(JSON.stringify([serial, pin])))
  if ((info.flags & CKF_USER_PIN_LOCKED) !== 0) throw refuse('is locked. Unlock it with its SO PIN')
  if ((info.flags & CKF_USER_PIN_FINAL_TRY) !== 0) {
    throw refuse('locks after one more wrong PIN, and the last try is not used. Log in by hand with the right PIN')
  }
  if (refusedPins.has(tried)) {
    throw refuse(
      'refused this PIN before, so it is not tried again. Write the right PIN to its file (setting pkcs11.pinFile), or restart this program if the token has changed',
    )
  }
  try {
    logIn()
  } catch (error) {
    if (codeOf(error) === 'KEY_AUTHORISATION_FAILED') refusedPins.add(tried)
    throw error
  }
}

const CKF_USER_PIN_FINAL_TRY = 0x20000
const CKF_USER_PIN_LOCKED = 0x40000

function findSlot(module: Pkcs11js.PKCS11, init: { readonly tokenLabel?: string }, call: Call): Pkcs11js.Handle {
  const slots = call(() => module.C_GetSlotList(true)).filter((slot) => {
    const { label, flags } = call(() => module.C_GetTokenInfo(slot))
    const initialised = (flags & CKF_TOKEN_INITIALIZED) !== 0
    return initialised && (init.tokenLabel === undefined || label.trim() === init.tokenLabel)
  })
  const [slot] = slots
  if (slot === undefined || slots.length > 1) {
    const which = init.tokenLabel === undefined ? 'token' : `token called ${JSON.stringify(init.tokenLabel)}`
    throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', `${slots.length === 0 ? 'no' : 'more than one'} ${which}`)
  }
  return slot
}

const CKF_TOKEN_INITIALIZED = 0x400

function bufferOf(attribute: { value?: unknown } | undefined): Buffer {
  if (Buffer.isBuffer(attribute?.value)) return attribute.value
  throw new SuretyError('KEY_MALFORMED', 'the token returned no public key')
}

/** CKA_EC_POINT is a DER OCTET STRING with the point. Some tokens return the bare point. */
function pointOf({ parameters, pointBytes }: Curve, found: Buffer, point: Buffer): Buffer {
  if (!parameters.some((each) => found.equals(each))) {
    throw new SuretyError('KEY_UNSUPPORTED', 'the key on the token is on another curve')
  }
  const bare =
    point.length === pointBytes + 2 && point[0] === 0x04 && point[1] === pointBytes ? point.subarray(2) : point
  if (bare.length !== pointBytes) throw new SuretyError('KEY_MALFORMED', 'the token returned no point of the curve')
  return bare
}

/** @param point on P-256, uncompressed. */
function spkiOf(point: Buffer): Bytes {
  if (point[0] !== 4) throw new SuretyError('KEY_MALFORMED', 'the token returned no uncompressed point')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}

/** CKR_* (PKCS#11 2.40, section 5.1). Any other code makes the provider unavailable. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  160: 'KEY_AUTHORISATION_FAILED', // CKR_PIN_INCORRECT
  161: 'KEY_AUTHORISATION_FAILED', // CKR_PIN_INVALID
  162: 'KEY_AUTHORISATION_FAILED', // CKR_PIN_LEN_RANGE
  163: 'KEY_AUTHORISATION_FAILED', // CKR_PIN_EXPIRED
  164: 'KEY_AUTHORISATION_FAILED', // CKR_PIN_LOCKED
  112: 'KEY_UNSUPPORTED', // CKR_MECHANISM_INVALID
  113: 'KEY_UNSUPPORTED', // CKR_MECHANISM_PARAM_INVALID
  320: 'KEY_UNSUPPORTED', // CKR_CURVE_NOT_SUPPORTED
}

function guarded<T>(library: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw tokenError(library, cause)
  }
}

function tokenError(library: string, cause: unknown): SuretyError {
  if (cause instanceof SuretyError) return cause
  const code = CODES[responseOf(cause) ?? -1] ?? 'KEY_PROVIDER_UNAVAILABLE'
  return new SuretyError(code, `${library}: ${cause instanceof Error ? cause.message : 'failed'}`, { cause })
}

function tolerating(response: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof SuretyError) || responseOf(error.cause) !== response) throw error
  }
}

function responseOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined
}
