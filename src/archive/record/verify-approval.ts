import { createPublicKey, verify, type webcrypto } from 'node:crypto'
import { type Bytes, concatBytes, equalBytes, fromBase64Url, fromUtf8, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { base64Url, base64UrlOf, closed, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { hashOfText, sha256 } from '../../crypto/hash.ts'
import { APPROVAL_SCOPES, approvalMessage, grantMessage } from '../../protocol/gate/action.ts'
import { approvalIdSchema, deviceIdSchema, timeSchema } from '../../protocol/ids.ts'

/** What a person signed with a passkey to approve an action of an agent, verified by the entry of the record alone. */

const GIVEN = Buffer.from('"act":"approval-given"')

const entrySchema = Type.Object({
  act: Type.Literal('approval-given'),
  subject: approvalIdSchema,
  device: deviceIdSchema,
  details: Type.Object({
    hash: base64UrlOf(32),
    nonce: base64UrlOf(16),
    until: timeSchema,
    scope: words(...APPROVAL_SCOPES),
    scopeUntil: Type.Optional(timeSchema),
    deviceBound: Type.Boolean(),
    keyHash: base64UrlOf(32),
    proof: text(32_768),
  }),
})
type Entry = Static<typeof entrySchema>

const entryReader = reader(entrySchema, { name: 'entry of an approval', limits: { maxBytes: 65_535, maxDepth: 16 } })
const proofReader = reader(
  closed({
    /** COSE. */
    key: base64Url(4096),
    rp: text(253),
    origin: text(512),
    clientDataJSON: base64Url(8192),
    authenticatorData: base64Url(8192),
    signature: base64Url(4096),
  }),
  { name: 'proof of an approval' },
)
/** Browsers add members from time to time. */
const clientDataReader = reader(
  Type.Object({
    type: Type.String(),
    challenge: Type.String(),
    origin: Type.String(),
    crossOrigin: Type.Optional(Type.Boolean()),
  }),
  { name: 'client data' },
)

/** Flags of authenticator data. */
const [PRESENT, VERIFIED, COPYABLE] = [0x01, 0x04, 0x08]
const FLAGS_AT = 32
const LEAST_BYTES = 37

/** Whether these are the bytes of an entry that a person signed for. */
export function isApprovalEntry(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(GIVEN)
}

/**
 * @param bytes of the entry. @param action its canonical JSON; absent: the entry names it by its hash only.
 * @throws `SIGNATURE_INVALID`, which says what does not fit; `INPUT_MALFORMED` for an entry without all of it.
 */
export function verifyApproval(bytes: Uint8Array, action?: string): void {
  const entry = entryReader.readJson(fromUtf8(bytes))
  const { subject, details } = entry
  const proof = proofReader.readJson(details.proof)
  const [client, data, signature] = [proof.clientDataJSON, proof.authenticatorData, proof.signature].map(bytesOf)
  if (client === undefined || data === undefined || signature === undefined)
    throw wrong(subject, 'its parts are missing')
  if (hashOfText(proof.key) !== details.keyHash) throw wrong(subject, 'the key is another one')
  requireSigned(entry, client, proof.origin)
  requirePerson(entry, data, proof.rp)
  const { key, hash } = publicKeyOf(bytesOf(proof.key), subject)
  if (!verify(hash, concatBytes(data, sha256(client)), key, signature)) throw wrong(subject, 'the signature is wrong')
  if (action !== undefined) requireAction(entry, action)
}

/** What was signed is this request in this scope, on a page of the console. */
function requireSigned({ subject, details }: Entry, client: Bytes, origin: string): void {
  const { hash, scope, scopeUntil: until } = details
  const signed = clientDataReader.readJson(fromUtf8(client))
  if (signed.type !== 'webauthn.get') throw wrong(subject, 'it was signed for something else')
  if (signed.challenge !== toBase64Url(sha256(grantMessage({ hash, scope, until }))))
    throw wrong(subject, 'another action, or another scope, was signed')
  if (signed.origin !== origin || signed.crossOrigin === true) throw wrong(subject, 'it was signed on another page')
}

/** The authenticator saw a person, verified who it is, and is of the kind that was needed. */
function requirePerson({ subject, details: { deviceBound, scope } }: Entry, data: Bytes, rp: string): void {
  const flags = data[FLAGS_AT] ?? 0
  if (data.length < LEAST_BYTES || !equalBytes(data.subarray(0, FLAGS_AT), sha256(rp)))
    throw wrong(subject, 'the passkey is of another console')
  if ((flags & PRESENT) === 0 || (flags & VERIFIED) === 0) throw wrong(subject, 'the passkey did not verify its person')
  if ((deviceBound || scope === 'session') && (flags & COPYABLE) !== 0)
    throw wrong(subject, 'the passkey can be copied, and a copy was not enough')
}

function requireAction({ subject: id, device, details: { hash, nonce, until } }: Entry, action: string): void {
  const request = { id, nonce, until, action, time: 0, approvers: [], reasons: [] }
  if (toBase64Url(sha256(approvalMessage(device, request))) !== hash) throw wrong(id, 'the action is another one')
}

/** COSE_Key of ES256, EdDSA with Ed25519, or RS256. */
function publicKeyOf(cose: Bytes | undefined, subject: string) {
  const members = cose === undefined ? undefined : integerMap(cose)
  const [kty, alg, curve] = [1, 3, -1].map((label) => members?.get(label))
  const part = (label: number) => {
    const bytes = members?.get(label)
    return bytes instanceof Uint8Array ? toBase64Url(bytes) : ''
  }
  const made = (jwk: webcrypto.JsonWebKey, hash: 'sha256' | null) => {
    try {
      return { key: createPublicKey({ key: jwk, format: 'jwk' }), hash }
    } catch (cause) {
      throw new SuretyError('SIGNATURE_INVALID', `approval ${subject}: the key is none`, { cause })
    }
  }
  if (kty === 2 && alg === -7 && curve === 1)
    return made({ kty: 'EC', crv: 'P-256', x: part(-2), y: part(-3) }, 'sha256')
  if (kty === 1 && alg === -8 && curve === 6) return made({ kty: 'OKP', crv: 'Ed25519', x: part(-2) }, null)
  if (kty === 3 && alg === -257) return made({ kty: 'RSA', n: part(-1), e: part(-2) }, 'sha256')
  throw wrong(subject, 'the key is of a kind that is not known')
}

/** CBOR of a map whose names are integers, and whose values are integers and byte strings. Undefined for everything else. */
function integerMap(cbor: Bytes): ReadonlyMap<number, number | Bytes> | undefined {
  let at = 0
  const item = (): { readonly major: number; readonly value: number } | undefined => {
    const first = cbor[at++]
    if (first === undefined) return undefined
    const [major, short] = [first >> 5, first & 0x1f]
    if (short < 24) return { major, value: short }
    const length = { 24: 1, 25: 2, 26: 4 }[short]
    if (length === undefined || at + length > cbor.length) return undefined
    const value = Buffer.from(cbor.subarray(at, at + length)).readUIntBE(0, length)
    at += length
    return { major, value }
  }
  const head = item()
  if (head?.major !== 5) return undefined
  const members = new Map<number, number | Bytes>()
  for (let left = head.value; left > 0; left--) {
    const [name, value] = [item(), item()]
    if (name === undefined || value === undefined || name.major > 1 || value.major > 2) return undefined
    const label = numberOf(name)
    if (members.has(label)) return undefined
    if (value.major === 2) {
      if (at + value.value > cbor.length) return undefined
      members.set(label, cbor.subarray(at, at + value.value))
      at += value.value
    } else members.set(label, numberOf(value))
  }
  return at === cbor.length ? members : undefined
}

function numberOf({ major, value }: { readonly major: number; readonly value: number }): number {
  return major === 0 ? value : -1 - value
}

function bytesOf(encoded: string): Bytes | undefined {
  return fromBase64Url(encoded)
}

function wrong(subject: string, why: string): SuretyError {
  return new SuretyError('SIGNATURE_INVALID', `approval ${subject}: ${why}`)
}
