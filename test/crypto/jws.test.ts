import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { CompactSign, compactVerify, importJWK, importSPKI } from 'jose'
import { toBase64Url, utf8 } from '../../src/base/bytes.ts'
import { importP256, signJws, splitJws, verifyEs256, verifyJws } from '../../src/crypto/jws.ts'
import { JWS_HEADERS, type JwsKind, jwsKindOf } from '../../src/protocol/messages/jws-types.ts'
import { codeOfCall } from '../support/code-of-call.ts'
import { toDer, withSignature } from '../support/protocol/raw-jws.ts'
import { testKey } from '../support/protocol/test-keys.ts'

/** Refused frames are in test/vectors/frames.json. Here jose and WebCrypto are the oracles. */

const key = testKey('jws')
const other = testKey('another')
const spkiPem = String(key.publicKey.export({ type: 'spki', format: 'pem' }))
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const KINDS = Object.keys(JWS_HEADERS) as JwsKind[]

const verifyAs = (kind: JwsKind, compact: string, publicKey = key.publicKey) =>
  verifyJws(splitJws(kind, compact), publicKey)

test.each(KINDS)('jose verifies what we sign as %s', async (kind) => {
  const compact = await signJws(kind, { a: 'ä', b: [1, null] }, key.sign)
  const { payload, protectedHeader } = await compactVerify(compact, await importSPKI(spkiPem, 'ES256'))
  expect(new TextDecoder().decode(payload)).toBe('{"a":"ä","b":[1,null]}')
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: protectedHeader.typ })
  expect(jwsKindOf(compact)).toBe(kind)
})

test.each(KINDS)('we verify what jose signs as %s', async (kind) => {
  const typ: string = JSON.parse(Buffer.from(JWS_HEADERS[kind], 'base64url').toString()).typ
  const compact = await new CompactSign(utf8('{"a":1}'))
    .setProtectedHeader({ alg: 'ES256', typ })
    .sign(await importJWK(key.jwk, 'ES256'))
  expect(verifyAs(kind, compact)).toBe('{"a":1}')
})

test('WebCrypto agrees on signatures, ours and its own', async () => {
  const { subtle } = globalThis.crypto
  const publicKey = await subtle.importKey('spki', key.spki, P256, false, ['verify'])
  const privateKey = await subtle.importKey('jwk', key.jwk, P256, false, ['sign'])
  const message = utf8('message')
  expect(await subtle.verify(P256, publicKey, await key.sign(message), message)).toBe(true)
  expect(verifyEs256(message, new Uint8Array(await subtle.sign(P256, privateKey, message)), key.publicKey)).toBe(true)
})

test('refuses a JWS of another kind', async () => {
  const compact = await signJws('ack', { a: 1 }, key.sign)
  const codes = KINDS.filter((kind) => kind !== 'ack').map((kind) => codeOfCall(() => verifyAs(kind, compact)))
  expect(new Set(codes)).toEqual(new Set(['SIGNATURE_HEADER_REFUSED']))
})

test('does not verify with another key', async () => {
  const compact = await signJws('ack', { a: 1 }, key.sign)
  expect(codeOfCall(() => verifyAs('ack', compact, other.publicKey))).toBe('SIGNATURE_INVALID')
})

describe('does not verify signatures other than 64 bytes of r and s', () => {
  const message = utf8('message')
  test.each<[string, (signature: Uint8Array) => Uint8Array]>([
    ['DER', toDer],
    ['63 bytes', (signature) => signature.slice(1)],
    ['65 bytes', (signature) => Uint8Array.from([...signature, 0])],
    ['none', () => new Uint8Array()],
    ['r zero', (signature) => signature.map((byte, at) => (at < 32 ? 0 : byte))],
    ['s zero', (signature) => signature.map((byte, at) => (at < 32 ? byte : 0))],
    ['all zero', () => new Uint8Array(64)],
    ['all ones', () => new Uint8Array(64).fill(0xff)],
  ])('%s', async (_, change) => {
    const signature = await key.sign(message)
    expect([
      verifyEs256(message, signature, key.publicKey),
      verifyEs256(message, change(signature), key.publicKey),
    ]).toEqual([true, false])
  })
})

test('does not verify a JWS with any changed letter', async () => {
  const compact = await signJws('ack', { sequence: 1 }, key.sign)
  const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n')
  fc.assert(
    fc.property(fc.nat(compact.length - 1), letter, (at, replacement) => {
      const changed = compact.slice(0, at) + replacement + compact.slice(at + 1)
      const code = codeOfCall(() => verifyAs('ack', changed))
      return changed === compact ? code === 'no refusal' : code !== 'no refusal' && code !== undefined
    }),
    { numRuns: 1000 },
  )
})

test('splits any text or refuses it with a code', () => {
  const dotted = fc.array(fc.string(), { maxLength: 5 }).map((parts) => parts.join('.'))
  const headed = fc.string().map((text) => `${JWS_HEADERS.ack}.${text}`)
  fc.assert(
    fc.property(fc.oneof(fc.string(), dotted, headed), (text) => codeOfCall(() => splitJws('ack', text)) !== undefined),
  )
})

test.each(['', '.', '..', 'a.b', 'a.b.c.d', `${JWS_HEADERS.ack}`, `${JWS_HEADERS.ack}.`])('refuses %j', (text) => {
  expect(codeOfCall(() => splitJws('ack', text))).toMatch(/FRAME_MALFORMED|SIGNATURE_HEADER_REFUSED/)
})

