import type { AgentState } from '../../../../src/discovery/matching/agent-state.ts'
import type { Autonomy } from '../../../../src/protocol/sighting.ts'
import { findAgents } from '../../../support/processes/find-agents.ts'
import { CLAUDE, NODE, processRecord } from '../../../support/processes/process-record.ts'

const ALICE = { id: '1000', name: 'alice' }
const SETTINGS = { by: 'configuration', name: 'permissions.defaultMode=bypassPermissions', path: '/s' } as const
const ASKS = { by: 'configuration', name: 'permissions.defaultMode=default', path: '/a' } as const
const autonomous: Autonomy = { level: 'autonomous', because: [SETTINGS] }
const state = (more: Partial<AgentState>): AgentState => ({ catalogueId: 'claude-code', user: ALICE, ...more })
const PROJECTS = [{ workspace: '/home/alice/code', autonomy: autonomous }]

function levelOf(args: readonly string[], states: readonly AgentState[] = [], workingFolder = '/home/alice/code/x') {
  const [found] = findAgents([processRecord(100, CLAUDE, ['claude', ...args], { workingFolder })], { states })
  return { level: found?.autonomy?.level, because: found?.autonomy?.because.map(({ name }) => name) }
}

const BY_DEFAULT = 'asks unless told otherwise'
test.each<[string, readonly string[], readonly AgentState[], string, readonly string[]]>([
  ['nothing said', [], [], 'asks', [BY_DEFAULT]],
  ['a flag', ['--dangerously-skip-permissions'], [], 'autonomous', ['--dangerously-skip-permissions']],
  ['a flag that only means nobody watches', ['-p', 'x'], [], 'asks', [BY_DEFAULT]],
  ['a word of the prompt', ['-p', 'yolo', '--', '--dangerously-skip-permissions'], [], 'asks', [BY_DEFAULT]],
  ['its settings', [], [state({ autonomy: autonomous })], 'autonomous', [SETTINGS.name]],
  [
    'a flag and its settings',
    ['--permission-mode', 'auto'],
    [state({ autonomy: autonomous })],
    ...(['autonomous', ['--permission-mode=auto', SETTINGS.name]] as const),
  ],
  ['settings that ask', [], [state({ autonomy: { level: 'asks', because: [ASKS] } })], 'asks', [ASKS.name]],
  [
    'a flag over settings that ask',
    ['--dangerously-skip-permissions'],
    [state({ autonomy: { level: 'asks', because: [ASKS] } })],
    ...(['autonomous', ['--dangerously-skip-permissions', ASKS.name]] as const),
  ],
  [
    'a flag that only allows the mode',
    ['--allow-dangerously-skip-permissions'],
    [],
    ...(['asks', [BY_DEFAULT, '--allow-dangerously-skip-permissions']] as const),
  ],
  [
    'a mode that edits without asking',
    ['--permission-mode', 'acceptEdits'],
    [],
    ...(['asks', [BY_DEFAULT, '--permission-mode=acceptEdits']] as const),
  ],
  [
    'a mode that edits without asking, and its settings',
    ['--permission-mode', 'acceptEdits'],
    [state({ autonomy: autonomous })],
    ...(['autonomous', [SETTINGS.name, '--permission-mode=acceptEdits']] as const),
  ],
  [
    'a mode that asks, over its settings',
    ['--permission-mode', 'plan'],
    [state({ autonomy: autonomous })],
    ...(['asks', ['--permission-mode=plan', SETTINGS.name]] as const),
  ],
  [
    'a mode that asks, and a flag that does not',
    ['--permission-mode', 'plan', '--dangerously-skip-permissions'],
    [],
    ...(['autonomous', ['--dangerously-skip-permissions']] as const),
  ],
  [
    'a project that it was told to trust',
    [],
    [state({ projects: PROJECTS.map((each) => ({ ...each, trust: 'given' })) })],
    ...(['autonomous', [SETTINGS.name]] as const),
  ],
  [
    'a project that it may trust',
    [],
    [state({ projects: PROJECTS.map((each) => ({ ...each, trust: 'unknown' })) })],
    ...(['unknown', [SETTINGS.name]] as const),
  ],
  [
    'a project that it may trust, and its own settings',
    [],
    [state({ autonomy: autonomous, projects: PROJECTS.map((each) => ({ ...each, trust: 'unknown' })) })],
    ...(['autonomous', [SETTINGS.name, SETTINGS.name]] as const),
  ],
  [
    'a project that it may trust, and a flag',
    ['--permission-mode', 'plan'],
    [state({ projects: PROJECTS.map((each) => ({ ...each, trust: 'unknown' })) })],
    ...(['asks', ['--permission-mode=plan', SETTINGS.name]] as const),
  ],
  ['the project it works in', [], [state({ projects: PROJECTS })], 'autonomous', [SETTINGS.name]],
  [
    'settings of somebody else',
    [],
    [state({ user: { id: '1001', name: 'bob' }, autonomy: autonomous })],
    'asks',
    [BY_DEFAULT],
  ],
  ['settings of another agent', [], [state({ catalogueId: 'codex', autonomy: autonomous })], 'asks', [BY_DEFAULT]],
])('claude is judged by %s', (_, args, states, level, because) => {
  expect(levelOf(args, states)).toEqual({ level, because })
})

