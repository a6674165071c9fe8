import { type Bytes, concatBytes, toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { ALG } from '../../../src/crypto/tpm/algorithms.ts'
import { ATTRIBUTE, marshalPublic, nameOf, parsePublic } from '../../../src/crypto/tpm/public-area.ts'
import { sized, u16, u32 } from '../../../src/crypto/tpm/structures.ts'
import type { Attested, EnrolmentClaim, QuoteClaim } from '../../../src/protocol/messages/frames.ts'
import type { TestKey } from '../protocol/test-keys.ts'
import { attestationPublicOf, forgeQuote } from './forged-quote.ts'

/** All that a TPM says at enrolment, by somebody who holds every key of it. */

type TpmClaim = Extract<EnrolmentClaim, { keyKind: 'tpm' }>

const KEPT = ATTRIBUTE.fixedTpm | ATTRIBUTE.fixedParent | ATTRIBUTE.sensitiveDataOrigin
const ATTRIBUTES = {
  endorsement: KEPT | ATTRIBUTE.restricted | ATTRIBUTE.decrypt,
  attestation: KEPT | ATTRIBUTE.restricted | ATTRIBUTE.sign,
  application: KEPT | ATTRIBUTE.sign,
} as const

export interface ForgedTpm {
  readonly endorsementKey: TestKey
  readonly attestationKey: TestKey
  readonly applicationKey: TestKey
  /** DER. */
  readonly certificate: Uint8Array
  readonly chain: readonly Uint8Array[]
}

/** TPMT_PUBLIC of an endorsement key on P-256. */
export function endorsementPublicOf(key: TestKey): Bytes {
  const area = parsePublic(attestationPublicOf(key, ATTRIBUTES.endorsement))
  return marshalPublic({ ...area, symmetricBits: 128, scheme: undefined, authPolicy: sha256('endorsement policy') })
}

const CLOCK = { clock: 1_000n, resetCount: 1, restartCount: 0, safe: true, firmwareVersion: '0000000000000001' }

export interface ForgedStatement {
  readonly claim: TpmClaim
  readonly quote: QuoteClaim
}

/** @param binding what certification and quote say they were made for. */
export async function forgeClaim(
  tpm: ForgedTpm,
  binding: Uint8Array,
  pcrs: readonly number[],
): Promise<ForgedStatement> {
  const { attestationKey, applicationKey, endorsementKey } = tpm
  const applicationPublic = attestationPublicOf(applicationKey, ATTRIBUTES.application)
  const values = Object.fromEntries(pcrs.map((index) => [index, '00'.repeat(32)]))
  return {
    claim: {
      keyKind: 'tpm',
      applicationKey: toBase64Url(applicationKey.spki),
      applicationPublic: toBase64Url(applicationPublic),
      attestationPublic: toBase64Url(attestationPublicOf(attestationKey, ATTRIBUTES.attestation)),
      endorsementPublic: toBase64Url(endorsementPublicOf(endorsementKey)),
      endorsementCertificate: toBase64Url(tpm.certificate),
      endorsementChain: tpm.chain.map(toBase64Url),
      certify: await forgeCertify(attestationKey, { subjectPublic: applicationPublic, binding }),
    },
    quote: await forgeQuote(attestationKey, {
      binding,
      counters: { ...CLOCK, clock: Number(CLOCK.clock) },
      pcrs: values,
    }),
  }
}

/** TPM2_Certify's answer, as a restricted key would sign it. */
async function forgeCertify(
  key: TestKey,
  { subjectPublic, binding }: { subjectPublic: Uint8Array; binding: Uint8Array },
): Promise<Attested> {
  const name = nameOf(subjectPublic)
  const attested = concatBytes(
    ...[u32(0xff544347), u16(0x8017), sized(new Uint8Array(34)), sized(binding)],
    ...[new Uint8Array(8), u32(CLOCK.resetCount), u32(CLOCK.restartCount), Uint8Array.of(1), new Uint8Array(8)],
    ...[sized(name), sized(name)],
  )
  const raw = await key.sign(attested)
  const signature = concatBytes(u16(ALG.ecdsa), u16(ALG.sha256), sized(raw.slice(0, 32)), sized(raw.slice(32)))
  return { attested: toBase64Url(attested), signature: toBase64Url(signature) }
}
