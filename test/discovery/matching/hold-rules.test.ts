import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { agentEntries } from '../../../src/discovery/catalogue/reported-kind.ts'
import { holdRules } from '../../../src/discovery/matching/hold-rules.ts'
import { encodeRules } from '../../../src/system/enforcement/exec-gate-messages.ts'

const agents = agentEntries(builtInCatalogue())

/** As the gate compares: the name of the file, or a part of its path. */
function isHeld(path: string, selection: Parameters<typeof holdRules>[1][number] = {}): boolean {
  return holdRules(agents, [selection]).rules.some(
    ({ names, parts }) =>
      names.includes(path.slice(path.lastIndexOf('/') + 1)) || parts.some((part) => path.includes(part)),
  )
}

test.each([
  '/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js',
  '/home/ada/.local/share/claude/versions/2.1.0',
  '/home/ada/.npm-global/lib/node_modules/@openai/codex/bin/codex.js',
  '/home/ada/.opencode/bin/opencode',
  '/home/ada/project/node_modules/.bin/gemini',
  '/home/ada/.venv/bin/aider',
  'npm:@qwen-code/qwen-code',
])('%s is held', (path) => {
  expect(isHeld(path)).toBe(true)
})

test.each(['/usr/bin/node', '/bin/bash', '/usr/bin/git', '/home/ada/project/cli.js', '/usr/bin/claude-desktop-notes'])(
  '%s is not held',
  (path) => {
    expect(isHeld(path)).toBe(false)
  },
)

test('one product holds nothing of another', () => {
  const claude = '/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js'
  expect([isHeld(claude, { products: ['claude-code'] }), isHeld(claude, { products: ['codex'] })]).toEqual([
    true,
    false,
  ])
})

test('a package holds the agents that are known by it, of the products that are named', () => {
  const claude = '/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js'
  const packages = ['@anthropic-ai/claude-code']
  expect([
    isHeld(claude, { packages }),
    isHeld(claude, { packages, products: ['claude-code', 'codex'] }),
    isHeld('/usr/lib/node_modules/@openai/codex/bin/codex.js', { packages }),
    isHeld(claude, { packages, products: ['codex'] }),
    isHeld(claude, { packages: ['left-pad'] }),
  ]).toEqual([true, true, false, false, false])
})

test('makes no rule of a product that is unknown, and none of no selection', () => {
  expect(holdRules(agents, [{ products: ['of-tomorrow'] }]).rules).toEqual([])
  expect(holdRules(agents, []).rules).toEqual([])
})

test('the gate takes the rules of every product and of all', () => {
  const selections = [{}, { uids: [1000] }, ...agents.map(({ id }) => ({ products: [id] }))]
  for (const selection of selections) expect(() => encodeRules('/held', holdRules(agents, [selection]))).not.toThrow()
  expect(holdRules(agents, [{ products: ['codex'], uids: [1000] }]).rules).toMatchObject([{ uids: [1000] }])
})
