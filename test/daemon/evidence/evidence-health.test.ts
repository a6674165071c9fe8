import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { Claims } from '../../../src/daemon/evidence/claims.ts'
import { createEvidenceBuilder } from '../../../src/daemon/evidence/evidence-builder.ts'
import type { Observed, Scope } from '../../../src/daemon/evidence/sightings-ledger.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { CHAIN_START } from '../../../src/daemon/spool/chain.ts'
import type { Spool } from '../../../src/daemon/spool/spool.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { sampleAgent } from '../../support/running-daemon.ts'

/** What a directory holds of a device's health is what it was told last: that a warning is over must always be told. */

const DAY_MS = 86_400_000
const chain = { device: 'dev_a', epoch: 1, posture: CHAIN_START.hash }

function setUp(write: (claims: Claims) => void = () => undefined, state = { isFailing: false }) {
  const clock = new FakeClock()
  const told: Claims[] = []
  const health = createHealth({ clock, onChange: (warnings) => evidence.reportHealth(warnings) })
  const evidence = createEvidenceBuilder(
    {
      ...{ clock, log: silentLog, health, state },
      spool: { chain } as unknown as Spool, // nothing else of it is asked
      writer: {
        async write(claims) {
          write(claims)
          told.push(claims)
          return { sequence: told.length, jws: '' } as never // only these are looked at
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
    ...{ clock, told, health, evidence, settled },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await running
    },
  }
}

const codesIn = (told: readonly Claims[]) =>
  told.flatMap(({ health }) => (health === undefined ? [] : [health.map(({ code }) => code)]))

test('that there is no warning is told with the first evidence, for one of an earlier run may be known; alone it is none', async () => {
  await using house = setUp()
  await house.settled()
  expect(house.told).toEqual([])
  house.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  await house.settled()
  expect(house.told).toEqual([{ findings: expect.anything(), health: [] }])
})

test('that a warning is over is told, also when everything is due to be told again at that moment', async () => {
  await using house = setUp()
  house.evidence.reportObserved('all', { sightings: [], sources: [] })
  house.health.raise('CLOCK_OFF')
  await house.settled()
  expect(codesIn(house.told)).toEqual([['CLOCK_OFF']])
  // The clock is set: a day goes by at once.
  await house.clock.advance(DAY_MS)
  house.health.clear('CLOCK_OFF')
  await house.settled()
  expect(codesIn(house.told)).toEqual([['CLOCK_OFF'], []])
})

test.each([
  [
    'a fault that is not of the store or of keys',
    new SuretyError('INPUT_TOO_LARGE', 'x'),
    ['Error INPUT_TOO_LARGE. Evidence'],
  ],
  ['an unforeseen one', new Error('x'), ['Evidence cannot be created']],
  ['one of the store, which the spool tells of', new SuretyError('STORE_FAILED', 'x'), []],
  ['a damaged file of the key, which who opens it tells of', new SuretyError('STORE_CORRUPT', 'x'), []],
  ['one of keys, which who opens them tells of', new SuretyError('TPM_BUSY', 'x'), []],
])('evidence that cannot be written is a warning until it can: %s', async (_, fault, said) => {
  let failing = true
  await using house = setUp(() => {
    if (failing) throw fault
  })
  house.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  house.evidence.hurry()
  await house.clock.advance(1_000)
  const warnings = house.health.warnings().map(({ code, remedy }) => `${code}: ${remedy}`)
  expect(warnings).toEqual(said.map((words) => expect.stringContaining(`EVIDENCE_FAILED: ${words}`)))
  failing = false
  await house.clock.advance(10_000)
  await house.settled()
  expect(house.health.warnings()).toEqual([])
})

test('that something was refused is over once a look that could find it refuses nothing', async () => {
  await using house = setUp()
  const refused = () => house.health.warnings().some(({ code }) => code === 'ITEM_REFUSED')
  const good: Observed = { sightings: [], sources: [] }
  const bad = { ...good, sightings: [{ ...sampleAgent, name: 'x'.repeat(257) }] }
  const seen = ([scope, observed]: readonly [Scope, Observed]) => {
    house.evidence.reportObserved(scope, observed)
    return refused()
  }
  const looks = [
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
  expect(looks.map(seen)).toEqual([true, true, false, true, true, true, false, true, true, false])
  house.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x'.repeat(1_001) }])
  house.evidence.reportObserved('all', good)
  expect(refused()).toBe(true)
  house.evidence.reportFindings([])
  expect(refused()).toBe(false)
})

test('that the state cannot be written is not over with the batch that tells of it', async () => {
  const state = { isFailing: true }
  await using house = setUp(undefined, state)
  house.health.raise('STATE_UNAVAILABLE')
  await house.settled()
  house.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  await house.settled()
  expect(codesIn(house.told)).toEqual([['STATE_UNAVAILABLE']])
  expect(house.health.warnings().map(({ code }) => code)).toEqual(['STATE_UNAVAILABLE'])
  state.isFailing = false
  house.evidence.reportFindings([])
  await house.settled()
  expect(codesIn(house.told)).toEqual([['STATE_UNAVAILABLE'], []])
})
