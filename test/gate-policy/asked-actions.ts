import { newCedar } from '../../src/cedar/cedar.ts'
import { decider } from '../../src/cedar/decider.ts'
import {
  decideAction,
  type GatePolicy,
  type GateRuling,
  gatePolicy,
  type JudgedAction,
} from '../../src/gate-policy/decide-action.ts'
import { DEFAULT_GATE_TEXT } from '../../src/gate-policy/default-gate-policy.ts'
import { readGatePolicy } from '../../src/gate-policy/read-gate-policy.ts'

const cedar = newCedar()
const decides = decider(() => cedar)
const policy = readGatePolicy(DEFAULT_GATE_TEXT).then(gatePolicy)
const USUAL = {
  client: 'claude-code',
  folder: '/home/ada/project',
  home: '/home/ada',
  user: { id: '1000', name: 'ada' },
} as const

/** What differs from the usual. */
export type Asked = Partial<JudgedAction> & Pick<JudgedAction, 'tool'>

/** By the default. */
export async function rulingOf(action: Asked, recent: readonly string[] = []): Promise<GateRuling> {
  return rulingBy(await policy, action, recent)
}

export function rulingBy(one: GatePolicy, action: Asked, recent: readonly string[] = []): GateRuling {
  return decideAction(decides, one, { action: { ...USUAL, ...action }, recent, now: 1 })
}

export const shell = (command: string): Asked => ({ tool: { kind: 'shell', name: 'Bash' }, command })
export const write = (...paths: string[]): Asked => ({ tool: { kind: 'write', name: 'Write' }, paths })
export const read = (...paths: string[]): Asked => ({ tool: { kind: 'read', name: 'Read' }, paths })
export const network = (...hosts: string[]): Asked => ({ tool: { kind: 'network', name: 'WebFetch' }, hosts })