const REAL = {
  claude: CLAUDE,
  goose: '/home/alice/.local/bin/goose',
  opencode: '/x/node_modules/opencode-ai/bin/opencode.exe',
  codex: '/x/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex',
  copilot: '/x/node_modules/@github/copilot-linux-x64/copilot',
}
/** As npm starts those that are scripts. */
function startOf(command: string, args: readonly string[], environmentNames: readonly string[] = ['PATH']) {
  const executable = command in REAL ? REAL[command as keyof typeof REAL] : NODE
  const argv = executable === NODE ? ['node', `/usr/local/bin/${command}`, ...args] : [command, ...args]
  const [found] = findAgents([processRecord(100, executable, argv, { environmentNames })], { installed: () => true })
  return { autonomy: found?.autonomy, flags: found?.flags }
}

test.each<[string, readonly string[], readonly string[]]>([
  ['codex', ['-c', 'approval_policy="never"'], ['-c approval_policy=never']],
  ['codex', ['--config=approval_policy=never', 'exec'], ['--config approval_policy=never', 'exec']],
  ['codex', ['-anever'], ['-a=never']],
  ['gemini', ['--yolo=true'], ['--yolo']],
  ['copilot', ['--allow-all-tools=true'], ['--allow-all-tools']],
  ['copilot', ['--allow-all'], ['--allow-all']],
  ['cline', ['--auto-approve', 'true'], ['--auto-approve=true']],
  ['aider', ['--yes-always', '--auto-commits'], ['--yes-always', '--auto-commits']],
  ['qwen', ['--approval-mode', 'plan', '--yolo'], ['--yolo', '--approval-mode=plan']],
])('%s %j acts without asking', (command, args, flags) => {
  expect(startOf(command, args)).toMatchObject({ autonomy: { level: 'autonomous' }, flags })
})

test.each<[string, readonly string[], readonly string[]]>([
  ['codex', ['-c', 'model="never"'], []],
  ['codex', ['-c', 'profiles.wild.approval_policy="never"'], []],
  ['codex', ['-m', 'o3', 'exec', 'approval_policy=never'], ['exec']],
  ['gemini', ['--yolo=false'], []],
  // They edit files without asking, and run nothing.
  ['gemini', ['--approval-mode', 'auto_edit'], ['--approval-mode=auto_edit']],
  ['qwen', ['--approval-mode=auto-edit'], ['--approval-mode=auto-edit']],
  // They loosen something else.
  ['copilot', ['--allow-all-paths', '--allow-all-urls'], ['--allow-all-paths', '--allow-all-urls']],
  ['codex', ['--dangerously-bypass-hook-trust'], ['--dangerously-bypass-hook-trust']],
  ['aider', ['--auto-commits'], ['--auto-commits']],
  // It does not by default.
  ['cline', ['--auto-approve', 'false'], ['--auto-approve=false']],
])('%s %j asks', (command, args, flags) => {
  expect(startOf(command, args)).toMatchObject({ autonomy: { level: 'asks' }, flags })
})

