import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import { createEvidenceBuilder } from '../../../src/daemon/evidence/evidence-builder.ts'
import { pack } from '../../../src/daemon/evidence/pack.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { CHAIN_START } from '../../../src/daemon/spool/chain.ts'
import type { Spool } from '../../../src/daemon/spool/spool.ts'
import type { ActionReport } from '../../../src/protocol/gate/action.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { sampleAction } from '../../support/protocol/sample-actions.ts'

/** Actions that agents asked the gate for, on their way into evidence. */

const SECOND = 1_000
const enrolled = { device: 'dev_a', epoch: 1, posture: CHAIN_START.hash }

function setUp({ write = () => undefined, chain = enrolled }: { write?: () => void; chain?: typeof enrolled } = {}) {
  const clock = new FakeClock()
  const written: Claims[] = []
  const spool = { chain }
  const evidence = createEvidenceBuilder(
    {
      clock,
      log: silentLog,
      health: createHealth({ clock, onChange: () => undefined }),
      state: { isFailing: false },
      spool: spool as unknown as Spool, // nothing else is used
      writer: {
        async write(claims) {
          write()
          written.push(claims)
          return { sequence: written.length, jws: '' } as never // only these are used
        },
      },
    },
    { coalesceMs: 0 },
  )
  const ended = new AbortController()
  const running = evidence.run({ signal: ended.signal })
  return {
    clock,
    written,
    evidence,
    spool,
    report: (...actions: readonly ActionReport[]) => {
      for (const action of actions) evidence.reportAction(action)
    },
    settled: () => evidence.settled({ signal: ended.signal }),
    ids: () => written.flatMap(({ actions = [] }) => actions.map(({ id }) => id)),
    dropped: () => written.reduce((sum, { actionsDropped = 0 }) => sum + actionsDropped, 0),
    async [Symbol.asyncDispose]() {
      ended.abort()
      await running
    },
  }
}

const many = (count: number, change: Partial<ActionReport> = {}, from = 0) =>
  Array.from({ length: count }, (_, at) => sampleAction(from + at, change))
const idsOf = (actions: readonly ActionReport[]) => actions.map(({ id }) => id)

test('an allowed action waits for another report, and each is reported once', async () => {
  await using builder = setUp()
  builder.report(sampleAction(1))
  await builder.clock.advance(SECOND)
  expect(builder.written).toEqual([])
  builder.evidence.reportFindings([{ check: 'os.supported', state: 'pass', detail: 'x' }])
  await builder.clock.advance(SECOND)
  expect(builder.written).toEqual([{ findings: expect.anything(), health: [], actions: [sampleAction(1)] }])
  builder.evidence.reportFindings([])
  await builder.settled()
  expect(builder.ids()).toHaveLength(1)
})

test('an allowed action waits for a minute at most', async () => {
  await using builder = setUp()
  builder.report(sampleAction(1))
  await builder.clock.advance(59 * SECOND)
  builder.report(sampleAction(2))
  expect(builder.written).toEqual([])
  await builder.clock.advance(2 * SECOND)
  expect(builder.written).toEqual([{ health: [], actions: [sampleAction(1), sampleAction(2)] }])
})

test('a hundred allowed actions do not wait', async () => {
  await using builder = setUp()
  builder.report(...many(99))
  await builder.clock.advance(SECOND)
  expect(builder.written).toEqual([])
  builder.report(sampleAction(99))
  await builder.clock.advance(SECOND)
  expect(builder.ids()).toEqual(idsOf(many(100)))
})

test.each(['denied', 'approved', 'refused', 'expired'] as const)(
  'an action that is %s does not wait',
  async (decision) => {
    await using builder = setUp()
    builder.report(sampleAction(1), sampleAction(2, { decision }))
    await builder.clock.advance(SECOND)
    expect(builder.ids()).toEqual(idsOf(many(2, {}, 1)))
  },
)

test('an action with its outcome takes the place of the one that waits', async () => {
  await using builder = setUp()
  const ended = sampleAction(1, { outcome: 'done' })
  builder.report(sampleAction(1), ended)
  await builder.settled()
  builder.report({ ...ended, outcome: 'failed' })
  await builder.settled()
  expect(builder.written.map(({ actions }) => actions)).toEqual([[ended], [{ ...ended, outcome: 'failed' }]])
})

