import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { isApprovalEntry, verifyApproval } from '../../src/archive/record/verify-approval.ts'
import { canonicalJson } from '../../src/base/text/canonical-json.ts'
import { approvalWorld, type Decider, deciderFor } from '../directory/approvals/approval-fixture.ts'
import { coseKey } from '../support/browser/software-passkey.ts'
import { codeOfCall } from '../support/code-of-call.ts'
import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'

/** Approvals of the record are verified with the entry alone. */

let directory: TestDirectory
let world: Awaited<ReturnType<typeof approvalWorld>>
let ada: Decider
beforeAll(async () => {
  directory = await startTestDirectory()
  world = await approvalWorld(directory)
  const human = await world.api.human('ada')
  await world.register(human.id)
  ada = await deciderFor(directory, world.member(human))
})
afterAll(() => directory[Symbol.asyncDispose]())

type Json = Readonly<Record<string, unknown>>
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

/** The newest entry, and the action that it is of. */
async function given(init: Parameters<typeof world.approve>[2] = {}, changes: Parameters<typeof world.asked>[0] = {}) {
  const { id, action } = await world.asked(changes)
  await world.approve(id, ada, init)
  const entry = world.entries('approval-given').at(-1) ?? Buffer.alloc(0)
  return { entry, action, details: (JSON.parse(entry.toString()) as { details: Json }).details }
}
const changed = (entry: Buffer, details: Json, others: Json = {}) => {
  const value = JSON.parse(entry.toString()) as { details: Json }
  return Buffer.from(canonicalJson({ ...value, ...others, details: { ...value.details, ...details } }))
}
const withProof = (entry: Buffer, members: Json) => {
  const { details } = JSON.parse(entry.toString()) as { details: { proof: string } }
  const proof = JSON.stringify({ ...JSON.parse(details.proof), ...members })
  const { key } = JSON.parse(proof) as { key: string }
  return changed(entry, { proof, keyHash: sha256(key).toString('base64url') })
}
const proofOf = (details: Json) => JSON.parse(String(details.proof)) as Record<string, string>
const GOOD = 'no refusal'
const refusal = (bytes: Uint8Array, action?: string) => codeOfCall(() => verifyApproval(bytes, action))

test('an entry that a person signed for verifies, and with its action', async () => {
  const { entry, action } = await given()
  expect(isApprovalEntry(entry)).toBe(true)
  expect([refusal(entry), refusal(entry, action)]).toEqual([GOOD, GOOD])
  expect(isApprovalEntry(Buffer.from('{"act":"approval-denied"}'))).toBe(false)
})

test('the entry holds no text of the action that is not sealed', async () => {
  const { entry } = await given()
  expect(entry.toString()).not.toContain('git push')
})

test('another action than the one that was signed is refused', async () => {
  const { entry, action } = await given()
  expect(refusal(entry, action.replace('main', 'prod'))).toBe('SIGNATURE_INVALID')
})

test.each<[string, Json]>([
  ['another hash', { hash: 'A'.repeat(43) }],
  ['a wider scope', { scope: 'session', scopeUntil: 2 ** 41 }],
  ['another key', { keyHash: 'A'.repeat(43) }],
])('an entry with %s is refused', async (_, details) => {
  const { entry } = await given()
  expect(refusal(changed(entry, details))).toBe('SIGNATURE_INVALID')
})

test.each([['nonce'], ['hash'], ['proof'], ['keyHash'], ['deviceBound'], ['scope']])(
  'an entry without %s is refused',
  async (name) => {
    const { entry } = await given()
    expect(refusal(changed(entry, { [name]: undefined }))).toBe('INPUT_MALFORMED')
  },
)

test('an entry of another request verifies, but not with the action', async () => {
  const { entry, action } = await given()
  expect(refusal(changed(entry, { nonce: 'A'.repeat(22) }), action)).toBe('SIGNATURE_INVALID')
  expect(refusal(changed(entry, { until: 1 }), action)).toBe('SIGNATURE_INVALID')
  expect(refusal(changed(entry, {}, { device: `dev_${'A'.repeat(22)}` }), action)).toBe('SIGNATURE_INVALID')
})

