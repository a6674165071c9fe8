import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compactVerify, importJWK } from 'jose'
import { sessionPage } from '../../scripts/session-page.ts'
import { readDelegations } from '../../src/crypto/delegation.ts'
import { hashOfText, sha256 } from '../../src/crypto/hash.ts'
import { splitJws, verifyJws } from '../../src/crypto/jws.ts'
import { readCatalogue } from '../../src/discovery/catalogue/load-catalogue.ts'
import { parseEnrolmentString } from '../../src/protocol/messages/enrolment-string.ts'
import { requestReader } from '../../src/protocol/messages/frames.ts'
import { readFrame } from '../support/protocol/read-frame.ts'
import {
  buildSessionVectors,
  type SessionMessage,
  type SessionVectors,
} from '../support/protocol/vector-cases/session.ts'

/** test/vectors/session.json and docs/reference/protocol-session.md: the session that other implementations compare with. */

const ROOT = resolve(import.meta.dirname, '../..')
const session: SessionVectors = JSON.parse(readFileSync(join(ROOT, 'test/vectors/session.json'), 'utf8'))
const { messages, keys } = session
const page = readFileSync(join(ROOT, 'docs/reference/protocol-session.md'), 'utf8')

const publicJwk = (name: string) => {
  const { d: _, ...rest } = keys[name] ?? { d: '' }
  return rest
}
const keyOf = ({ key }: SessionMessage) =>
  key === undefined ? undefined : createPublicKey({ key: publicJwk(key), format: 'jwk' })
const all = (kind: SessionMessage['kind']) => messages.filter((message) => message.kind === kind)
const payloadOf = (message: SessionMessage | undefined) => JSON.parse(message?.payload ?? 'null')

test('scripts/make-vectors.ts makes exactly what is committed', async () => {
  expect(await buildSessionVectors()).toEqual(session)
  expect(sessionPage(session)).toBe(page)
})

test.each(messages)('$name is read by its receiver', (message) => {
  const { kind, frame, payload } = message
  const key = keyOf(message)
  if (kind === 'catalogue') {
    const verified = key && verifyJws(splitJws(kind, frame), key)
    expect(verified).toBe(payload)
    expect(readCatalogue(verified ?? '').version).toBe(payloadOf(message).version)
  } else if (kind === 'catalogue-request') {
    expect(requestReader.readCanonicalJson(frame)).toEqual(JSON.parse(payload))
  } else expect(readFrame(kind, frame, key)).toEqual(JSON.parse(payload))
})

test.each(messages.filter(({ key }) => key !== undefined))('jose reads $name in the same bytes', async (message) => {
  const { payload } = await compactVerify(message.frame, await importJWK(publicJwk(message.key ?? ''), 'ES256'))
  expect(new TextDecoder().decode(payload)).toBe(message.payload)
})

test('every kind of frame is in it', () => {
  const kinds = ['hello', 'challenge', 'attestation', 'credential', 'activation', 'welcome', 'evidence', 'renew', 'ack']
  const others = [
    'result',
    'order',
    'catalogue-request',
    'catalogue',
    'gate-policy-request',
    'gate-policy',
    'delegation',
    'refusal',
  ]
  expect(new Set(messages.map(({ kind }) => kind))).toEqual(new Set([...kinds, ...others]))
})

test('what one message says of another holds', () => {
  const { json, string } = session.enrolment
  expect(parseEnrolmentString(string)).toEqual(JSON.parse(json))
  const spki = (name: string) =>
    createPublicKey({ key: publicJwk(name), format: 'jwk' }).export({ type: 'spki', format: 'der' })
  const pin = (name: string) => Buffer.from(sha256(spki(name))).toString('base64url')
  expect(JSON.parse(json)).toMatchObject({ ca: pin('ca'), root: pin('root') })

  const [first, second] = all('challenge').map(payloadOf)
  expect(first.delegations).toEqual(all('delegation').map(({ frame }) => frame))
  const rootKey = createPublicKey({ key: Buffer.from(first.root, 'base64url'), format: 'der', type: 'spki' })
  for (const purpose of ['orders', 'acknowledgements'] as const) {
    const [delegated] = readDelegations(second.delegations, { rootKey, purpose, now: second.time })
    expect(delegated?.key.export({ format: 'jwk' })).toEqual(publicJwk(purpose))
  }

  const batches = all('evidence')
  expect(batches.map(({ frame, hash }) => hashOfText(frame) === hash)).toEqual([true, true, true])
  expect(batches.slice(1).map((batch) => payloadOf(batch).previous)).toEqual([batches[0]?.hash, batches[1]?.hash])
  expect(all('ack').map((ack) => payloadOf(ack).head)).toEqual([batches[1]?.hash, batches[2]?.hash])

  const [enrolling, attesting] = all('attestation')
  for (const message of [enrolling, attesting]) expect(payloadOf(message).binding).toBe(message?.binding?.hash)
  expect(payloadOf(attesting)).toMatchObject({ head: batches[1]?.hash, posture: batches[0]?.posture })
  expect(hashOfText(JSON.stringify(payloadOf(batches[0]).findings))).toBe(batches[0]?.posture)
  expect(payloadOf(all('catalogue-request')[0]).hash).toBe(hashOfText(all('catalogue')[0]?.payload ?? ''))
})
