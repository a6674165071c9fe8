import fc from 'fast-check'
import { reader } from '../../../src/base/schema.ts'
import { CHECKS } from '../../../src/checks/checks.ts'
import { type CurrentFinding, type ResultInput, readResult, resultOf } from '../../../src/directory/appraisal/result.ts'
import { DEFAULT_POLICY, type Policy } from '../../../src/directory/policy/policy.ts'
import { type AttestationResult, attestationResultSchema } from '../../../src/protocol/messages/attestation-result.ts'
import { TIERS } from '../../../src/protocol/tier.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const HOUR = 3_600_000
const POLICY: Policy = {
  checks: { 'disk.root-encrypted': 'required', 'network.firewall': 'required', 'tpm.present': 'advisory' },
  minimumTier: undefined,
  attestationFreshMs: 2 * HOUR,
  findingsFreshMs: 10 * HOUR,
}
const EVERYWHERE: Policy = { ...POLICY, checks: { ...POLICY.checks, 'network.firewall': 'required-everywhere' } }
const pass = (check: string): CurrentFinding => ({ check, state: 'pass', detail: 'fine' })
const fail = (check: string, since?: number): CurrentFinding => ({ check, state: 'fail', detail: 'broken', since })
const unknown = (check: string, since?: number): CurrentFinding => ({
  check,
  state: 'unknown',
  reason: 'no access',
  since,
})
const notApplicable = (check: string): CurrentFinding => ({
  check,
  state: 'not-applicable',
  reason: 'there is no such thing',
})
const GOOD = Object.keys(POLICY.checks).map(pass)

const input = (more: Partial<ResultInput> = {}): ResultInput => ({
  tier: 'tpm-attested',
  findings: GOOD,
  attestedAt: NOW - 1000,
  policy: POLICY,
  now: NOW,
  validForMs: HOUR,
  ...more,
})
const withFinding = (finding: CurrentFinding) =>
  input({ findings: [...GOOD.filter(({ check }) => check !== finding.check), finding] })
const short = ({ verdict, reasons }: AttestationResult) => ({ verdict, reasons })
const schemaReader = reader(attestationResultSchema, { name: 'result' })

test('all required checks pass, attested: compliant, until its time', () => {
  expect(resultOf(input())).toEqual({
    verdict: 'compliant',
    tier: 'tpm-attested',
    reasons: [],
    proven: expect.arrayContaining([
      expect.stringMatching(/TPM of a known maker/),
      expect.stringMatching(/boot measurements/),
    ]),
    reported: expect.arrayContaining([expect.stringMatching(/posture/)]),
    attestedAt: NOW - 1000,
    appraisedAt: NOW,
    validUntil: NOW + HOUR,
  })
})

const never = { check: 'attestation', state: 'unknown', reason: 'the device has not attested yet' }

