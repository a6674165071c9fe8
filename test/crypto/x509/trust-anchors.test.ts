import fc from 'fast-check'
import { parseTrustAnchors, type TrustAnchorFile } from '../../../src/crypto/x509/trust-anchors.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { KEY_USAGE, makeAuthority, makeEndorsementCertificate } from '../../support/tpm/certificates.ts'

const key = testKey('anchor')
const authority = (subject: string, more = {}) => makeAuthority({ subject, issuer: subject, signer: key, key, ...more })
const [first, second] = [await authority('CN=First'), await authority('CN=Second')]

const pem = (der: Uint8Array, label = 'CERTIFICATE') =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
const file = (bytes: Uint8Array | string, name = 'file'): TrustAnchorFile => ({
  name,
  bytes: typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes)) : bytes,
  set: 'makers',
})
const read = (...files: readonly TrustAnchorFile[]) => {
  const { bySubject, problems } = parseTrustAnchors(files)
  return { subjects: [...bySubject.keys()], problems }
}

test.each<[string, TrustAnchorFile, string[]]>([
  ['DER', file(first), ['CN=First']],
  ['PEM', file(pem(first)), ['CN=First']],
  ['PEM with Windows line ends', file(pem(first).replaceAll('\n', '\r\n')), ['CN=First']],
  ['PEM with text around it', file(`subject: First\n${pem(first)}\nbye\n`), ['CN=First']],
  ['PEM under its older label', file(pem(first, 'X509 CERTIFICATE')), ['CN=First']],
  ['PEM with several certificates', file(pem(first) + pem(second)), ['CN=First', 'CN=Second']],
  ['PEM with a key beside it', file(`${pem(Uint8Array.of(1), 'PRIVATE KEY')}${pem(first)}`), ['CN=First']],
])('%s is read', (_, given, subjects) => expect(read(given)).toEqual({ subjects, problems: [] }))

test('keeps two keys under one name, with the file and set of each', async () => {
  const other = await makeAuthority({
    subject: 'CN=First',
    issuer: 'CN=First',
    signer: testKey('b'),
    key: testKey('b'),
  })
  const { bySubject, count } = parseTrustAnchors([file(first, 'a'), { ...file(other, 'b'), set: 'simulated' }])
  expect(count).toBe(2)
  expect(bySubject.get('CN=First')?.map(({ name, set }) => ({ name, set }))).toEqual([
    { name: 'a', set: 'makers' },
    { name: 'b', set: 'simulated' },
  ])
})

const leaf = await makeEndorsementCertificate({ issuer: 'CN=First', signer: key, publicKey: testKey('ek').spki })

test.each<[string, TrustAnchorFile, RegExp]>([
  ['an empty file', file(''), /empty/],
  ['a text', file('hello'), /neither DER nor PEM/],
  ['a private key', file(pem(Uint8Array.of(1, 2), 'PRIVATE KEY')), /neither DER nor PEM/],
  ['DER that is cut', file(first.slice(0, -1)), /not one whole DER/],
  ['PEM that is cut', file(pem(first).slice(0, 200)), /damaged/],
  ['PEM with invalid letters', file(pem(first).replace(/MII/, 'M!I')), /damaged|whole/],
  ['PEM of something else', file(pem(key.spki)), /not an X\.509/],
  ['a file of more than 1 MiB', file(new Uint8Array(1024 * 1024 + 1)), /1 MiB/],
  ['the certificate of an endorsement key', file(leaf), /not the certificate of a CA/],
  [
    'a CA that may not sign certificates',
    file(await authority('CN=A', { keyUsage: KEY_USAGE.cRLSign })),
    /not the certificate of a CA/,
  ],
  ['a CA without a name', file(await authority('')), /without a name/],
])('reports %s as a problem and keeps the others', (_, bad, reason) => {
  const problem = { name: 'bad', reason: expect.stringMatching(reason) }
  expect(read({ ...bad, name: 'bad' }, file(second))).toEqual({ subjects: ['CN=Second'], problems: [problem] })
})

test('reads the good block after a damaged one', () => {
  const damaged = pem(first).replace(/\n[^-\n]{10}/, '\n')
  expect(read(file(damaged + pem(second), 'mixed'))).toEqual({
    subjects: ['CN=Second'],
    problems: [{ name: 'mixed', reason: expect.any(String) }],
  })
})

test('never throws', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.record({ at: fc.nat(first.length - 1), byte: fc.nat(255) }).map(({ at, byte }) => {
      const copy = first.slice()
      copy[at] = byte
      return copy
    }),
  )
  fc.assert(fc.property(bytes, (given) => parseTrustAnchors([file(given)]).count <= 1))
})
