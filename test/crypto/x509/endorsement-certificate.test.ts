import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { SuretyError } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { canonicalSpki } from '../../../src/crypto/x509/canonical-spki.ts'
import { parseCertificate } from '../../../src/crypto/x509/certificate.ts'
import { verifyEndorsementCertificate } from '../../../src/crypto/x509/endorsement-certificate.ts'
import { parseTrustAnchors } from '../../../src/crypto/x509/trust-anchors.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { makeAuthority, makeEndorsementCertificate, NOW, YEAR_MS } from '../../support/tpm/certificates.ts'

/** Chains are in test/vectors/chains.json. Here: the facts of a certificate, and arbitrary bytes. */

const ROOT = 'CN=Maker Root'
const maker = testKey('maker')
const ek = testKey('ek')
const root = await makeAuthority({ subject: ROOT, issuer: ROOT, signer: maker, key: maker })
const anchors = parseTrustAnchors([{ name: 'root.pem', bytes: root, set: 'makers' }])
const issue = (more = {}) => makeEndorsementCertificate({ issuer: ROOT, signer: maker, publicKey: ek.spki, ...more })
const verify = (certificate: Uint8Array) => verifyEndorsementCertificate({ certificate, chain: [], anchors, now: NOW })

test('returns vendor, key and hash of the certificate without its padding', async () => {
  const certificate = await issue()
  const padded = Uint8Array.from([...certificate, 0, 0, 0])
  expect(verify(padded)).toEqual({
    outcome: 'trusted',
    set: 'makers',
    anchorName: 'root.pem',
    maker: 'SURT',
    model: 'Test TPM',
    firmware: 'id:00010002',
    spki: ek.spki,
    certificateHash: sha256(certificate),
  })
})

test.each([
  [
    { manufacturer: 'id:49465800', model: 'SLB 9670', version: 'id:0755' },
    { maker: 'IFX', model: 'SLB 9670', firmware: 'id:0755' },
  ],
  [
    { manufacturer: 'id:53544D20', model: 'ST33', version: 'id:00010101' },
    { maker: 'STM', model: 'ST33', firmware: 'id:00010101' },
  ],
  [
    { manufacturer: 'id:00001014', model: 'swtpm', version: 'id:20191023' },
    { maker: 'id:00001014', model: 'swtpm', firmware: 'id:20191023' },
  ],
  [
    { manufacturer: 'Somebody', model: 'x'.repeat(100), version: '1' },
    { maker: 'Somebody', model: 'x'.repeat(64), firmware: '1' },
  ],
  [
    { manufacturer: 'id:1b5b314d', model: 'm', version: 'v' },
    { maker: 'id:1b5b314d', model: 'm', firmware: 'v' },
  ],
])('reads %j as %j', async (tpm, expected) => {
  expect(parseCertificate(await issue({ tpm })).tpm).toEqual(expected)
})

test('finds no vendor without a subject alternative name', async () => {
  expect(parseCertificate(await issue({ tpm: undefined })).tpm).toEqual({})
})

test('is valid from its first to its last second', async () => {
  const [notBefore, notAfter] = [NOW - YEAR_MS, NOW + YEAR_MS]
  const certificate = await issue({ notBefore, notAfter })
  const wide = await makeAuthority({
    subject: ROOT,
    issuer: ROOT,
    signer: maker,
    key: maker,
    notBefore: 0,
    notAfter: NOW + 9 * YEAR_MS,
  })
  const wideAnchors = parseTrustAnchors([{ name: 'wide', bytes: wide, set: 'makers' }])
  const at = (now: number) => () => verifyEndorsementCertificate({ certificate, chain: [], anchors: wideAnchors, now })
  expect([at(notBefore)().outcome, at(notAfter)().outcome]).toEqual(['trusted', 'trusted'])
  for (const now of [notBefore - 1, notAfter + 1, 0, Number.NaN]) {
    expect(at(now)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_EXPIRED' }))
  }
})

describe('an RSA key marked as RSAES-OAEP, as by some vendors', () => {
  const rsa = Buffer.from(
    `30820122300d06092a864886f70d01010105000382010f003082010a0282010100c${'3'.repeat(510)}10203010001`,
    'hex',
  )
  // The same key under id-RSAES-OAEP without parameters.
  const oaep = Buffer.from(
    rsa.toString('hex').replace('30820122300d06092a864886f70d0101010500', '30820120300b06092a864886f70d010107'),
    'hex',
  )

  test('is the same key', () => expect(canonicalSpki(oaep)).toEqual(new Uint8Array(rsa)))

  test('is read from a certificate in canonical encoding', async () => {
    expect(parseCertificate(await issue({ publicKey: oaep })).spki).toEqual(new Uint8Array(rsa))
  })

  test('is refused when it is damaged', () => {
    expect(() => canonicalSpki(oaep.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }))
    expect(() => canonicalSpki(new Uint8Array())).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }))
  })
})

test('gives an elliptic key one encoding for each form of its point', () => {
  const start = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
  const [x, y] = [ek.spki.subarray(27, 59), ek.spki.subarray(59)]
  const parity = (y.at(-1) ?? 0) & 1
  const compressed = Buffer.concat([start, Buffer.of(2 + parity), x])
  const hybrid = Buffer.from(ek.spki)
  hybrid[26] = 6 + parity
  for (const spki of [ek.spki, compressed, hybrid]) expect(canonicalSpki(spki)).toEqual(new Uint8Array(ek.spki))
})

test('accepts an elliptic key on a curve without a JWK name', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  expect(canonicalSpki(spki)).toEqual(spki)
})

test('refuses any bytes with a code, and never trusts a changed certificate', async () => {
  const good = await issue()
  const changed = fc
    .record({ at: fc.nat(good.length - 1), mask: fc.integer({ min: 1, max: 255 }) })
    .map(({ at, mask }) => good.map((byte, index) => (index === at ? byte ^ mask : byte)))
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      try {
        return verify(bytes).outcome !== 'trusted'
      } catch (error) {
        return error instanceof SuretyError && error.code.startsWith('CERTIFICATE_')
      }
    }),
    { numRuns: 500 },
  )
})
