import { randomBytes } from 'node:crypto'
import { toBase64Url } from '../../src/base/bytes.ts'
import { newCedar } from '../../src/cedar/cedar.ts'
import { decider } from '../../src/cedar/decider.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { Gate, type HookQuestion } from '../../src/gate/gate.ts'
import type { FromGate } from '../../src/gate/gate-messages.ts'
import { gatePolicy } from '../../src/gate-policy/decide-action.ts'
import { readGatePolicy } from '../../src/gate-policy/read-gate-policy.ts'
import {
  type ActionReport,
  type ApprovalDecision,
  type ApprovalRequest,
  approvalMessage,
} from '../../src/protocol/gate/action.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** A gate in the process of the test, with rules of the test. */

export const DEVICE = 'dev_AAAAAAAAAAAAAAAAAAAAAA'
export const ADA = { id: '1000', name: 'ada', home: '/home/ada' }
export const BEN = { id: '1001', name: 'ben', home: '/home/ben' }

export const RULES = `
@id("usual") permit (principal, action, resource);
@id("reads-secret") @mark("secret")
permit (principal, action == Action::"read", resource is File) when { resource.name like "*/.env" };
@id("no-disk") @because("it destroys a disk") @possible("name a folder") @never("true")
forbid (principal, action == Action::"shell", resource) when { context.programs.contains("mkfs") };
@id("production") @because("it changes production") @ask("owner")
forbid (principal, action == Action::"shell", resource) when { context.programs.contains("terraform") };
@id("after-secret") @because("a secret was read") @ask("approver")
forbid (principal, action == Action::"network", resource) when { context.recent.contains("secret") };
@id("trial") @because("only tried") @shadow("true")
forbid (principal, action == Action::"shell", resource) when { context.programs.contains("curl") };
`
const decides = decider(() => newCedar())

export async function gateWith(rules = RULES) {
  const clock = new FakeClock()
  const sent: FromGate[] = []
  const gate = new Gate(
    { clock, random: (bytes) => new Uint8Array(randomBytes(bytes)), decider: decides, send: (one) => sent.push(one) },
    gatePolicy(await readGatePolicy(rules)),
  )
  const progress: string[] = []
  const reports = (): readonly ActionReport[] => sent.flatMap((one) => (one.kind === 'action' ? [one.report] : []))
  const requests = (): readonly ApprovalRequest[] =>
    sent.flatMap((one) => (one.kind === 'approval-request' ? [one.request] : []))
  return {
    gate,
    clock,
    progress,
    reports,
    requests,
    ask: (init: Partial<HookQuestion> & { readonly signal?: AbortSignal }) => {
      const { signal = new AbortController().signal, ...question } = init
      return gate.ask(
        { client: 'claude-code', document: bash('ls'), user: ADA, askedBy: [], ...question },
        { progress: (text) => progress.push(text), signal },
      )
    },
    decide(outcome: ApprovalDecision['outcome'], init: Partial<ApprovalDecision> = {}) {
      const request = requests().at(-1)
      if (request === undefined) throw new Error('nothing waits')
      return gate.decided({ ...decisionOf(request, outcome), ...init })
    },
  }
}

/** What Grace says to a request. */
export function decisionOf(request: ApprovalRequest, outcome: ApprovalDecision['outcome']): ApprovalDecision {
  return {
    approval: request.id,
    hash: toBase64Url(sha256(approvalMessage(DEVICE, request))),
    outcome,
    by: 'Grace',
    ...(outcome === 'approved' ? { scope: 'once' as const, until: request.until } : {}),
  }
}

/** What Claude Code writes to its hook. */
export function toolUse(tool: string, input: object, session = 's1'): string {
  return JSON.stringify({
    session_id: session,
    transcript_path: '/home/ada/.claude/x.jsonl',
    cwd: '/home/ada/project',
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: tool,
    tool_input: input,
    tool_use_id: 'toolu_1',
  })
}

export function bash(command: string, session?: string): string {
  return toolUse('Bash', { command }, session)
}

export function copilotBash(command: string): string {
  return JSON.stringify({
    sessionId: 's1',
    timestamp: 1,
    cwd: '/home/ada/project',
    toolName: 'bash',
    toolArgs: JSON.stringify({ command }),
  })
}