test.each<[string, ResultInput, ReturnType<typeof short>]>([
  [
    'a required check fails',
    withFinding(fail('network.firewall', 5)),
    { verdict: 'not-compliant', reasons: [{ check: 'network.firewall', state: 'fail', reason: 'broken', since: 5 }] },
  ],
  [
    'a required check is unknown',
    withFinding(unknown('network.firewall', 6)),
    { verdict: 'unknown', reasons: [{ check: 'network.firewall', state: 'unknown', reason: 'no access', since: 6 }] },
  ],
  [
    'a required check is missing',
    input({ findings: GOOD.slice(1) }),
    {
      verdict: 'unknown',
      reasons: [{ check: 'disk.root-encrypted', state: 'unknown', reason: 'not reported by the device' }],
    },
  ],
  [
    'an advisory check fails',
    withFinding(fail('tpm.present')),
    { verdict: 'compliant', reasons: [{ check: 'tpm.present', state: 'fail', reason: 'broken', advisory: true }] },
  ],
  [
    'an advisory check is unknown',
    withFinding(unknown('tpm.present')),
    {
      verdict: 'compliant',
      reasons: [{ check: 'tpm.present', state: 'unknown', reason: 'no access', advisory: true }],
    },
  ],
  ['an advisory check is missing', input({ findings: GOOD.slice(0, 2) }), { verdict: 'compliant', reasons: [] }],
  [
    'a required check does not apply',
    withFinding(notApplicable('network.firewall')),
    { verdict: 'compliant', reasons: [] },
  ],
  [
    'an advisory check does not apply',
    withFinding(notApplicable('tpm.present')),
    { verdict: 'compliant', reasons: [] },
  ],
  [
    'a check that is required everywhere does not apply',
    { ...withFinding(notApplicable('network.firewall')), policy: EVERYWHERE },
    {
      verdict: 'not-compliant',
      reasons: [
        {
          check: 'network.firewall',
          state: 'fail',
          reason: 'the policy requires it on every system, and here it does not apply: there is no such thing',
        },
      ],
    },
  ],
  [
    'a check that is required everywhere passes and does not apply',
    input({ findings: [...GOOD, notApplicable('network.firewall')], policy: EVERYWHERE }),
    {
      verdict: 'not-compliant',
      reasons: [
        {
          check: 'network.firewall',
          state: 'fail',
          reason: 'the policy requires it on every system, and here it does not apply: there is no such thing',
        },
      ],
    },
  ],
  ['a check that is required everywhere passes', input({ policy: EVERYWHERE }), { verdict: 'compliant', reasons: [] }],
  [
    'a check that is required everywhere is missing',
    input({ findings: GOOD.filter(({ check }) => check !== 'network.firewall'), policy: EVERYWHERE }),
    {
      verdict: 'unknown',
      reasons: [{ check: 'network.firewall', state: 'unknown', reason: 'not reported by the device' }],
    },
  ],
  [
    'a check that fails and does not apply',
    input({ findings: [...GOOD, notApplicable('network.firewall'), fail('network.firewall')] }),
    { verdict: 'not-compliant', reasons: [{ check: 'network.firewall', state: 'fail', reason: 'broken' }] },
  ],
  [
    'a check that the policy does not name fails',
    input({ findings: [...GOOD, fail('session.screen-lock'), fail('later.check')] }),
    { verdict: 'compliant', reasons: [] },
  ],
  ['never attested', input({ attestedAt: undefined }), { verdict: 'unknown', reasons: [never as never] }],
  [
    'a fail outweighs what is unknown',
    input({ attestedAt: undefined, findings: [fail('network.firewall'), pass('disk.root-encrypted')] }),
    {
      verdict: 'not-compliant',
      reasons: [never as never, { check: 'network.firewall', state: 'fail', reason: 'broken' }],
    },
  ],
  [
    'a check that passes and fails',
    input({ findings: [...GOOD, fail('network.firewall')] }),
    { verdict: 'not-compliant', reasons: [{ check: 'network.firewall', state: 'fail', reason: 'broken' }] },
  ],
  [
    'a check that passes and is unknown',
    input({ findings: [unknown('network.firewall'), ...GOOD] }),
    { verdict: 'unknown', reasons: [{ check: 'network.firewall', state: 'unknown', reason: 'no access' }] },
  ],
  [
    'a refused attestation',
    input({ otherReasons: [{ check: 'attestation', state: 'fail', reason: 'refused' }] }),
    { verdict: 'not-compliant', reasons: [{ check: 'attestation', state: 'fail', reason: 'refused' }] },
  ],
  [
    'evidence that could not be taken in',
    input({ otherReasons: [{ check: 'attestation', state: 'unknown', reason: 'lost' }] }),
    { verdict: 'unknown', reasons: [{ check: 'attestation', state: 'unknown', reason: 'lost' }] },
  ],
  [
    'a tier below the minimum',
    input({ tier: 'software', policy: { ...POLICY, minimumTier: 'tpm' } }),
    {
      verdict: 'not-compliant',
      reasons: [{ check: 'tier', state: 'fail', reason: 'the tier is software, at least tpm is required' }],
    },
  ],
  [
    'simulated is below every minimum',
    input({ tier: 'simulated', policy: { ...POLICY, minimumTier: 'software' } }),
    {
      verdict: 'not-compliant',
      reasons: [{ check: 'tier', state: 'fail', reason: 'the tier is simulated, at least software is required' }],
    },
  ],
  [
    'a state that nobody knows',
    withFinding({ check: 'network.firewall', state: 'passed', reason: 'x' } as never),
    { verdict: 'unknown', reasons: [{ check: 'network.firewall', state: 'unknown', reason: 'x' }] },
  ],
  [
    'a weight that nobody knows counts as required',
    input({ findings: GOOD.slice(1), policy: { ...POLICY, checks: { 'disk.root-encrypted': 'optional' as never } } }),
    {
      verdict: 'unknown',
      reasons: [{ check: 'disk.root-encrypted', state: 'unknown', reason: 'not reported by the device' }],
    },
  ],
])('%s', (_, given, result) => expect(short(resultOf(given))).toEqual(result))

test('a finding that throws when it is looked at fails closed', () => {
  const state = {
    check: 'network.firewall',
    get state(): never {
      throw new Error('no')
    },
  }
  const name = {
    get check(): never {
      throw new Error('no')
    },
    state: 'pass',
  }
  const rest = GOOD.filter(({ check }) => check !== 'network.firewall')
  for (const finding of [state, name, null]) {
    expect(resultOf(input({ findings: [...rest, finding as never] })).verdict).toBe('unknown')
  }
})