test('follows the flags of each of its processes, to ask or to act', () => {
  const levelWith = (args: readonly string[]) => {
    const second = processRecord(101, CLAUDE, ['claude', ...args], { parentPid: 100, sessionId: 100 })
    const states = [state({ autonomy: { level: 'asks', because: [ASKS] } })]
    const found = findAgents([processRecord(100, CLAUDE, ['claude'], { sessionId: 100 }), second], { states })
    return found.map(({ autonomy, flags }) => [autonomy?.level, autonomy?.because[0]?.by, flags])
  }
  expect(levelWith(['--permission-mode', 'plan'])).toEqual([['asks', 'configuration', ['--permission-mode=plan']]])
  expect(levelWith(['--permission-mode', 'auto'])).toEqual([['autonomous', 'flag', ['--permission-mode=auto']]])
})

test('a project it does not work in says nothing', () => {
  expect(levelOf([], [state({ projects: PROJECTS })], '/home/alice/codebase').level).toBe('asks')
})

test('reports unknown for an agent whose default is not known', () => {
  const [found] = findAgents([processRecord(100, NODE, ['node', '/usr/local/bin/auggie'])])
  expect(found?.name).toBe('Auggie')
  expect(found?.autonomy).toEqual({ level: 'unknown', because: [] })
})

test('the account, and when it was last used, come from the home of its user', () => {
  const account = { name: 'alice@example.com', path: '/home/alice/.claude.json' }
  const states = [state({ account, lastUsedAt: 7 }), state({ user: { id: '1001', name: 'bob' }, lastUsedAt: 9 })]
  expect(findAgents([processRecord(100, CLAUDE, ['claude'])], { states })).toEqual([
    expect.objectContaining({ account, lastUsedAt: 7 }),
  ])
})

describe('in a container, whose home was not read', () => {
  const standing = {
    cgroup: `/docker/${'a'.repeat(64)}`,
    rootMount: 'overlay overlay rw',
    pidNamespace: 'pid:[2]',
    loginUserId: undefined,
    auditSession: undefined,
    workingFolder: '/srv/app',
  }
  const states = [state({ account: { name: 'alice@example.com', path: '/home/alice/.claude.json' }, lastUsedAt: 7 })]
  const inside = (args: readonly string[]) => {
    const details = { standing: () => standing }
    const records = [processRecord(100, CLAUDE, ['claude', ...args])]
    return findAgents(records, { states, details, versionAt: () => '2.1.0', installed: () => true })[0]
  }

  test('reports nothing of our user with the same number, and its own home as unread', () => {
    const found = inside([])
    // The version is what its own path says.
    expect([found?.account, found?.lastUsedAt, found?.version]).toEqual([undefined, undefined, '2.1.197'])
    expect(found?.container).toEqual({ kind: 'docker', id: 'a'.repeat(64), unread: 'its-home' })
  })

  test('knows that it acts by its flag, but not that it asks', () => {
    expect(inside([])?.autonomy).toEqual({ level: 'unknown', because: [] })
    expect(inside(['--dangerously-skip-permissions'])?.autonomy).toEqual({
      level: 'autonomous',
      because: [{ by: 'flag', name: '--dangerously-skip-permissions' }],
    })
  })

  test('who acts without asking by default does so there', () => {
    const opencode = processRecord(100, '/x/node_modules/opencode-ai/bin/opencode.exe', ['opencode'])
    const [found] = findAgents([opencode], { states, details: { standing: () => standing } })
    expect([found?.catalogueId, found?.autonomy?.level]).toEqual(['opencode', 'autonomous'])
  })
})

