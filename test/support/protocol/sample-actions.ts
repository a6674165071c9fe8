import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import type { ActionReport } from '../../../src/protocol/gate/action.ts'
import type { Evidence } from '../../../src/protocol/messages/evidence.ts'

const TIME = Date.UTC(2026, 10, 25, 12)

/** A different action for each number. */
export function sampleAction(number: number, change: Partial<ActionReport> = {}): ActionReport {
  return {
    id: `act_${toBase64Url(sha256(`action ${number}`).slice(0, 16))}`,
    time: TIME + number,
    client: 'claude-code',
    session: '5a'.repeat(16),
    tool: { kind: 'shell', name: 'Bash' },
    hash: toBase64Url(sha256(`content ${number}`)),
    user: { id: '1000', name: 'ada' },
    decision: 'allowed',
    rules: [],
    ...change,
  }
}

export const actionEvidence: Pick<Evidence, 'actions' | 'actionsDropped'> = {
  actions: [
    {
      id: 'act_EBESExQVFhcYGRobHB0eHw',
      time: TIME,
      client: 'claude-code',
      session: '5a'.repeat(16),
      tool: { kind: 'shell', name: 'Bash' },
      hash: toBase64Url(sha256('an action')),
      user: { id: '1000', name: 'ada' },
      agent: '3e'.repeat(16),
      decision: 'denied',
      rules: ['no-force-push'],
      shadow: ['no-network'],
    },
    {
      id: 'act_ICEiIyQlJicoKSorLC0uLw',
      time: TIME + 1_000,
      client: 'codex',
      session: '6b'.repeat(16),
      tool: { kind: 'mcp', name: 'create_issue', server: 'tracker' },
      hash: toBase64Url(sha256('another action')),
      user: { id: '1001', name: 'bob' },
      decision: 'approved',
      rules: ['ask-before-mcp'],
      approval: 'apr_MDEyMzQ1Njc4OTo7PD0-Pw',
      outcome: 'done',
      arguments: '{"title":"a bug"}',
    },
  ],
  actionsDropped: 12,
}
