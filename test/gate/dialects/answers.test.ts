import { dialectOf } from '../../../src/gate/dialects/all-dialects.ts'
import type { HookOutput, Verdict } from '../../../src/gate/dialects/dialect.ts'
import { HOOK_CLIENTS, type HookClient } from '../../../src/protocol/gate/hook-clients.ts'
import { CLIENTS } from '../../support/processes/hook.ts'

const DENIAL: Verdict = { effect: 'deny', forAgent: 'Do not "rm"', forPerson: 'Ask Ben' }
const printed = (stdout: string): HookOutput => ({ exitCode: 0, stdout, stderr: '' })

const PRE_TOOL_USE =
  '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"Do not \\"rm\\""}'
const DENIALS: Readonly<Record<HookClient, HookOutput>> = {
  'claude-code': printed(`${PRE_TOOL_USE},"systemMessage":"Ask Ben"}`),
  codex: printed(`${PRE_TOOL_USE}}`),
  'copilot-cli': printed('{"permissionDecision":"deny","permissionDecisionReason":"Do not \\"rm\\""}'),
  cursor: printed('{"permission":"deny","user_message":"Ask Ben","agent_message":"Do not \\"rm\\""}'),
  'gemini-cli': printed('{"decision":"deny","reason":"Do not \\"rm\\"","systemMessage":"Ask Ben"}'),
  opencode: { exitCode: 2, stdout: '', stderr: 'Do not "rm"\n' },
  vscode: printed(`${PRE_TOOL_USE},"systemMessage":"Ask Ben"}`),
  windsurf: { exitCode: 2, stdout: '', stderr: 'Do not "rm"\n' },
}

test.each(HOOK_CLIENTS)('a denial for %s, to the letter', (client) => {
  expect(dialectOf(client).answer(DENIAL)).toEqual(DENIALS[client])
})

test.each(HOOK_CLIENTS)('%s gets the yes that its hook would print', (client) => {
  const { exitCode, stdout, stderr } = dialectOf(client).answer({ effect: 'allow' })
  expect({ code: exitCode, output: stdout, error: stderr }).toEqual(CLIENTS[client]?.yes)
})

test.each(HOOK_CLIENTS)('the no for %s has all that its hook would print', (client) => {
  const { exitCode, stdout, stderr } = dialectOf(client).answer({ effect: 'deny', forAgent: 'no', forPerson: 'no' })
  const ofHook = CLIENTS[client]?.no('no')
  expect([exitCode, stderr]).toEqual([ofHook?.code, ofHook?.error])
  const parsed = (text = '') => (text === '' ? '' : JSON.parse(text))
  expect([parsed(stdout)]).toMatchObject([parsed(ofHook?.output)])
})

test('only Copilot CLI shows progress, by one line', () => {
  const shown = HOOK_CLIENTS.filter((client) => dialectOf(client).progress !== undefined)
  expect(shown).toEqual(['copilot-cli'])
  expect(dialectOf('copilot-cli').progress?.('Waiting\nfor "Ben"')).toBe(
    '{"type":"progress","message":"Waiting for \\"Ben\\"","temporary":true}\n',
  )
})

const spoken = (forAgent: string) => dialectOf('windsurf').answer({ effect: 'deny', forAgent, forPerson: '' }).stderr

test.each([
  ['a\nb\r\n\tc\u2028d\u0085e', 'a b c d e'],
  ['\u001b[31mred\u0007', '[31mred'],
  ['left\u202eright\u2066\u200f', 'leftright'],
  ['zero\u200bwidth \u{e0041}tag', 'zerowidth tag'],
  ['half \ud83d pair', 'half pair'],
  ['  ', 'Surety denied this'],
  ['\u202e\n', 'Surety denied this'],
  ['größer 日本 👍', 'größer 日本 👍'],
])('a reason is one legible line: %j', (given, said) => {
  expect(spoken(given)).toBe(`${said}\n`)
})

test('a long reason is cut, and no character in two', () => {
  expect(spoken('x'.repeat(1500))).toBe(`${'x'.repeat(1500)}\n`)
  expect(spoken('x'.repeat(2_000_000))).toBe(`${'x'.repeat(1499)}…\n`)
  expect(spoken(`${'x'.repeat(1498)}👍👍`)).toBe(`${'x'.repeat(1498)}…\n`)
})

test('how long a client waits is known for each', () => {
  const seconds = Object.fromEntries(HOOK_CLIENTS.map((client) => [client, dialectOf(client).waitsSeconds]))
  expect(seconds).toMatchObject({ 'claude-code': 300, vscode: 30, windsurf: 30 })
  expect(Object.values(seconds).every((one) => one === 300 || one === 30)).toBe(true)
})
