import { lastBatchFor } from '../../../src/daemon/control/last-batch.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { claimEvidence } from '../../support/protocol/frame-samples.ts'

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
