/**
 * Speaks as `native/darwin/secure-enclave/main.swift` does, with keys of Node. Written after the source of the helper; no Mac has
 * recorded it. The first argument is the folder that stands for the Enclave, the second a fault.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const [folder, fault = 'none'] = process.argv.slice(2)

function create() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const wrapped = randomBytes(32).toString('base64url')
  writeFileSync(join(folder, wrapped), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { public: spki.subarray(-64).toString('base64url'), wrapped }
}

function signWith({ wrapped, message }) {
  const path = join(folder, wrapped)
  if (!existsSync(path)) return { error: 'lost', message: 'this Secure Enclave did not wrap the key' }
  const key = { key: createPrivateKey(readFileSync(path)), dsaEncoding: 'ieee-p1363' }
  const signature = sign('sha256', Buffer.from(message, 'base64url'), key)
  if (fault === 'wrong-signature') signature[7] ^= 1
  return { signature: signature.toString('base64url') }
}

const FAULTS = {
  'no-enclave': { op: 'hello', answer: { version: 1, available: false } },
  'old-version': { op: 'hello', answer: { version: 2, available: true } },
  locked: { op: 'sign', answer: { error: 'locked', message: 'OSStatus -25308' } },
  failed: { op: 'create', answer: { error: 'failed', message: 'OSStatus -34018' } },
  'another-answer': { op: 'create', answer: { version: 1, available: true } },
  'short-signature': { op: 'sign', answer: { signature: 'AAAA' } },
  'another-id': { op: 'hello', answer: { id: 77, version: 1, available: true } },
}
const TEXTS = { 'no-json': 'ready', empty: '', long: 'x'.repeat(20_000), 'half-a-line': undefined }

function answerTo(request) {
  const planned = FAULTS[fault]
  if (planned?.op === request.op) return planned.answer
  if (request.op === 'hello') return { version: 1, available: true }
  return request.op === 'create' ? create() : signWith(request)
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line)
  if (fault === 'silent') return
  if (fault === 'ends') process.exit(3)
  if (fault === 'ends-once' && request.op === 'sign' && !existsSync(join(folder, 'ended'))) {
    writeFileSync(join(folder, 'ended'), '')
    process.exit(3)
  }
  if (fault === 'half-a-line') {
    process.stdout.write('{"id":', () => process.exit(0))
    return
  }
  if (fault in TEXTS) return void process.stdout.write(`${TEXTS[fault]}\n`)
  process.stdout.write(`${JSON.stringify({ id: request.id, ...answerTo(request) })}\n`)
})
