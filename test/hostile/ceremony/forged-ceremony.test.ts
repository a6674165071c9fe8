import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { ATTRIBUTE } from '../../../src/crypto/tpm/public-area.ts'
import { nextAck } from '../../support/directory/scripted-device.ts'
import { KEY_USAGE, YEAR_MS } from '../../support/tpm/certificates.ts'
import { ATTRIBUTES, endorsementPublicOf, type ForgedTpm, forgeCertify } from '../../support/tpm/forged-claim.ts'
import { forgeQuote } from '../../support/tpm/forged-quote.ts'
import {
  attestationKey,
  bytesOf,
  type Ceremonies,
  ceremonies,
  certificate,
  factory,
  GOOD,
  NOW,
  other,
  ROOT,
  type Spoil,
} from './ceremonies.ts'

/** Ceremonies in which everything holds, and is signed by the right key, except for one lie. */

let stage: Ceremonies
beforeAll(async () => {
  stage = await ceremonies()
})
afterAll(() => stage[Symbol.asyncDispose]())

test('where nothing is a lie the device is enrolled', async () => {
  expect(await stage.enrolHonest()).toMatch(/^dev_/)
})

const without = (key: keyof typeof ATTRIBUTES, name: keyof typeof ATTRIBUTE): ForgedTpm => ({
  ...GOOD,
  attributes: { ...ATTRIBUTES, [key]: ATTRIBUTES[key] & ~ATTRIBUTE[name] },
})
const withIt = (key: keyof typeof ATTRIBUTES, name: keyof typeof ATTRIBUTE): ForgedTpm => ({
  ...GOOD,
  attributes: { ...ATTRIBUTES, [key]: ATTRIBUTES[key] | ATTRIBUTE[name] },
})
const KEPT = ['fixedTpm', 'fixedParent', 'sensitiveDataOrigin'] as const

test.each<[string, ForgedTpm]>([
  ...(['restricted', 'sign', ...KEPT] as const).map((name): [string, ForgedTpm] => [
    `an attestation key that is not ${name}`,
    without('attestation', name),
  ]),
  ['an attestation key that decrypts', withIt('attestation', 'decrypt')],
  ...(['sign', ...KEPT] as const).map((name): [string, ForgedTpm] => [
    `an application key that is not ${name}`,
    without('application', name),
  ]),
  ['an application key that is restricted', withIt('application', 'restricted')],
  ['an application key that decrypts', withIt('application', 'decrypt')],
  ...(['restricted', 'decrypt', ...KEPT] as const).map((name): [string, ForgedTpm] => [
    `an endorsement key that is not ${name}`,
    without('endorsement', name),
  ]),
  ['an endorsement key that signs', withIt('endorsement', 'sign')],
])('%s', async (_, tpm) => expect(await stage.refusalOf(tpm)).toBe('ATTESTATION_KEY_ATTRIBUTES'))

test('an attestation key that may sign with any scheme', async () => {
  const tpm: ForgedTpm = { ...GOOD, attestationArea: { scheme: undefined } }
  expect(await stage.refusalOf(tpm)).toBe('KEY_UNSUPPORTED')
})

test.each<[string, string, () => Promise<Partial<ForgedTpm>>]>([
  [
    'signed by another key under the name of the factory',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ certificate: await certificate({ signer: other }) }),
  ],
  [
    'of a factory that the maker did not sign',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [await factory({ signer: other })] }),
  ],
  [
    'of a factory whose certificate is no authority',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [await factory({ ca: false })] }),
  ],
  [
    'of a factory that may not sign certificates',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [await factory({ keyUsage: KEY_USAGE.digitalSignature })] }),
  ],
  ['of a factory that is not told', 'TIER_TOO_LOW', async () => ({ chain: [] })],
  [
    'of another maker',
    'TIER_TOO_LOW',
    async () => ({ chain: [], certificate: await certificate({ issuer: 'CN=Nobody', signer: other }) }),
  ],
  [
    'of a maker with the name of ours',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ chain: [], certificate: await certificate({ issuer: ROOT, signer: other }) }),
  ],
  [
    'that has expired',
    'CERTIFICATE_EXPIRED',
    async () => ({ certificate: await certificate({ notAfter: NOW - 1000 }) }),
  ],
  [
    'that has not begun',
    'CERTIFICATE_EXPIRED',
    async () => ({ certificate: await certificate({ notBefore: NOW + YEAR_MS / 2 }) }),
  ],
  [
    'of a factory that has expired',
    'CERTIFICATE_EXPIRED',
    async () => ({ chain: [await factory({ notAfter: NOW - 1000 })] }),
  ],
  [
    'of another endorsement key',
    'ATTESTATION_EK_MISMATCH',
    async () => ({ certificate: await certificate({ publicKey: other.spki }) }),
  ],
  ['that is an authority', 'CERTIFICATE_CHAIN_INVALID', async () => ({ certificate: await certificate({ ca: true }) })],
  [
    'for another use',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ certificate: await certificate({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }) }),
  ],
  [
    'with a critical extension that nobody understands',
    'CERTIFICATE_CHAIN_INVALID',
    async () => ({ certificate: await certificate({ unknownCritical: '1.2.3.4' }) }),
  ],
])('an endorsement certificate %s is refused with %s', async (_, code, change) =>
  expect(await stage.refusalOf({ ...GOOD, ...(await change()) })).toBe(code),
)

