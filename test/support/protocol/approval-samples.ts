import { canonicalJson } from '../../../src/base/text/canonical-json.ts'
import type { Action, ApprovalRequest } from '../../../src/protocol/gate/action.ts'
import type { Evidence } from '../../../src/protocol/messages/evidence.ts'
import type { Order } from '../../../src/protocol/messages/order.ts'
import { ack, order } from './frame-samples.ts'

/** An action that waits for a person, and what became of it. */

export const sampleAction: Action = {
  client: 'claude-code',
  session: '7c1d0a52-0000-4000-8000-000000000000',
  tool: { kind: 'shell', name: 'Bash' },
  arguments: { command: 'git push --force origin main' },
  folder: '/home/ada/billing',
  user: { id: '1000', name: 'ada' },
}

export const sampleRequest: ApprovalRequest = {
  id: 'apr_MDEyMzQ1Njc4OTo7PD0-Pw',
  nonce: 'QEFCQ0RFRkdISUpLTE1OTw',
  until: ack.time + 120_000,
  time: ack.time,
  action: canonicalJson(sampleAction),
  agent: '3e'.repeat(16),
  approvers: ['owner'],
  reasons: [{ rule: 'force-push', reason: 'it replaces commits of others' }],
}

export const approvalEvidence: Pick<Evidence, 'approvalRequests'> = { approvalRequests: [sampleRequest] }

export const approvalOrder: Order = {
  ...order,
  number: 9,
  kind: 'approval',
  approval: {
    approval: sampleRequest.id,
    hash: ack.head,
    outcome: 'approved',
    by: 'Ada',
    scope: 'session',
    until: ack.time + 3_600_000,
  },
  reason: 'a person decided',
}

const { scope: _, until: __, ...decision } = approvalOrder.approval ?? { scope: '', until: 0 }

export const BAD_APPROVAL_ORDERS: readonly (readonly [name: string, order: object])[] = [
  ['about an approval, without one', { ...order, kind: 'approval' }],
  ['to attest, with an approval', { ...approvalOrder, kind: 'attest' }],
  ['that approves without a scope', { ...approvalOrder, approval: decision }],
  ['that denies with a scope', { ...approvalOrder, approval: { ...decision, outcome: 'denied', scope: 'once' } }],
  ['that approves a session without an end', { ...approvalOrder, approval: { ...decision, scope: 'session' } }],
  ['that approves once with an end', { ...approvalOrder, approval: { ...approvalOrder.approval, scope: 'once' } }],
]