test('reasons are bounded in length and number, and what is required comes first', () => {
  const checks = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`x.check-${at}`, 'required' as const]))
  const findings = Object.keys(checks).map((check) => ({ check, state: 'fail' as const, detail: 'x'.repeat(5000) }))
  const result = resultOf(input({ findings, policy: { ...POLICY, checks: { ...checks, 'y.advice': 'advisory' } } }))
  expect(schemaReader.read(result).reasons).toHaveLength(300)
  expect(schemaReader.read(readResult(result, NOW + 100 * HOUR)).reasons[0]?.check).toBe('freshness')
})

test.each(TIERS)('tier %s says what it proves, and nothing is proven before the first attestation', (tier) => {
  const { proven, reported } = resultOf(input({ tier }))
  expect(proven.some((text) => /boot measurements/.test(text))).toBe(tier === 'tpm-attested' || tier === 'tpm')
  expect(proven.length).toBeGreaterThan(0)
  expect(reported.some((text) => /posture/.test(text))).toBe(true)
  expect(resultOf(input({ tier, attestedAt: undefined })).proven).toEqual([])
})

test('of a simulated TPM it is said that its anchor exists only here', () => {
  expect(resultOf(input({ tier: 'simulated' })).proven.join()).toMatch(/anchor exists only here/)
})

describe('freshness', () => {
  test.each<[string, Partial<ResultInput>, number]>([
    ['as long as the caller says', {}, NOW + HOUR],
    ['no longer than the attestation', { attestedAt: NOW - 1.5 * HOUR }, NOW + 0.5 * HOUR],
    ['no longer than the findings', { findingsAt: NOW - 9.75 * HOUR }, NOW + 0.25 * HOUR],
    ['already past', { attestedAt: NOW - 3 * HOUR }, NOW - HOUR],
    [
      'an attestation of the future is not fresher',
      { attestedAt: NOW + 5 * HOUR, validForMs: 100 * HOUR },
      NOW + 2 * HOUR,
    ],
    [
      'findings of the future are not fresher',
      {
        findingsAt: NOW + 50 * HOUR,
        attestedAt: NOW,
        validForMs: 100 * HOUR,
        policy: { ...POLICY, attestationFreshMs: 99 * HOUR },
      },
      NOW + 10 * HOUR,
    ],
  ])('holds %s', (_, more, validUntil) => expect(resultOf(input(more)).validUntil).toBe(validUntil))

  const good = resultOf(input())
  const bad = resultOf(withFinding(fail('network.firewall')))

  test('a result in its time reads as it is', () => {
    expect(readResult(good, NOW)).toBe(good)
    expect(readResult(bad, good.validUntil)).toBe(bad)
  })

  test.each([
    ['compliant', good],
    ['not-compliant', bad],
  ])('%s after its time is stale, with the reason', (_, result) => {
    expect(readResult(result, result.validUntil + 1)).toEqual({
      ...result,
      verdict: 'stale',
      reasons: [
        {
          check: 'freshness',
          state: 'unknown',
          reason: 'no new attestation and report in time',
          since: result.validUntil,
        },
        ...result.reasons,
      ],
    })
  })

  test('a clock that went back does not make it fresher', () => {
    expect(readResult(good, NOW - 61_000).verdict).toBe('stale')
    expect(readResult(good, NOW - 365 * 24 * HOUR).reasons[0]?.check).toBe('freshness')
    expect(readResult(good, NOW - 1000).verdict).toBe('compliant')
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('at the time %s it is stale', (now) => {
    expect(readResult(good, now).verdict).toBe('stale')
  })
})

describe('the default policy', () => {
  test('weighs every check of the protocol and sets no minimum tier', () => {
    expect(Object.keys(DEFAULT_POLICY.checks).sort()).toEqual([...CHECKS].sort())
    expect(DEFAULT_POLICY.minimumTier).toBeUndefined()
  })

  test('finds a device compliant whose every check passes', () => {
    expect(resultOf(input({ policy: DEFAULT_POLICY, findings: CHECKS.map(pass) })).verdict).toBe('compliant')
  })
})

test('compliant only when every required check passes and nothing else spoils it', () => {
  const states = fc.constantFrom('pass', 'fail', 'unknown', 'not-applicable', 'absent')
  fc.assert(
    fc.property(fc.record({ a: states, b: states, c: states, attested: fc.boolean() }), ({ a, b, c, attested }) => {
      const make = { pass, fail, unknown, 'not-applicable': notApplicable, absent: () => undefined }
      const isGood = (state: string) => state === 'pass' || state === 'not-applicable'
      const findings = [make[a]('disk.root-encrypted'), make[b]('network.firewall'), make[c]('tpm.present')]
      const result = resultOf(
        input({ findings: findings.flatMap((each) => each ?? []), attestedAt: attested ? NOW : undefined }),
      )
      schemaReader.read(result)
      return (result.verdict === 'compliant') === (isGood(a) && isGood(b) && attested)
    }),
  )
})
