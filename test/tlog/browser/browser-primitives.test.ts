import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { fromBase64Url, toHex, utf8 } from '../../../src/base/bytes.ts'
import { sha256, verifyEd25519 } from '../../../src/tlog/browser/browser-primitives.ts'

/** What a browser computes, against OpenSSL. */

test('hashes as OpenSSL does, for each length around the blocks', () => {
  for (let length = 0; length <= 260; length++) {
    const message = randomBytes(length)
    expect(toHex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'))
  }
})

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
])('hashes %j as FIPS 180 has it', (message, expected) => {
  expect(toHex(sha256(utf8(message)))).toBe(expected)
})

test('hashes a message of many blocks, such as the longest entry', () => {
  const message = randomBytes(65_536)
  expect(toHex(sha256(message))).toBe(createHash('sha256').update(message).digest('hex'))
})

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = fromBase64Url(publicKey.export({ format: 'jwk' }).x ?? '') ?? new Uint8Array()
const message = utf8('a checkpoint')
const signature = new Uint8Array(sign(null, message, privateKey))

test('verifies a signature that OpenSSL made', async () => {
  await expect(verifyEd25519(raw, message, signature)).resolves.toBe(true)
})

test.each([
  ['another message', raw, utf8('a Checkpoint'), signature],
  ['a changed signature', raw, message, signature.map((byte, place) => (place === 3 ? byte ^ 1 : byte))],
  ['a signature that was cut', raw, message, signature.subarray(0, 63)],
  ['another key', raw.map((byte, place) => (place === 31 ? byte ^ 2 : byte)), message, signature],
])('refuses %s', async (_what, key, text, signed) => {
  await expect(verifyEd25519(key, text, signed)).resolves.toBe(false)
})

test('refuses a key of another length', async () => {
  await expect(verifyEd25519(raw.subarray(1), message, signature)).rejects.toThrow()
})
