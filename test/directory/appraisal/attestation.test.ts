import { toBase64Url } from '../../../src/base/bytes.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import type { TpmCounters } from '../../../src/crypto/tpm/attest.ts'
import {
  type AttestationAppraisalInput,
  appraiseAttestation,
  type EnrolledKeys,
} from '../../../src/directory/appraisal/attestation.ts'
import { TIERS } from '../../../src/protocol/tier.ts'
import * as sample from '../../support/protocol/frame-samples.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { attestationPublicOf, forgeQuote } from '../../support/tpm/forged-quote.ts'

const key = testKey('attestation key')
const BINDING = sha256('binding')
const PCRS = { 0: '11'.repeat(32), 4: '22'.repeat(32), 7: '33'.repeat(32) }
const LAST: TpmCounters = {
  clock: 5000,
  resetCount: 7,
  restartCount: 2,
  safe: true,
  firmwareVersion: '0000000000000001',
}

const enrolled: EnrolledKeys = {
  tier: 'tpm-attested',
  attestationPublic: attestationPublicOf(key),
  counters: LAST,
  pcrs: PCRS,
}

interface Case {
  readonly counters?: Partial<TpmCounters>
  readonly pcrs?: Readonly<Record<string, string>>
  readonly enrolled?: Partial<EnrolledKeys>
}

async function inputOf(change: Case = {}): Promise<AttestationAppraisalInput> {
  const counters = { ...LAST, clock: 6000, ...change.counters }
  const quote = await forgeQuote(key, { binding: BINDING, counters, pcrs: change.pcrs ?? PCRS })
  return {
    attestation: { ...sample.attestation, binding: toBase64Url(BINDING), quote },
    binding: BINDING,
    pcrs: [0, 4, 7],
    enrolled: { ...enrolled, ...change.enrolled },
  }
}

function refusalOf(input: AttestationAppraisalInput): string | undefined {
  try {
    appraiseAttestation(input)
    return 'accepted'
  } catch (error) {
    return codeOf(error)
  }
}

test('accepts an unchanged machine a moment later, and returns its counters', async () => {
  expect(appraiseAttestation(await inputOf())).toEqual({
    counters: { ...LAST, clock: 6000 },
    pcrs: PCRS,
    changedPcrs: [],
    notes: [],
  })
})

describe('counters as laptops have them are accepted', () => {
  test.each<[string, Partial<TpmCounters>]>([
    ['after sleep', { restartCount: 3 }],
    ['after many sleeps', { restartCount: 300, clock: 5001 }],
    ['after an orderly reboot, restarts back at zero', { resetCount: 8, restartCount: 0 }],
    ['after a power loss, the clock behind and not safe', { resetCount: 8, restartCount: 0, clock: 4999, safe: false }],
    ['after a power loss, the clock safe again but behind', { resetCount: 8, restartCount: 0, clock: 10 }],
    ['with a clock behind that is not safe', { clock: 4000, safe: false }],
  ])('%s', async (_, counters) => expect(refusalOf(await inputOf({ counters }))).toBe('accepted'))

  test('at the first attestation after enrolment without counters', async () => {
    expect(refusalOf(await inputOf({ enrolled: { counters: undefined, pcrs: undefined } }))).toBe('accepted')
  })
})

describe('counters of a TPM that was cleared or set back are refused', () => {
  test.each<[string, Partial<TpmCounters>]>([
    ['resets back at zero', { resetCount: 0, restartCount: 0 }],
    ['one reset fewer', { resetCount: 6 }],
    ['one reset fewer, all else higher', { resetCount: 6, restartCount: 99, clock: 99_999 }],
    ['one reset fewer, not safe', { resetCount: 6, safe: false }],
    ['one restart fewer', { restartCount: 1 }],
    ['one restart fewer, not safe', { restartCount: 1, safe: false }],
    ['a safe clock that fell', { clock: 4999 }],
    ['a safe clock that stands still', { clock: 5000 }],
    ['a safe clock that fell, after sleep', { restartCount: 3, clock: 4999 }],
  ])('%s', async (_, counters) => {
    expect(refusalOf(await inputOf({ counters }))).toBe('ATTESTATION_COUNTER_REGRESSED')
  })
})

