import { type Bytes, concatBytes, fromHex, toBase64Url, u64 } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { ALG } from '../../../src/crypto/tpm/algorithms.ts'
import type { TpmCounters } from '../../../src/crypto/tpm/attest.ts'
import { ATTRIBUTE, marshalPublic } from '../../../src/crypto/tpm/public-area.ts'
import { sized, u16, u32 } from '../../../src/crypto/tpm/structures.ts'
import type { QuoteClaim } from '../../../src/protocol/messages/frames.ts'
import type { TestKey } from '../protocol/test-keys.ts'

/** What a TPM would say whose attestation key we hold: quotes with any counters. */

const ATTESTATION_KEY =
  ATTRIBUTE.fixedTpm | ATTRIBUTE.fixedParent | ATTRIBUTE.sensitiveDataOrigin | ATTRIBUTE.restricted | ATTRIBUTE.sign

/** TPMT_PUBLIC. */
export function attestationPublicOf(key: TestKey, attributes: number = ATTESTATION_KEY): Bytes {
  const coordinate = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
  return marshalPublic({
    nameAlg: 'sha256',
    attributes,
    authPolicy: new Uint8Array(),
    symmetricBits: undefined,
    scheme: { kind: 'ecdsa', hash: 'sha256' },
    key: { type: 'ecc', curve: 'P-256', x: coordinate(key.jwk.x), y: coordinate(key.jwk.y) },
  })
}

export interface ForgedQuote {
  readonly binding: Uint8Array
  readonly counters: TpmCounters
  readonly pcrs: Readonly<Record<string, string>>
}

export async function forgeQuote(key: TestKey, { binding, counters, pcrs }: ForgedQuote): Promise<QuoteClaim> {
  const indices = Object.keys(pcrs)
    .map(Number)
    .sort((a, b) => a - b)
  const select = new Uint8Array(3)
  for (const index of indices) select[index >> 3] = (select[index >> 3] ?? 0) | (1 << (index & 7))
  const values = indices.map((index) => fromHex(pcrs[index] ?? '') ?? new Uint8Array())
  const attested = concatBytes(
    u32(0xff544347),
    u16(0x8018),
    sized(new Uint8Array(34)),
    sized(binding),
    u64(counters.clock),
    u32(counters.resetCount),
    u32(counters.restartCount),
    Uint8Array.of(counters.safe ? 1 : 0),
    u64(BigInt(`0x${counters.firmwareVersion}`)),
    u32(1),
    u16(ALG.sha256),
    Uint8Array.of(select.length),
    select,
    sized(sha256(concatBytes(...values))),
  )
  const raw = await key.sign(attested)
  const signature = concatBytes(u16(ALG.ecdsa), u16(ALG.sha256), sized(raw.slice(0, 32)), sized(raw.slice(32)))
  return { attested: toBase64Url(attested), signature: toBase64Url(signature), pcrs }
}
