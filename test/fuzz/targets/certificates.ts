import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importP256 } from '../../../src/crypto/jws.ts'
import { canonicalSpki } from '../../../src/crypto/x509/canonical-spki.ts'
import { parseCertificate } from '../../../src/crypto/x509/certificate.ts'
import { readTlv } from '../../../src/crypto/x509/der.ts'
import { verifyEndorsementCertificate } from '../../../src/crypto/x509/endorsement-certificate.ts'
import { parseTrustAnchors } from '../../../src/crypto/x509/trust-anchors.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { joinParts, promise, refusing, splitParts, type Target } from '../target.ts'

interface ChainVectors {
  readonly now: number
  readonly anchors: readonly { readonly name: string; readonly set: 'makers' | 'simulated'; readonly der: string }[]
  readonly vectors: readonly { readonly certificate: string; readonly chain?: readonly string[] }[]
}

const read = (): ChainVectors =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../vectors/chains.json'), 'utf8'))
const document = read()
const der = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
const certificates = document.vectors.map(({ certificate }) => der(certificate))
const anchors = parseTrustAnchors(document.anchors.map((one) => ({ ...one, bytes: der(one.der) })))

const certificateTarget: Target = {
  name: 'x509-certificate',
  kind: 'bytes',
  seeds: () => [...certificates.slice(0, 12), ...document.anchors.slice(0, 3).map((one) => der(one.der))],
  async run(input) {
    const certificate = await refusing(['CERTIFICATE_MALFORMED'], async () => parseCertificate(input))
    if (certificate === undefined) return
    promise(certificate.der.length <= input.length, 'no more than was given')
    promise(/^[\x20-\x7e]*$/.test(Object.values(certificate.tpm).join('')), 'what it says of the TPM can be printed')
    const tlv = readTlv(input, 0)
    promise(tlv !== undefined && tlv.end === certificate.der.length, 'one whole SEQUENCE')
    canonicalSpki(certificate.spki)
  },
}

const chainTarget: Target = {
  name: 'x509-chain',
  kind: 'bytes',
  seeds: () => document.vectors.map(({ certificate, chain = [] }) => joinParts(der(certificate), ...chain.map(der))),
  async run(input) {
    const [certificate = input, ...chain] = splitParts(input, 10)
    await refusing(['CERTIFICATE_MALFORMED', 'CERTIFICATE_EXPIRED', 'CERTIFICATE_CHAIN_INVALID'], async () => {
      const verdict = verifyEndorsementCertificate({ certificate, chain, anchors, now: document.now })
      promise(
        verdict.outcome !== 'trusted' || certificates.some((one) => sameBody(one, certificate)),
        'only what a maker signed is trusted',
      )
    })
  },
}

/** What stands behind the signed part (another spelling of the signature, padding) is not covered by it. */
function sameBody(a: Uint8Array, b: Uint8Array): boolean {
  const bodyOf = (bytes: Uint8Array) => {
    const outer = readTlv(bytes, 0)
    const body = outer && readTlv(bytes, outer.start)
    return body === undefined ? undefined : Buffer.from(bytes.subarray(body.start, body.end))
  }
  const [first, second] = [bodyOf(a), bodyOf(b)]
  return first !== undefined && second !== undefined && first.equals(second)
}

const anchorsTarget: Target = {
  name: 'x509-anchors',
  kind: 'text',
  seeds: () =>
    document.anchors
      .slice(0, 2)
      .map(({ der: base64 }) => `text\n-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`),
  words: [
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN TRUSTED CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----END',
  ],
  run(input) {
    const { count, bySubject } = parseTrustAnchors([{ name: 'fuzzed', bytes: input, set: 'makers' }])
    promise([...bySubject.values()].flat().length === count, 'all are found by their name')
  },
}

const publicKeyTarget: Target = {
  name: 'public-key',
  kind: 'bytes',
  seeds: () => [testKey('spki').spki, ...certificates.slice(0, 4).map((bytes) => parseCertificate(bytes).spki)],
  async run(input) {
    const key = await refusing(['KEY_MALFORMED', 'KEY_UNSUPPORTED'], async () => importP256(input))
    promise(
      key === undefined || Buffer.from(key.export({ type: 'spki', format: 'der' })).equals(input),
      'a key has one spelling',
    )
    await refusing(['KEY_MALFORMED'], async () => {
      const once = canonicalSpki(input)
      promise(Buffer.from(canonicalSpki(once)).equals(once), 'canonical stays canonical')
    })
  },
}

export const certificateTargets: readonly Target[] = [certificateTarget, chainTarget, anchorsTarget, publicKeyTarget]