const byEnvironment = (name: string) => ({ by: 'environment', name })
const byDefault = { by: 'default', name: BY_DEFAULT }
describe('started with a variable that puts its settings in an unread place', () => {
  const MANAGED: AgentState = { catalogueId: 'claude-code', autonomy: { level: 'asks', because: [ASKS] } }
  const record = (args: readonly string[], names: readonly string[]) =>
    processRecord(100, CLAUDE, ['claude', ...args], {
      workingFolder: '/home/alice/code/x',
      environmentNames: ['PATH', ...names],
    })
  const judged = (states: readonly AgentState[], args: readonly string[] = [], names = ['CLAUDE_CONFIG_DIR']) =>
    findAgents([record(args, names)], { states })[0]?.autonomy
  const moved = byEnvironment('CLAUDE_CONFIG_DIR')

  test.each<[string, readonly AgentState[]]>([
    ['the home says nothing', []],
    ['the home says that it acts', [state({ autonomy: autonomous })]],
    ['the home says that it asks', [state({ autonomy: { level: 'asks', because: [ASKS] } })]],
  ])('is unknown, though %s', (_, states) => {
    expect(judged(states)).toEqual({ level: 'unknown', because: [moved] })
  })

  test('is unknown, though its project asks', () => {
    const asks: Autonomy = { level: 'asks', because: [ASKS] }
    const project = { workspace: '/home/alice/code', autonomy: asks }
    expect(judged([state({ projects: [project] })])).toEqual({ level: 'unknown', because: [ASKS, moved] })
  })

  test('its project still counts, and its command line, and an administrator', () => {
    expect(judged([state({ projects: PROJECTS })])).toEqual({ level: 'autonomous', because: [SETTINGS, moved] })
    expect(judged([], ['--dangerously-skip-permissions'])?.level).toBe('autonomous')
    expect(judged([], ['--permission-mode', 'plan'])?.level).toBe('asks')
    expect(judged([MANAGED, state({ autonomy: autonomous })])).toEqual({ level: 'asks', because: [ASKS, moved] })
  })

  test('does not know which projects it trusts', () => {
    const trusted = { workspace: '/home/alice/code', autonomy: autonomous, trust: 'given' as const }
    expect(judged([state({ projects: [trusted] })])).toEqual({ level: 'unknown', because: [SETTINGS, moved] })
  })

  test('a variable of another agent moves nothing of it', () => {
    expect(judged([state({ autonomy: autonomous })], [], ['CODEX_HOME'])?.level).toBe('autonomous')
  })

  test.each<[string, string, string]>([
    ['codex', 'CODEX_HOME', 'unknown'],
    // Its databases alone.
    ['codex', 'CODEX_SQLITE_HOME', 'asks'],
    ['opencode', 'OPENCODE_CONFIG_CONTENT', 'unknown'],
    ['opencode', 'OPENCODE_DB', 'autonomous'],
    // No setting of it is known that could be moved.
    ['cline', 'CLINE_DIR', 'autonomous'],
  ])('%s with %s: %s', (command, name, level) => {
    expect(startOf(command, [], [name]).autonomy?.level).toBe(level)
  })
})

test.each<[string, string, readonly string[], string, readonly unknown[]]>([
  ['copilot', 'COPILOT_ALLOW_ALL', [], 'unknown', [byEnvironment('COPILOT_ALLOW_ALL')]],
  [
    'copilot',
    'COPILOT_ALLOW_ALL',
    ['--allow-all-tools'],
    ...(['autonomous', [{ by: 'flag', name: '--allow-all-tools' }]] as const),
  ],
  ['copilot', 'COPILOT_ALLOW_ALL_OF_IT', [], 'asks', [byDefault]],
  // They act without asking by default.
  ['goose', 'GOOSE_MODE', [], 'unknown', [byEnvironment('GOOSE_MODE')]],
  ['opencode', 'OPENCODE_PERMISSION', [], 'unknown', [byEnvironment('OPENCODE_PERMISSION')]],
  ['claude', 'IS_SANDBOX', [], 'asks', [byDefault, byEnvironment('IS_SANDBOX')]],
  ['claude', 'CLAUDE_CODE_ENABLE_AUTO_MODE', [], 'asks', [byDefault, byEnvironment('CLAUDE_CODE_ENABLE_AUTO_MODE')]],
  [
    'claude',
    'IS_SANDBOX',
    ['--permission-mode', 'plan'],
    ...(['asks', [{ by: 'flag', name: '--permission-mode=plan' }, byEnvironment('IS_SANDBOX')]] as const),
  ],
])('%s with the variable %s and %j: %s', (command, name, args, level, because) => {
  expect(startOf(command, args, ['PATH', name]).autonomy).toEqual({ level, because })
})