const counters = { clock: 1, resetCount: 1, restartCount: 0, safe: true, firmwareVersion: '0'.repeat(16) }

test.each<[string, string, Spoil]>([
  [
    'a certification of another key of this TPM',
    'ATTESTATION_CERTIFY_INVALID',
    async ({ claim, quote }, { binding }) => {
      const subjectPublic = bytesOf(claim.attestationPublic)
      return { quote, claim: { ...claim, certify: await forgeCertify(attestationKey, { subjectPublic, binding }) } }
    },
  ],
  [
    'a certification by another attestation key',
    'ATTESTATION_CERTIFY_INVALID',
    async ({ claim, quote }, { binding }) => {
      const subjectPublic = bytesOf(claim.applicationPublic)
      return { quote, claim: { ...claim, certify: await forgeCertify(other, { subjectPublic, binding }) } }
    },
  ],
  [
    'a certification that was signed as data from outside',
    'ATTESTATION_CERTIFY_INVALID',
    async ({ claim, quote }, { binding }) => {
      const made = { subjectPublic: bytesOf(claim.applicationPublic), binding, magic: 0x00544347 }
      return { quote, claim: { ...claim, certify: await forgeCertify(attestationKey, made) } }
    },
  ],
  [
    'a certification of another moment',
    'ATTESTATION_BINDING_MISMATCH',
    async ({ claim, quote }) => {
      const made = { subjectPublic: bytesOf(claim.applicationPublic), binding: sha256('another binding') }
      return { quote, claim: { ...claim, certify: await forgeCertify(attestationKey, made) } }
    },
  ],
  [
    'a quote of another moment',
    'ATTESTATION_BINDING_MISMATCH',
    async ({ claim, quote: { pcrs } }) => ({
      claim,
      quote: await forgeQuote(attestationKey, { binding: sha256('another binding'), counters, pcrs }),
    }),
  ],
  [
    'a quote by another attestation key',
    'ATTESTATION_QUOTE_INVALID',
    async ({ claim, quote: { pcrs } }, { binding }) => ({
      claim,
      quote: await forgeQuote(other, { binding, counters, pcrs }),
    }),
  ],
  [
    'a quote of fewer PCRs',
    'ATTESTATION_PCR_MISMATCH',
    async ({ claim, quote: { pcrs } }, { binding }) => {
      const { 7: _, ...fewer } = pcrs
      return { claim, quote: await forgeQuote(attestationKey, { binding, counters, pcrs: fewer }) }
    },
  ],
  [
    'a quote of fewer PCRs, with values for all',
    'ATTESTATION_PCR_MISMATCH',
    async ({ claim, quote: { pcrs } }, { binding }) => {
      const { 7: _, ...fewer } = pcrs
      return { claim, quote: { ...(await forgeQuote(attestationKey, { binding, counters, pcrs: fewer })), pcrs } }
    },
  ],
  [
    'other PCR values than were quoted',
    'ATTESTATION_PCR_MISMATCH',
    ({ claim, quote }) => ({ claim, quote: { ...quote, pcrs: { ...quote.pcrs, 7: 'ab'.repeat(32) } } }),
  ],
  [
    'the endorsement key of another TPM, whose certificate is right',
    'ATTESTATION_BINDING_MISMATCH',
    async ({ claim, quote }) => ({
      quote,
      claim: {
        ...claim,
        endorsementPublic: toBase64Url(endorsementPublicOf(other)),
        endorsementCertificate: toBase64Url(await certificate({ publicKey: other.spki })),
      },
    }),
  ],
  [
    'a software key in the place of the certified one',
    'SIGNATURE_INVALID',
    ({ claim, quote }) => ({ quote, claim: { ...claim, applicationKey: toBase64Url(other.spki) } }),
  ],
])('%s is refused with %s', async (_, code, spoil) => expect(await stage.refusalOf(GOOD, spoil)).toBe(code))

test('after all of that the directory serves its devices', async () => {
  const device = stage.running.device()
  const { wire } = await device.enrol(await stage.running.token())
  wire.send(await device.batch())
  expect((await nextAck(wire)).sequence).toBe(1)
})