describe('names the part that is wrong', () => {
  const { ack: header } = JWS_HEADERS
  const [payload, signature] = ['e30', toBase64Url(new Uint8Array(64))]
  test.each([
    ['two parts', `${header}.${payload}`, 'ack: not a compact JWS: expected three parts separated by dots'],
    ['another header', `e30.${payload}.${signature}`, 'the protected header is not the one of ack'],
    ['padding', `${header}.${payload}=.${signature}`, 'ack: the payload is not base64url without padding'],
    ['a byte that is not UTF-8', `${header}._w.${signature}`, 'ack: the payload is not UTF-8'],
    ['a surrogate in UTF-8', `${header}.7aCA.${signature}`, 'ack: the payload is not UTF-8'],
    [
      'a long payload that is not UTF-8',
      `${header}.${'_'.repeat(70_000)}.${signature}`,
      'ack: the payload is not UTF-8',
    ],
    ['a signature in base64', `${header}.${payload}.+/+/`, 'ack: the signature is not base64url without padding'],
    ['a short signature', `${header}.${payload}.AAAA`, 'ack: the signature is 3 bytes, not 64'],
    ['no signature', `${header}.${payload}.`, 'ack: the signature is 0 bytes, not 64'],
  ])('%s', (_, frame, message) => expect(() => splitJws('ack', frame)).toThrow(new Error(message)))
})

test('finds no kind for a foreign header', () => {
  const texts = ['', '{}', 'eyJhbGciOiJub25lIn0.e30.', `${JWS_HEADERS.ack} .a.b`, `${JWS_HEADERS.ack}`, '__proto__.a.b']
  expect(texts.map(jwsKindOf)).toEqual(texts.map(() => undefined))
})

test('refuses another encoding of the same signature', async () => {
  const compact = await signJws('ack', { a: 1 }, key.sign)
  const body = compact.slice(0, compact.lastIndexOf('.'))
  const signature = Buffer.from(compact.slice(body.length + 1), 'base64url')
  const [padded, standard] = [`${body}.${toBase64Url(signature)}==`, `${body}.${signature.toString('base64')}`]
  expect([padded, standard].map((text) => codeOfCall(() => verifyAs('ack', text)))).toEqual([
    'FRAME_MALFORMED',
    'FRAME_MALFORMED',
  ])
  expect(withSignature(compact, (bytes) => bytes)).toBe(compact)
})

/** Sizes around the limit between the two decoders. */
describe.each([0, 1, 2, 3, 49_149, 49_151, 49_152, 49_153, 200_000])('a payload with %i more bytes', (size) => {
  const text = JSON.stringify({ a: 'x'.repeat(size), b: '\u00e4\u{1f600}' })
  const spelled = (payload: string) => `${JWS_HEADERS.ack}.${payload}.${toBase64Url(new Uint8Array(64))}`
  const encoded = Buffer.from(text).toString('base64url')
  const notUtf8 = Buffer.from(text).fill(0xff, 5, 6).toString('base64url')

  test('survives a round trip, even after another payload', () => {
    const other = '{"other":"payload"}'
    const splits = [encoded, Buffer.from(other).toString('base64url'), encoded].map((one) =>
      splitJws('ack', spelled(one)),
    )
    expect(splits.map(({ payload }) => payload)).toEqual([text, other, text])
  })

  test.each([
    ['padding', `${encoded}=`],
    ['a blank', `${encoded.slice(0, 8)} ${encoded.slice(8)}`],
    ['the other alphabet', `${encoded.slice(0, 8)}+/${encoded.slice(10)}`],
    ['a letter of another script', `${encoded.slice(0, 8)}\u0141${encoded.slice(9)}`],
    ['one letter too many', `${encoded}A${'A'.repeat((4 - (encoded.length % 4)) % 4)}`],
    ['no UTF-8', notUtf8],
  ])('is refused with %s', (_, payload) => {
    expect(codeOfCall(() => splitJws('ack', spelled(payload)))).toBe('FRAME_MALFORMED')
  })
})

describe('importing keys', () => {
  const spkiOf = (pair: { publicKey: { export(options: { type: 'spki'; format: 'der' }): Buffer } }) =>
    new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }))
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'KEY_MALFORMED'],
    ['a point off the curve', key.spki.map((byte, at) => (at === 90 ? byte ^ 1 : byte)), 'KEY_MALFORMED'],
    [
      'the point at infinity',
      Uint8Array.from([...key.spki.slice(0, 1), 25, ...key.spki.slice(2, 23), 3, 2, 0, 0]),
      'KEY_MALFORMED',
    ],
    ['a BIT STRING with unused bits', key.spki.map((byte, at) => (at === 25 ? 1 : byte)), 'KEY_MALFORMED'],
    ['a hybrid point', key.spki.map((byte, at) => (at === 26 ? 6 + ((key.spki[90] ?? 0) & 1) : byte)), 'KEY_MALFORMED'],
    ['a key cut short', key.spki.slice(0, -1), 'KEY_MALFORMED'],
    ['a bare point', key.spki.slice(26), 'KEY_MALFORMED'],
    ['a key on P-384', spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })), 'KEY_UNSUPPORTED'],
    ['a key on secp256k1', spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })), 'KEY_UNSUPPORTED'],
    ['an Ed25519 key', spkiOf(generateKeyPairSync('ed25519')), 'KEY_UNSUPPORTED'],
    ['an RSA key', spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 })), 'KEY_UNSUPPORTED'],
    ['a private key', new Uint8Array(key.privateKey.export({ type: 'pkcs8', format: 'der' })), 'KEY_MALFORMED'],
  ])('%s is refused', (_, spki, code) => expect(codeOfCall(() => importP256(spki))).toBe(code))

  test('imports a P-256 key', () => expect(importP256(key.spki).equals(key.publicKey)).toBe(true))
})
