import { type Bytes, concatBytes, toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { ALG } from '../../../src/crypto/tpm/algorithms.ts'
import { ATTRIBUTE, marshalPublic, nameOf, type PublicArea, parsePublic } from '../../../src/crypto/tpm/public-area.ts'
import { sized, u16, u32 } from '../../../src/crypto/tpm/structures.ts'
import type { Attested, EnrolmentClaim, QuoteClaim } from '../../../src/protocol/messages/frames.ts'
import type { TestKey } from '../protocol/test-keys.ts'
import { attestationPublicOf, forgeQuote } from './forged-quote.ts'

/** All that a TPM would say at enrolment, by somebody who holds every key of it: each part may be a lie of its own. */

type TpmClaim = Extract<EnrolmentClaim, { keyKind: 'tpm' }>

const KEPT = ATTRIBUTE.fixedTpm | ATTRIBUTE.fixedParent | ATTRIBUTE.sensitiveDataOrigin
export const ATTRIBUTES = {
  endorsement: KEPT | ATTRIBUTE.restricted | ATTRIBUTE.decrypt,
  attestation: KEPT | ATTRIBUTE.restricted | ATTRIBUTE.sign,
  application: KEPT | ATTRIBUTE.sign,
} as const

export interface ForgedTpm {
  readonly endorsementKey: TestKey
  readonly attestationKey: TestKey
  readonly applicationKey: TestKey
  readonly attributes: Readonly<Record<keyof typeof ATTRIBUTES, number>>
  /** DER. */
  readonly certificate: Uint8Array
  readonly chain: readonly Uint8Array[]
  /** Changes to the attestation key's public area, after its attributes. */
  readonly attestationArea?: Partial<PublicArea>
}

/** TPMT_PUBLIC of an endorsement key on P-256. */
export function endorsementPublicOf(key: TestKey, attributes: number = ATTRIBUTES.endorsement): Bytes {
  const area = parsePublic(attestationPublicOf(key, attributes))
  return marshalPublic({ ...area, symmetricBits: 128, scheme: undefined, authPolicy: sha256('endorsement policy') })
}

const CLOCK = { clock: 1_000n, resetCount: 1, restartCount: 0, safe: true, firmwareVersion: '0000000000000001' }

export interface ForgedStatement {
  readonly claim: TpmClaim
  readonly quote: QuoteClaim
}

/** @param bound what certification and quote say they were made for. */
export async function forgeClaim(
  tpm: ForgedTpm,
  bound: { readonly certify: Uint8Array; readonly quote: Uint8Array },
  pcrs: readonly number[],
): Promise<ForgedStatement> {
  const { attestationKey, applicationKey, endorsementKey, attributes } = tpm
  const area = { ...parsePublic(attestationPublicOf(attestationKey, attributes.attestation)), ...tpm.attestationArea }
  const applicationPublic = attestationPublicOf(applicationKey, attributes.application)
  const values = Object.fromEntries(pcrs.map((index) => [index, '00'.repeat(32)]))
  return {
    claim: {
      keyKind: 'tpm',
      applicationKey: toBase64Url(applicationKey.spki),
      applicationPublic: toBase64Url(applicationPublic),
      attestationPublic: toBase64Url(marshalPublic(area)),
      endorsementPublic: toBase64Url(endorsementPublicOf(endorsementKey, attributes.endorsement)),
      endorsementCertificate: toBase64Url(tpm.certificate),
      endorsementChain: tpm.chain.map(toBase64Url),
      certify: await forgeCertify(attestationKey, { subjectPublic: applicationPublic, binding: bound.certify }),
    },
    quote: await forgeQuote(attestationKey, {
      binding: bound.quote,
      counters: { ...CLOCK, clock: Number(CLOCK.clock) },
      pcrs: values,
    }),
  }
}

/** TPM2_Certify's answer, as a restricted key would sign it. `magic` is that of what was made inside a TPM. */
export async function forgeCertify(
  key: TestKey,
  { subjectPublic, binding, magic = 0xff544347 }: { subjectPublic: Uint8Array; binding: Uint8Array; magic?: number },
): Promise<Attested> {
  const name = nameOf(subjectPublic)
  const attested = concatBytes(
    ...[u32(magic), u16(0x8017), sized(new Uint8Array(34)), sized(binding)],
    ...[new Uint8Array(8), u32(CLOCK.resetCount), u32(CLOCK.restartCount), Uint8Array.of(1), new Uint8Array(8)],
    ...[sized(name), sized(name)],
  )
  const raw = await key.sign(attested)
  const signature = concatBytes(u16(ALG.ecdsa), u16(ALG.sha256), sized(raw.slice(0, 32)), sized(raw.slice(32)))
  return { attested: toBase64Url(attested), signature: toBase64Url(signature) }
}