test.each(['clientDataJSON', 'authenticatorData', 'signature', 'key'])('each bit of %s counts', async (part) => {
  const { entry, details } = await given()
  const bytes = Buffer.from(proofOf(details)[part] ?? '', 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at] = (other[at] ?? 0) ^ 1
    expect(refusal(withProof(entry, { [part]: other.toString('base64url') }))).toMatch(
      /^(SIGNATURE_INVALID|INPUT_MALFORMED)$/,
    )
  }
})

/** Signed anew with a key of this kind, as an authenticator would. */
function signedWith(entry: Buffer, details: Json, { flags = 5, client = {} }: { flags?: number; client?: Json } = {}) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const cose = coseKey([
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, x],
  ])
  const before = proofOf(details)
  const said = { ...JSON.parse(Buffer.from(before.clientDataJSON ?? '', 'base64url').toString()), ...client }
  const clientData = Buffer.from(JSON.stringify(said))
  const data = Buffer.from(before.authenticatorData ?? '', 'base64url')
  data[32] = flags
  return withProof(entry, {
    key: Buffer.from(cose).toString('base64url'),
    clientDataJSON: clientData.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature: sign(null, Buffer.concat([data, sha256(clientData)]), privateKey).toString('base64url'),
  })
}

test('Ed25519 verifies', async () => {
  const { entry, details } = await given()
  expect(refusal(signedWith(entry, details))).toBe(GOOD)
})

test('RSA verifies, and not with another signature', async () => {
  const { entry, details } = await given()
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const cose = coseKey([
    [1, 3],
    [3, -257],
    [-1, n],
    [-2, e],
  ])
  const { clientDataJSON = '', authenticatorData = '', signature } = proofOf(details)
  const parts = [Buffer.from(authenticatorData, 'base64url'), sha256(Buffer.from(clientDataJSON, 'base64url'))]
  const key = Buffer.from(cose).toString('base64url')
  const good = sign('sha256', Buffer.concat(parts), privateKey).toString('base64url')
  expect(refusal(withProof(entry, { key, signature: good }))).toBe(GOOD)
  expect(refusal(withProof(entry, { key, signature }))).toBe('SIGNATURE_INVALID')
})

test.each([
  ['nobody was there', { flags: 0x04 }],
  ['the person was not verified', { flags: 0x01 }],
  ['it was signed to make a passkey', { client: { type: 'webauthn.create' } }],
  ['it was signed on another page', { client: { origin: 'https://evil.example' } }],
  ['it was signed inside another page', { client: { crossOrigin: true } }],
  ['it was signed for another challenge', { client: { challenge: 'A'.repeat(43) } }],
])('a good signature is refused if %s', async (_, init) => {
  const { entry, details } = await given()
  expect(refusal(signedWith(entry, details, init))).toBe('SIGNATURE_INVALID')
})

test('a passkey that can be copied is refused for a session', async () => {
  const { entry, details } = await given({ scope: 'session', until: directory.clock.now() + 60_000 })
  expect(refusal(signedWith(entry, details))).toBe(GOOD)
  expect(refusal(signedWith(entry, details, { flags: 0x0d }))).toBe('SIGNATURE_INVALID')
})

test.each([
  ['no CBOR', 'ffff'],
  ['an empty map', 'a0'],
  ['a member twice', 'a201020102'],
  ['a length beyond its end', 'a1215affffffff'],
  ['a map that ends early', 'a50102'],
  ['bytes behind it', 'a10102ff'],
  ['a kind that is not known', 'a201070326'],
])('a key that is %s is refused', async (_, hex) => {
  const { entry } = await given()
  const key = Buffer.from(hex, 'hex').toString('base64url')
  expect(refusal(withProof(entry, { key }))).toBe('SIGNATURE_INVALID')
})