test('reports changed PCRs and firmware, without failing', async () => {
  const pcrs = { ...PCRS, 0: '44'.repeat(32), 7: '55'.repeat(32) }
  const counters = { safe: false, firmwareVersion: '0000000000000002' }
  expect(appraiseAttestation(await inputOf({ pcrs, counters }))).toEqual({
    counters: { ...LAST, clock: 6000, ...counters },
    pcrs,
    changedPcrs: [0, 7],
    notes: [
      "the TPM's firmware went from 0000000000000001 to 0000000000000002",
      'changed since the last attestation: PCR 0, 7',
      "the TPM's clock is not safe: it lost power",
    ],
  })
})

test('PCRs that were not quoted before are no change', async () => {
  expect(appraiseAttestation(await inputOf({ enrolled: { pcrs: { 0: PCRS[0] } } })).changedPcrs).toEqual([])
})

test('a key in no TPM attests by its signature over the binding alone', () => {
  const attestation = { ...sample.attestation, binding: toBase64Url(BINDING) }
  const input = { attestation, binding: BINDING, pcrs: [0], enrolled: { tier: 'software' } } as const
  expect(appraiseAttestation(input)).toEqual({ changedPcrs: [], notes: [] })
})

describe('refusals', () => {
  type Change = (input: AttestationAppraisalInput) => AttestationAppraisalInput
  const stranger = testKey('another attestation key')
  const withQuote =
    (quote: object): Change =>
    (input) => ({
      ...input,
      attestation: { ...input.attestation, quote: { ...input.attestation.quote, ...quote } as never }, // some are wrong
    })
  const withoutQuote: Change = ({ attestation: { quote: _, ...attestation }, ...input }) => ({ ...input, attestation })
  const withKeys =
    (keys: Partial<EnrolledKeys>): Change =>
    (input) => ({
      ...input,
      enrolled: { ...input.enrolled, ...keys },
    })

  test.each<[string, string, Change]>([
    [
      'the claim is bound to something else',
      'ATTESTATION_BINDING_MISMATCH',
      (input) => ({ ...input, binding: sha256('x') }),
    ],
    [
      'the claim alone is bound to it',
      'ATTESTATION_BINDING_MISMATCH',
      (input) => ({
        ...input,
        binding: sha256('x'),
        attestation: { ...input.attestation, binding: toBase64Url(sha256('x')) },
      }),
    ],
    ['a TPM device that sends no quote', 'ATTESTATION_QUOTE_INVALID', withoutQuote],
    [
      'a quote by another key',
      'ATTESTATION_QUOTE_INVALID',
      withKeys({ attestationPublic: attestationPublicOf(stranger) }),
    ],
    [
      'a quote with another signature',
      'ATTESTATION_QUOTE_INVALID',
      withQuote({ signature: toBase64Url(new Uint8Array([0, 0x18, 0, 0x0b, 0, 1, 1, 0, 1, 1])) }),
    ],
    ['a signature that is none', 'TPM_STRUCTURE_MALFORMED', withQuote({ signature: '' })],
    ['a quote that is not base64url', 'FRAME_MALFORMED', withQuote({ attested: 'AB' })],
    ['another PCR value', 'ATTESTATION_PCR_MISMATCH', withQuote({ pcrs: { ...PCRS, 7: '00'.repeat(32) } })],
    [
      'a PCR value that was not quoted',
      'ATTESTATION_PCR_MISMATCH',
      withQuote({ pcrs: { ...PCRS, 8: '00'.repeat(32) } }),
    ],
    ['a PCR that was not asked for', 'ATTESTATION_PCR_MISMATCH', (input) => ({ ...input, pcrs: [0, 4] })],
    ['a PCR that is missing', 'ATTESTATION_PCR_MISMATCH', (input) => ({ ...input, pcrs: [0, 4, 7, 11] })],
    [
      'an attestation key that is not restricted',
      'ATTESTATION_KEY_ATTRIBUTES',
      withKeys({ attestationPublic: attestationPublicOf(key, 0x40072) }),
    ],
  ])('%s: %s', async (_, code, change) => expect(refusalOf(change(await inputOf()))).toBe(code))

  test.each(TIERS)('without a known attestation key a quote proves nothing, tier %s', async (tier) => {
    expect(refusalOf(await inputOf({ enrolled: { tier, attestationPublic: undefined } }))).toBe(
      'ATTESTATION_QUOTE_INVALID',
    )
  })

  test.each(['tpm-attested', 'tpm', 'simulated'] as const)(
    'tier %s without attestation key and quote',
    async (tier) => {
      const input = withKeys({ tier, attestationPublic: undefined })(withoutQuote(await inputOf()))
      expect(refusalOf(input)).toBe('ATTESTATION_QUOTE_INVALID')
    },
  )
})
