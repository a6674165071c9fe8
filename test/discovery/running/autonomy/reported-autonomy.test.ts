import type { AgentState } from '../../../../src/discovery/matching/agent-state.ts'
import type { Autonomy } from '../../../../src/protocol/sighting.ts'
import { findAgents } from '../../../support/processes/find-agents.ts'
import { CLAUDE, NODE, processRecord } from '../../../support/processes/process-record.ts'

const CODEX = '/x/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex'
const COPILOT = '/x/node_modules/@github/copilot-linux-x64/copilot'

/** Level and flags of one that was started with `args`; as npm starts those that are scripts. */
function toldBy(command: string, args: readonly string[], states: readonly AgentState[] = []) {
  const executable = { claude: CLAUDE, codex: CODEX, copilot: COPILOT }[command] ?? NODE
  const argv = executable === NODE ? ['node', `/usr/local/bin/${command}`, ...args] : [command, ...args]
  const found = findAgents([processRecord(100, executable, argv)], { installed: () => true, states })
  expect(JSON.stringify(found)).not.toContain('CANARY')
  return [found[0]?.autonomy?.level, ...(found[0]?.autonomy?.because ?? []).map(({ name }) => name)]
}

const BY_DEFAULT = 'asks unless told otherwise'

test.each<[string, readonly string[], readonly string[]]>([
  ['gemini', ['-yp', 'CANARY'], ['autonomous', '-y']],
  ['gemini', ['--approvalMode', 'yolo'], ['autonomous', '--approval-mode=yolo']],
  ['qwen', ['--approvalMode=yolo'], ['autonomous', '--approval-mode=yolo']],
  ['qwen', ['--approvalMode', 'plan'], ['asks', '--approval-mode=plan']],
  ['gemini', ['--yolo', 'false'], ['asks', BY_DEFAULT]],
  ['gemini', ['-p', '-CANARY'], ['asks', BY_DEFAULT]],
  ['aider', ['--yes-al'], ['autonomous', '--yes-always']],
  ['aider', ['--yes-CANARY'], ['asks', BY_DEFAULT]],
  ['vibe', ['--agent', 'CANARY'], ['unknown', '--agent']],
  ['vibe', ['--agent=plan'], ['asks', '--agent=plan']],
  ['crush', ['-y'], ['autonomous', '-y']],
  ['claude', ['--settings', '{"permissions":{"defaultMode":"CANARY"}}'], ['unknown', '--settings']],
  ['claude', ['--settings=/CANARY.json'], ['unknown', '--settings']],
  ['claude', ['--settings', 'CANARY', '--permission-mode', 'plan'], ['asks', '--permission-mode=plan']],
  [
    'claude',
    ['--settings', 'CANARY', '--dangerously-skip-permissions'],
    ['autonomous', '--dangerously-skip-permissions'],
  ],
  ['codex', ['--profile', 'CANARY'], ['unknown', '--profile']],
  ['codex', ['-pCANARY'], ['unknown', '-p']],
  ['codex', ['-c', 'profile="CANARY"'], ['unknown', '-c profile']],
  ['codex', ['-p', 'CANARY', '-a', 'on-request'], ['asks', '-a=on-request']],
  ['copilot', ['--allow-tool', 'shell'], ['autonomous', '--allow-tool=shell']],
  ['copilot', ['--allow-tool', 'shell(CANARY)'], ['unknown', '--allow-tool']],
  ['copilot', ['--allow-tool', 'write'], ['unknown', '--allow-tool']],
  ['copilot', ['--deny-tool', 'shell'], ['asks', BY_DEFAULT]],
])('%s %j', (command, args, told) => expect(toldBy(command, args)).toEqual(told))

test('naming other settings hides nothing of those by which it acts', () => {
  const because: Autonomy['because'] = [{ by: 'configuration', name: 'approval_policy=never', path: '/c' }]
  const user = { id: '1000', name: 'alice' }
  const acting: AgentState[] = [{ catalogueId: 'codex', user, autonomy: { level: 'autonomous', because } }]
  expect(toldBy('codex', ['--profile', 'CANARY'], acting)).toEqual(['autonomous', 'approval_policy=never', '--profile'])
  const asking: AgentState[] = [{ catalogueId: 'codex', user, autonomy: { level: 'asks', because } }]
  expect(toldBy('codex', ['--profile', 'CANARY'], asking)).toEqual(['unknown', '--profile', 'approval_policy=never'])
})
