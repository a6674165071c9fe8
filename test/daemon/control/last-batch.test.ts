import type { Caller } from '../../../src/daemon/control/control-server.ts'
import { LastBatchView } from '../../../src/daemon/control/last-batch.ts'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import type { ActionReport } from '../../../src/protocol/gate/action.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { approvalEvidence, sampleRequest } from '../../support/protocol/approval-samples.ts'
import { claimEvidence } from '../../support/protocol/frame-samples.ts'
import { actionEvidence, sampleAction } from '../../support/protocol/sample-actions.ts'

const lastBatchFor = (claims: Claims | undefined, caller: Caller) => {
  const view = new LastBatchView()
  if (claims !== undefined) view.wrote(claims)
  return view.for(caller)
}
const { findings, sightings, sources } = sampleStatus()
const claims = { findings, sightings: { mode: 'delta' as const, items: sightings, gone: [] }, sources }

test('is empty before the first batch', () => {
  expect(lastBatchFor(undefined, { userId: '1000', isRoot: false })).toEqual({})
})

test('shows root the whole batch', () => {
  expect(lastBatchFor(claims, { userId: '0', isRoot: true })).toEqual({ claims })
})

test('shows a user no items of another user, and counts them', () => {
  const { claims: shown, leftOut } = lastBatchFor(claims, { userId: '1001', isRoot: false })
  expect(leftOut).toBe(2)
  expect(JSON.stringify(shown)).not.toContain('/home/alice')
  expect(lastBatchFor(claims, { userId: '1000', isRoot: false })).toEqual({ claims, leftOut: 0 })
})

test('shows a user their own agent claims alone, and root all', () => {
  const { agentClaims = [] } = claimEvidence
  expect(lastBatchFor({ agentClaims }, { userId: '1000', isRoot: false })).toEqual({
    claims: { agentClaims: agentClaims.slice(0, 1) },
    leftOut: 1,
  })
  expect(lastBatchFor({ agentClaims }, { userId: '0', isRoot: true })).toEqual({ claims: { agentClaims } })
})

test('shows a user the actions of their own agents alone that wait for a person', () => {
  expect(lastBatchFor(approvalEvidence, { userId: '1000', isRoot: false })).toEqual({
    claims: approvalEvidence,
    leftOut: 0,
  })
  expect(lastBatchFor(approvalEvidence, { userId: '1001', isRoot: false })).toEqual({
    claims: { approvalRequests: [] },
    leftOut: 1,
  })
  const root = lastBatchFor(approvalEvidence, { userId: '0', isRoot: true })
  expect(root).toEqual({ claims: { approvalRequests: [sampleRequest] } })
})

test('shows a user their own actions alone, and root all', () => {
  const { actions = [], actionsDropped } = actionEvidence
  const shown = (userId: string) => lastBatchFor({ actions, actionsDropped: 12 }, { userId, isRoot: userId === '0' })
  expect(shown('1000')).toEqual({ claims: { actions: actions.slice(0, 1), actionsDropped }, leftOut: 1 })
  expect(shown('1002')).toEqual({ claims: { actions: [], actionsDropped }, leftOut: 2 })
  expect(shown('0')).toEqual({ claims: actionEvidence })
})

describe('what is gone', () => {
  const ids = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(32))
  const [ofAda = '', ofBob = '', ofMachine = '', ofNobodyKnown = ''] = ids
  const agent = (id: string, user?: string) => ({
    kind: 'agent' as const,
    id,
    name: 'an agent',
    evidence: [],
    state: 'installed' as const,
    agentKind: 'cli',
    ...(user === undefined ? {} : { user: { id: user, name: user } }),
  })
  const delta = (items: ReturnType<typeof agent>[], gone: string[]) => ({
    sightings: { mode: 'delta' as const, items, gone },
  })
  const full = (part: number, items: ReturnType<typeof agent>[]) => ({
    sightings: { mode: 'full' as const, snapshot: 's', part, parts: 2, items },
  })

  test("is shown to a user if it was theirs or the machine's, also over several parts", () => {
    const view = new LastBatchView()
    view.wrote(full(0, [agent(ofAda, '1000'), agent(ofBob, '1001')]))
    view.wrote(full(1, [agent(ofMachine)]))
    view.wrote({ health: [] })
    view.wrote(delta([], ids))
    const goneFor = (userId: string, isRoot = false) => view.for({ userId, isRoot })
    expect(goneFor('1000')).toEqual({ claims: delta([], [ofAda, ofMachine]), leftOut: 2 })
    expect(goneFor('1001')).toEqual({ claims: delta([], [ofBob, ofMachine]), leftOut: 2 })
    expect(goneFor('1002')).toEqual({ claims: delta([], [ofMachine]), leftOut: 3 })
    expect(goneFor('0', true)).toEqual({ claims: delta([], ids) })
    expect(JSON.stringify(goneFor('1000'))).not.toContain(ofNobodyKnown)
  })

  test('is forgotten with the next batch, and by a new snapshot', () => {
    const view = new LastBatchView()
    view.wrote(delta([agent(ofMachine), agent(ofAda, '1000')], []))
    view.wrote(delta([], [ofAda]))
    view.wrote(delta([], [ofAda]))
    expect(view.for({ userId: '1000', isRoot: false })).toEqual({ claims: delta([], []), leftOut: 1 })
    view.wrote(full(0, []))
    view.wrote(delta([], [ofMachine]))
    expect(view.for({ userId: '1000', isRoot: false })).toEqual({ claims: delta([], []), leftOut: 1 })
  })
})

describe('the newest actions', () => {
  const caller = (userId: string) => ({ userId, isRoot: userId === '0' })
  const viewOf = (...batches: readonly (readonly ActionReport[])[]) => {
    const view = new LastBatchView()
    for (const actions of batches) view.wrote({ actions: [...actions] })
    return (userId: string) => view.actions(caller(userId))
  }
  const bob = { id: '1001', name: 'bob' }

  test('are those of all batches, the newest first, and of a user only their own', () => {
    const shown = viewOf([sampleAction(1), sampleAction(2, { user: bob })], [sampleAction(3)])
    expect(shown('1000')).toEqual([sampleAction(3), sampleAction(1)])
    expect(shown('1001')).toEqual([sampleAction(2, { user: bob })])
    expect(shown('1002')).toEqual([])
    expect(shown('0')).toEqual([sampleAction(3), sampleAction(2, { user: bob }), sampleAction(1)])
  })

  test('have the outcome that came later', () => {
    const ended = sampleAction(1, { outcome: 'failed' })
    expect(viewOf([sampleAction(1), sampleAction(2)], [ended])('1000')).toEqual([sampleAction(2), ended])
  })

  test('are bounded for each user, so that no user hides those of another', () => {
    const many = Array.from({ length: 300 }, (_, number) => sampleAction(number + 10))
    const shown = viewOf([sampleAction(1, { user: bob })], many)
    expect(shown('1000')).toEqual(many.slice(-100).toReversed())
    expect(shown('1001')).toHaveLength(1)
    const users = Array.from({ length: 60 }, (_, number) => ({ id: `${2_000 + number}`, name: 'x' }))
    const crowded = viewOf(...users.map((user, number) => [sampleAction(number, { user })]))
    expect([crowded('2000'), crowded('2059').length, crowded('0').length]).toEqual([[], 1, 50])
  })
})
