import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compactVerify, importJWK } from 'jose'
import { fromHex, toBase64Url, toHex } from '../../src/base/bytes.ts'
import { codeOf } from '../../src/base/errors.ts'
import { parseCanonicalJson } from '../../src/base/json.ts'
import { type BindingFields, bindingBytes, bindingOf } from '../../src/crypto/binding.ts'
import { verifyEndorsementCertificate } from '../../src/crypto/x509/endorsement-certificate.ts'
import { parseTrustAnchors } from '../../src/crypto/x509/trust-anchors.ts'
import { appraiseAttestation } from '../../src/directory/appraisal/attestation.ts'
import { frameJson, LIMITS } from '../../src/protocol/limits.ts'
import * as sample from '../support/protocol/frame-samples.ts'
import { readFrame } from '../support/protocol/read-frame.ts'
import {
  type BindingVector,
  type BindingVectors,
  buildBindingVectors,
} from '../support/protocol/vector-cases/bindings.ts'
import { buildCanonicalVectors, type CanonicalVectors } from '../support/protocol/vector-cases/canonical-json.ts'
import { buildChainVectors, type ChainVectors } from '../support/protocol/vector-cases/chains.ts'
import { buildFrameVectors, type FrameVectors } from '../support/protocol/vector-cases/frames.ts'

const load = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', `${name}.json`), 'utf8'))
const chains = load('chains') as ChainVectors // written by scripts/make-vectors.ts, and compared with its output below
const frames = load('frames') as FrameVectors
const bindings = load('bindings') as BindingVectors
const canonical = load('canonical-json') as CanonicalVectors

/** What a call came to, in the words of a vector. */
function outcomeOf<T>(call: () => T): { accept: T } | { refuse: string | undefined } {
  try {
    return { accept: call() }
  } catch (error) {
    return { refuse: codeOf(error) }
  }
}

const expected = ({ accept, refuse }: { accept?: unknown; refuse?: string }) =>
  refuse === undefined ? { accept } : { refuse }

test('scripts/make-vectors.ts makes exactly what is committed', async () => {
  expect(await buildChainVectors()).toEqual(chains)
  expect(await buildFrameVectors()).toEqual(frames)
  expect(buildBindingVectors()).toEqual(bindings)
  expect(buildCanonicalVectors()).toEqual(canonical)
})

test.each(Object.entries({ chains, frames, bindings, canonical }))(
  '%s holds more refusals than successes, under names of their own',
  (_, file) => {
    const refused = file.vectors.filter(({ refuse }) => refuse !== undefined)
    expect(refused.length).toBeGreaterThan(file.vectors.length / 2)
    expect(new Set(file.vectors.map(({ name }) => name)).size).toBe(file.vectors.length)
  },
)

/** The public half of a key of the vectors. */
function publicJwk(name: string | undefined) {
  const jwk = name === undefined ? undefined : frames.keys[name]
  return jwk && { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }
}

describe('frames', () => {
  test.each(frames.vectors)('$name', (vector) => {
    const jwk = publicJwk(vector.key)
    const key = jwk && createPublicKey({ key: jwk, format: 'jwk' })
    expect(outcomeOf(() => readFrame(vector.kind, vector.frame, key))).toEqual(expected(vector))
  })

  const signed = frames.vectors.filter(({ key }) => key !== undefined)
  const joseReads = async ({ key, frame }: (typeof signed)[number]) => {
    const { payload } = await compactVerify(frame, await importJWK(publicJwk(key) ?? {}, 'ES256'))
    return JSON.parse(new TextDecoder().decode(payload))
  }

  test.each(signed.filter(({ refuse }) => refuse === undefined))('jose reads the same: $name', async (vector) => {
    expect(await joseReads(vector)).toEqual(vector.accept)
  })

  test.each(signed.filter(({ refuse }) => refuse === 'SIGNATURE_INVALID'))(
    'jose refuses too: $name',
    async (vector) => {
      await expect(joseReads(vector)).rejects.toThrow(
        expect.objectContaining({ name: 'JWSSignatureVerificationFailed' }),
      )
    },
  )
})

describe('canonical JSON', () => {
  test.each(canonical.vectors)('$name', ({ text, ...vector }) => {
    const read = () => parseCanonicalJson(text, frameJson(LIMITS.frameBytes)) !== undefined
    expect(outcomeOf(read)).toEqual(expected(vector))
  })
})

describe('bindings', () => {
  test.each(bindings.vectors)('$name', (vector) => {
    const fields = readFields(vector.fields)
    const claimed = toBase64Url(bytesOf(vector.claimed))
    const appraise = () =>
      appraiseAttestation({
        attestation: { ...sample.attestation, binding: claimed },
        binding: bindingOf(fields),
        pcrs: [],
        enrolled: { tier: 'software' },
      }) && true
    expect(outcomeOf(appraise)).toEqual(expected(vector))
    if (vector.bytes !== undefined) expect(toHex(bindingBytes(fields))).toBe(vector.bytes)
  })
})

function readFields(fields: BindingVector['fields']): BindingFields {
  const hash = (name: keyof BindingFields) => bytesOf(String(fields[name]))
  return {
    purpose: fields.purpose === 'enrol' ? 'enrol' : 'attest',
    nonce: hash('nonce'),
    exporter: hash('exporter'),
    directoryCa: hash('directoryCa'),
    subject: hash('subject'),
    epoch: Number(fields.epoch),
    sequence: Number(fields.sequence),
    head: hash('head'),
    posture: hash('posture'),
  }
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new TypeError(`not hex: ${hex}`)
  return bytes
}

describe('chains', () => {
  const der = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
  const anchors = parseTrustAnchors(chains.anchors.map(({ name, set, der: text }) => ({ name, set, bytes: der(text) })))

  test('every anchor can be used', () => expect(anchors.problems).toEqual([]))

  test.each(chains.vectors)('$name', ({ certificate, chain, ...vector }) => {
    const verify = () => {
      const input = { certificate: der(certificate), chain: chain.map(der), anchors, now: chains.now }
      const verdict = verifyEndorsementCertificate(input)
      return verdict.outcome === 'trusted'
        ? { outcome: verdict.outcome, set: verdict.set, anchorName: verdict.anchorName }
        : { outcome: verdict.outcome }
    }
    expect(outcomeOf(verify)).toEqual(expected(vector))
  })
})