test('an outcome that comes while its action is written is reported too', async () => {
  const before = sampleAction(1, { decision: 'denied' })
  const after = { ...before, outcome: 'failed' as const }
  await using builder = setUp({ write: () => builder.written.length === 0 && builder.report(after) })
  builder.report(before)
  await builder.clock.advance(SECOND)
  expect(builder.written.map(({ actions }) => actions)).toEqual([[before], [after]])
})

test('loses none while evidence cannot be written', async () => {
  let isFailing = true
  await using builder = setUp({
    write: () => {
      if (isFailing) throw new SuretyError('STORE_FAILED', 'disk full')
    },
  })
  builder.report(...many(3, { decision: 'denied' }))
  await builder.clock.advance(SECOND)
  expect(builder.written).toEqual([])
  isFailing = false
  await builder.clock.advance(10 * SECOND)
  expect(builder.ids()).toEqual(idsOf(many(3)))
})

test('waits while the device is not enrolled, and asks nothing meanwhile', async () => {
  await using builder = setUp({ chain: { ...enrolled, device: '' } })
  builder.report(sampleAction(1, { decision: 'denied' }))
  await builder.clock.advance(SECOND)
  expect([builder.written, builder.clock.sleeping]).toEqual([[], 0])
  builder.spool.chain = enrolled
  await builder.settled()
  expect(builder.ids()).toEqual([sampleAction(1).id])
})

test('drops allowed actions first, the oldest first, and says how many', async () => {
  await using builder = setUp({ chain: { ...enrolled, device: '' } })
  const [denied] = many(1, { decision: 'denied' })
  builder.report(...many(1, { decision: 'denied' }), ...many(2_009, {}, 1))
  builder.spool.chain = enrolled
  await builder.settled()
  expect([builder.dropped(), builder.ids()]).toEqual([10, [denied?.id, ...idsOf(many(1_999, {}, 11))]])
  builder.report(sampleAction(5_000))
  await builder.settled()
  expect(builder.written.at(-1)).toEqual({ actions: [sampleAction(5_000)] })
})

test('drops the oldest of those that were not allowed when there are no others', async () => {
  await using builder = setUp({ chain: { ...enrolled, device: '' } })
  builder.report(...many(2_002, { decision: 'denied' }))
  builder.spool.chain = enrolled
  await builder.settled()
  expect([builder.dropped(), builder.ids()]).toEqual([2, idsOf(many(2_000, {}, 2))])
})

test('leaves out what does not fit the protocol, and counts it', async () => {
  await using builder = setUp()
  builder.report(
    sampleAction(1, { id: 'act_1' }),
    sampleAction(2, { session: 'as the client names it' }),
    sampleAction(3, { rules: Array(9).fill('x') }),
    sampleAction(4, { decision: 'maybe' as 'denied' }), // no such decision
    sampleAction(5),
  )
  await builder.settled()
  expect([builder.dropped(), builder.ids()]).toEqual([4, [sampleAction(5).id]])
})

test('a program that asks all the time does not fill the spool', async () => {
  await using builder = setUp()
  for (let second = 0; second < 60; second++) {
    builder.report(...many(200, { decision: 'denied' }, second * 200))
    await builder.clock.advance(SECOND)
  }
  expect(builder.ids().length).toBeGreaterThanOrEqual(1_000)
  expect(builder.ids().length).toBeLessThan(2_000)
  await builder.settled()
  expect(builder.ids().length + builder.dropped()).toBe(12_000)
})

test('actions with long arguments share no batch that is too large', () => {
  const actions = many(256, { arguments: 'ⵣ'.repeat(2_048) })
  const batches = pack({
    receipts: [],
    stopEvents: [],
    approvalRequests: [],
    tamperSigns: [],
    logFaults: [],
    agentClaims: [],
    actions,
    actionsDropped: 1,
    sightings: undefined,
    snapshot: 's',
  })
  expect(batches.flatMap((batch) => batch.actions ?? [])).toEqual(actions)
  expect(batches.map(({ actionsDropped }) => actionsDropped)).toEqual([1, ...Array(batches.length - 1).fill(undefined)])
  for (const batch of batches) expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(80_000)
})
