import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import { createEvidenceBuilder } from '../../../src/daemon/evidence/evidence-builder.ts'
import type { Observed, Scope } from '../../../src/daemon/evidence/sightings-ledger.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { CHAIN_START } from '../../../src/daemon/spool/chain.ts'
import type { Spool } from '../../../src/daemon/spool/spool.ts'
import { sampleAgent } from '../../support/daemon/running-daemon.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { sampleRequest } from '../../support/protocol/approval-samples.ts'
import { claimEvidence } from '../../support/protocol/frame-samples.ts'

/** The directory shows the warnings that were reported last, so that the end of a warning must always be reported. */

const DAY_MS = 86_400_000
const chain = { device: 'dev_a', epoch: 1, posture: CHAIN_START.hash }

function setUp(write: (claims: Claims) => void = () => undefined, state = { isFailing: false }) {
  const clock = new FakeClock()
  const written: Claims[] = []
  const health = createHealth({ clock, onChange: (warnings) => evidence.reportHealth(warnings) })
  const evidence = createEvidenceBuilder(
    {
      clock,
      log: silentLog,
      health,
      state,
      spool: { chain } as unknown as Spool, // nothing else is used
      writer: {
        async write(claims) {
          write(claims)
          written.push(claims)
          return { sequence: written.length, jws: '' } as never // only these are used
        },
      },
    },
    { coalesceMs: 0 },
  )
  const ended = new AbortController()
  const running = evidence.run({ signal: ended.signal })
  const settled = async () => {
    await evidence.settled({ signal: ended.signal })
  }
  return {
    clock,
    written,
    health,
    evidence,
    settled,
    async [Symbol.asyncDispose]() {
      ended.abort()
      await running
    },
  }
}

const codesIn = (batches: readonly Claims[]) =>
  batches.flatMap(({ health }) => (health === undefined ? [] : [health.map(({ code }) => code)]))

test('reports an empty list of warnings with the first evidence, and never alone', async () => {
  await using builder = setUp()
  await builder.settled()
  expect(builder.written).toEqual([])
  builder.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  await builder.settled()
  expect(builder.written).toEqual([{ findings: expect.anything(), health: [] }])
})

test('reports the end of a warning, also when everything is due again at that moment', async () => {
  await using builder = setUp()
  builder.evidence.reportObserved('all', { sightings: [], sources: [] })
  builder.health.raise('CLOCK_OFF')
  await builder.settled()
  expect(codesIn(builder.written)).toEqual([['CLOCK_OFF']])
  // Setting the clock makes a day pass at once.
  await builder.clock.advance(DAY_MS)
  builder.health.clear('CLOCK_OFF')
  await builder.settled()
  expect(codesIn(builder.written)).toEqual([['CLOCK_OFF'], []])
})

test.each([
  [
    'an error that is neither of the store nor of keys',
    new SuretyError('INPUT_TOO_LARGE', 'x'),
    ['Error INPUT_TOO_LARGE. Evidence'],
  ],
  ['an unexpected error', new Error('x'), ['Evidence cannot be created']],
  ['an error of the store, for which the spool has a warning', new SuretyError('STORE_FAILED', 'x'), []],
  ['a damaged key file, for which the keys have a warning', new SuretyError('STORE_CORRUPT', 'x'), []],
  ['an error of keys, for which the keys have a warning', new SuretyError('TPM_BUSY', 'x'), []],
])('warns while evidence cannot be written: %s', async (_, fault, expected) => {
  let failing = true
  await using builder = setUp(() => {
    if (failing) throw fault
  })
  builder.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  builder.evidence.flush()
  await builder.clock.advance(1_000)
  const warnings = builder.health.warnings().map(({ code, remedy }) => `${code}: ${remedy}`)
  expect(warnings).toEqual(expected.map((words) => expect.stringContaining(`EVIDENCE_FAILED: ${words}`)))
  failing = false
  await builder.clock.advance(10_000)
  await builder.settled()
  expect(builder.health.warnings()).toEqual([])
})

test('clears the warning about invalid items once a scan that covers them has none', async () => {
  await using builder = setUp()
  const hasWarning = () => builder.health.warnings().some(({ code }) => code === 'ITEM_REFUSED')
  const good: Observed = { sightings: [], sources: [] }
  const bad = { ...good, sightings: [{ ...sampleAgent, name: 'x'.repeat(257) }] }
  const report = ([scope, observed]: readonly [Scope, Observed]) => {
    builder.evidence.reportObserved(scope, observed)
    return hasWarning()
  }
  const scans = [
    ['processes', bad],
    ['part', good],
    ['processes', good],
    ['part', bad],
    ['part', good],
    ['processes', good],
    ['all', good],
    ['all', bad],
    ['processes', good],
    ['all', good],
  ] as const
  expect(scans.map(report)).toEqual([true, true, false, true, true, true, false, true, true, false])
  builder.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x'.repeat(1_001) }])
  builder.evidence.reportObserved('all', good)
  expect(hasWarning()).toBe(true)
  builder.evidence.reportFindings([])
  expect(hasWarning()).toBe(false)
})

test('keeps the warning about the state while the state still cannot be written', async () => {
  const state = { isFailing: true }
  await using builder = setUp(undefined, state)
  builder.health.raise('STATE_UNAVAILABLE')
  await builder.settled()
  builder.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  await builder.settled()
  expect(codesIn(builder.written)).toEqual([['STATE_UNAVAILABLE']])
  expect(builder.health.warnings().map(({ code }) => code)).toEqual(['STATE_UNAVAILABLE'])
  state.isFailing = false
  builder.evidence.reportFindings([])
  await builder.settled()
  expect(codesIn(builder.written)).toEqual([['STATE_UNAVAILABLE'], []])
})

test('reports an open agent claim once, and again with everything', async () => {
  await using builder = setUp()
  const claims = claimEvidence.agentClaims ?? []
  const reported = () =>
    builder.written.flatMap(({ agentClaims }) => (agentClaims === undefined ? [] : [agentClaims.map(({ id }) => id)]))
  const [first, second] = claims.map(({ id }) => id)
  builder.evidence.reportAgentClaims(claims.slice(0, 1))
  await builder.settled()
  builder.evidence.reportAgentClaims(claims)
  await builder.settled()
  expect(reported()).toEqual([[first], [second]])
  // The first is decided.
  builder.evidence.reportAgentClaims(claims.slice(1))
  await builder.settled()
  await builder.evidence.recordGap(
    { firstSequence: 1, lastSequence: 1, before: '', last: '' },
    { signal: new AbortController().signal },
  )
  builder.evidence.reportAllAgain()
  await builder.settled()
  expect(reported()).toEqual([[first], [second], [second]])
})

describe('an action that waits for a person', () => {
  const requestsIn = (batches: readonly Claims[]) =>
    batches.flatMap(({ approvalRequests }) => (approvalRequests === undefined ? [] : [approvalRequests]))

  test('is reported once, before everything else', async () => {
    await using builder = setUp()
    const request = { ...sampleRequest, until: builder.clock.now() + 60_000 }
    builder.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
    builder.evidence.reportApprovalRequest(request)
    builder.evidence.reportApprovalRequest(request)
    await builder.settled()
    expect(requestsIn(builder.written)).toEqual([[request]])
    expect(Object.keys(builder.written[0] ?? {})).toEqual(['approvalRequests'])
    await builder.settled()
    expect(requestsIn(builder.written)).toHaveLength(1)
  })

  test('is reported again after a failed write, unless it has ended by then', async () => {
    let fails = true
    await using builder = setUp(() => {
      if (fails) throw new SuretyError('STORE_FAILED', 'disk full')
    })
    const { clock, evidence } = builder
    const request = { ...sampleRequest, until: clock.now() + 60_000 }
    evidence.reportApprovalRequest({ ...request, id: 'apr_AAAAAAAAAAAAAAAAAAAAAA', until: clock.now() + 1_000 })
    evidence.reportApprovalRequest(request)
    await clock.advance(1_000)
    fails = false
    await clock.advance(10_000)
    await builder.settled()
    expect(requestsIn(builder.written)).toEqual([[request]])
  })
})
