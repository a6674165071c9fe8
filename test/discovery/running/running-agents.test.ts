import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { MatchMemory } from '../../../src/discovery/running/agent-marks.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import type { CodeSignature } from '../../../src/system/processes/process-details.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { findAgents, partsIn } from '../../support/processes/find-agents.ts'

const NODE = '/usr/bin/node'

function entry(
  pid: number,
  executable: string,
  argv: readonly string[],
  more: Partial<ProcessEntry> = {},
): ProcessEntry {
  const tty = {
    parentPid: 50,
    startTicks: pid * 10,
    userId: '1000',
    sessionId: 50,
    ttyNumber: 34816,
    comm: 'MainThread',
  }
  return { pid, executable, argv, ...tty, ...more }
}

const DETACHED = (pid: number): Partial<ProcessEntry> => ({ sessionId: pid, ttyNumber: 0 })

function find(
  processes: readonly ProcessEntry[],
  seen: { environment?: Readonly<Record<number, readonly string[]>>; installed?: readonly string[] } = {},
): AgentSighting[] {
  return findAgents(
    processes.map((process) => ({ ...process, environmentNames: seen.environment?.[process.pid], sessionMarkers: {} })),
    {
      installed: (id) => seen.installed?.includes(id) === true,
      versionAt: (id, path) =>
        id === 'opencode' && path.startsWith('/x/node_modules/opencode-ai/') ? '1.18.33' : undefined,
    },
  )
}

const recordOf = (process: ProcessEntry): ProcessRecord => ({ ...process, sessionMarkers: {} })

const idsAndPids = (found: readonly AgentSighting[]) =>
  found.map(({ catalogueId, process }) => [catalogueId, process?.pid])

test('reports a running agent with its process, flags and why, and no other argument', () => {
  const executable = '/home/alice/.local/share/claude/versions/2.1.197'
  const argv = [
    'claude',
    '-p',
    'the prompt sk-ant-secret',
    '--dangerously-skip-permissions',
    '--permission-mode',
    'sk-ant-secret',
  ]
  const child = entry(101, '/usr/bin/bash', ['bash', '-c', 'x'], { parentPid: 100, ...DETACHED(101) })
  const found = find([entry(100, executable, argv), child], { environment: { 101: ['PATH', 'CLAUDECODE'] } })
  expect(found).toEqual([
    {
      kind: 'agent',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Claude Code',
      catalogueId: 'claude-code',
      vendor: 'Anthropic',
      version: '2.1.197',
      user: { id: '1000', name: 'alice' },
      evidence: [`executable ${executable}`, 'environment marker CLAUDECODE'],
      state: 'running',
      agentKind: 'cli-agent',
      process: { pid: 100, startTicks: 1000, bootId: 'boot', parentPid: 50, executable },
      flags: ['--dangerously-skip-permissions', '-p'],
      autonomy: { level: 'autonomous', because: [{ by: 'flag', name: '--dangerously-skip-permissions' }] },
      attribution: {
        how: 'direct',
        because: 'its session has a terminal',
        human: { id: '1000', name: 'alice' },
        session: { id: '50', kind: 'terminal', tty: 'pts/0' },
      },
      parts: [
        { role: 'agent', pid: 100, startTicks: 1000, parentPid: 50, executable, because: 'the agent itself' },
        { role: 'tool', pid: 101, startTicks: 1010, parentPid: 100, executable: '/usr/bin/bash', because: 'child' },
      ],
    },
  ])
})

test.each<[string, string, readonly string[]]>([
  ['claude-code', '/x/node_modules/@anthropic-ai/claude-code/bin/claude.exe', ['claude']],
  ['claude-code', NODE, ['node', '/x/node_modules/@anthropic-ai/claude-code/cli.js']],
  ['codex', '/x/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex', ['codex']],
  ['codex', NODE, ['node', '/x/node_modules/.bin/codex']],
  ['codex', '/usr/local/bin/codex', ['codex', 'exec']],
  ['gemini-cli', NODE, ['/usr/bin/node', '--max-old-space-size=8192', '/home/alice/.npm-global/bin/gemini']],
  [
    'gemini-cli',
    '/home/alice/.nvm/versions/node/v24.1.0/bin/node',
    ['node', '/home/alice/.nvm/versions/node/v24.1.0/bin/gemini'],
  ],
  ['opencode', '/x/node_modules/opencode-ai/bin/opencode.exe', ['opencode']],
  ['opencode', '/home/alice/.opencode/bin/opencode', ['opencode']],
  ['copilot-cli', '/x/node_modules/@github/copilot-linux-x64/copilot', ['/x/copilot']],
  ['qwen-code', NODE, ['node', '--expose-gc', '/x/node_modules/@qwen-code/qwen-code/cli.js']],
  ['cline-cli', '/x/node_modules/@cline/cli-linux-x64/bin/cline', ['cline']],
  ['aider', '/usr/bin/python3.13', ['/x/.venv/bin/python', '/x/.venv/bin/aider', '--yes']],
  ['aider', '/usr/bin/python3.13', ['python3', '-m', 'aider']],
  [
    'aider',
    '/usr/bin/python3.13',
    ['/home/alice/.local/share/uv/tools/aider-chat/bin/python', '/home/alice/.local/bin/aider'],
  ],
  ['cursor-agent', '/home/alice/.local/share/cursor-agent/versions/2026.11.1/node', ['cursor-agent', 'index.js']],
  ['crush', '/x/node_modules/@charmland/crush/bin/crush', ['crush']],
  ['droid', '/x/node_modules/@factory/cli-linux-x64/bin/droid', ['droid']],
  ['kiro-cli', '/home/alice/.local/bin/kiro-cli', ['kiro-cli', 'chat']],
  ['auggie', NODE, ['node', '/x/node_modules/.bin/auggie']],
  ['amp', '/x/node_modules/@ampcode/cli/bin/amp.exe', ['amp']],
])('%s is known by %s', (id, executable, argv) => {
  expect(idsAndPids(find([entry(100, executable, argv)]))).toEqual([[id, 100]])
})

test.each<[string, string, readonly string[]]>([
  ['an editor with a file named for an agent', '/usr/bin/vim.basic', ['vim', 'gemini-notes.md']],
  ['a search for an agent', '/usr/bin/grep', ['grep', 'claude', '-r', '.']],
  ['a look at an agent', '/usr/bin/cat', ['cat', '/usr/local/bin/claude']],
  ['a folder called codex', NODE, ['node', '/home/alice/codex/server.js']],
  ['a script called gemini in a project', NODE, ['node', '/home/alice/code/gemini']],
  ['a shell script called claude', '/usr/bin/bash', ['bash', '/home/alice/bin/claude']],
  ['a debug build called codex', '/home/alice/codex/target/debug/codex', ['codex']],
  ['code that names an agent', NODE, ['node', '-e', 'spawn("/x/node_modules/.bin/codex")']],
  ['an installer of an agent', NODE, ['node', '/x/node_modules/@anthropic-ai/claude-code/install.cjs']],
  ['npm installing an agent', NODE, ['npm install @anthropic-ai/claude-code', '', '']],
  ['an agent named in an argument', NODE, ['node', '/x/server.js', '/x/node_modules/.bin/gemini']],
  ['another program that calls itself claude', '/usr/bin/sleep', ['claude', '60']],
  ['the AWS program called copilot', '/usr/local/bin/copilot', ['copilot', 'deploy']],
  ['the migration tool called goose', '/home/alice/go/bin/goose', ['goose', 'up']],
  ['a node that calls itself pi', NODE, ['pi', '', '', '']],
  ['a language server', NODE, ['node', '/x/node_modules/.bin/typescript-language-server', '--stdio']],
  ['a package that lies inside an agent', NODE, ['node', '/x/node_modules/@google/gemini-cli/node_modules/x/index.js']],
  ['a python that imports an agent', '/usr/bin/python3', ['python3', '-c', 'import aider']],
])('%s is no agent', (_, executable, argv) => {
  expect(find([entry(100, executable, argv, { comm: 'claude' })])).toEqual([])
})

test('a kernel thread and a process we may not see are passed over', () => {
  expect(find([{ ...entry(2, '', []), executable: undefined, comm: 'codex' }])).toEqual([])
})

test('a wrapper and the program it starts are one agent', () => {
  const native = '/x/node_modules/@openai/codex-linux-x64/vendor/x86_64/bin/codex'
  const found = find([
    entry(101, native, ['codex', '--full-auto'], { parentPid: 100 }),
    entry(100, NODE, ['node', '/x/node_modules/.bin/codex', '--full-auto']),
  ])
  expect(found).toEqual([
    expect.objectContaining({
      catalogueId: 'codex',
      process: expect.objectContaining({ pid: 100 }),
      flags: ['--full-auto'],
      evidence: [`script /x/node_modules/.bin/codex run by ${NODE}`, `executable ${native}`],
    }),
  ])
})

test('a daemon that an agent detached is its helper, and a sighting after it ends', () => {
  const native = '/x/node_modules/@openai/codex-linux-x64/vendor/x86_64/bin/codex'
  const release = '/home/alice/.codex/packages/app-server-daemon/releases/0.169.0-x86_64/bin/codex'
  const daemon = entry(102, release, ['codex', 'app-server', '--managed-daemon'], { parentPid: 100, ...DETACHED(102) })
  const agent = entry(100, native, ['codex'])
  expect(find([agent, daemon]).map(partsIn)).toEqual([['agent 100', 'helper 102']])
  // Handed over to the first process, by nothing but what it is.
  const left = find([agent, { ...daemon, parentPid: 1 }])
  expect(left.map(({ parts }) => parts?.at(-1)?.because)).toEqual(['helper program of the same user'])
  expect(find([{ ...daemon, parentPid: 1 }])).toEqual([
    expect.objectContaining({
      flags: ['app-server', '--managed-daemon'],
      evidence: [`executable ${release}`, 'a session of its own, no terminal'],
    }),
  ])
})

test('a helper under another name is part of its agent wherever it runs', () => {
  const native = '/x/node_modules/@openai/codex-linux-x64/vendor/x86_64/bin/codex'
  const helper = entry(102, native, ['codex-linux-sandbox', '--', 'ls'], { parentPid: 100, ...DETACHED(102) })
  expect(idsAndPids(find([entry(100, native, ['codex']), helper]))).toEqual([['codex', 100]])
})

test('an agent that an agent started through a shell is another agent', () => {
  const executable = '/home/alice/.local/share/claude/versions/2.1.197'
  const found = find([
    entry(100, executable, ['claude']),
    entry(101, '/usr/bin/bash', ['bash', '-c', 'claude -p x'], { parentPid: 100, ...DETACHED(101) }),
    entry(102, executable, ['claude', '-p', 'x'], { parentPid: 101, sessionId: 101, ttyNumber: 0 }),
  ])
  expect(idsAndPids(found)).toEqual([
    ['claude-code', 100],
    ['claude-code', 102],
  ])
})

test.each([
  ['an installation', { installed: ['pi'] }],
  ['a marker in a child', { environment: { 101: ['PI_CODING_AGENT'] } }],
])('a title counts with %s', (_, seen) => {
  const child = entry(101, '/usr/bin/bash', ['bash'], { parentPid: 100 })
  expect(idsAndPids(find([entry(100, NODE, ['pi', '', '']), child], seen))).toEqual([['pi', 100]])
})

test('a name that others bear counts with an installation', () => {
  const goose = entry(100, '/home/alice/.local/bin/goose', ['goose', 'session'])
  expect(idsAndPids(find([goose], { installed: ['goose'] }))).toEqual([['goose', 100]])
})

test('the version is that of the installation which holds the executable', () => {
  const found = find([entry(100, '/x/node_modules/opencode-ai/bin/opencode.exe', ['opencode'])])
  expect(found.map(({ version }) => version)).toEqual(['1.18.33'])
})

test('an agent whose file was replaced keeps its version, or has none if never seen', () => {
  const executable = '/x/node_modules/opencode-ai/bin/opencode.exe'
  const wrapper: ProcessRecord = recordOf(entry(100, NODE, ['node', '/x/node_modules/opencode-ai/bin/opencode']))
  const native: ProcessRecord = recordOf(entry(101, executable, ['opencode'], { parentPid: 100 }))
  const state = { version: '1.18.33', file: executable }
  const lookWith = (matches: MatchMemory) =>
    findAgents([wrapper, native], {
      matches,
      versionAt: () => state.version,
      details: { executableNow: ({ pid }) => (pid === 101 ? state.file : NODE) },
    }).map(({ version }) => version)
  const matches = new MatchMemory()
  expect(lookWith(matches)).toEqual(['1.18.33'])
  state.version = '1.19.0'
  // Read anew, and nothing was replaced.
  expect(lookWith(matches)).toEqual(['1.19.0'])
  Object.assign(state, { version: '1.20.0', file: `${executable} (deleted)` })
  expect(lookWith(matches)).toEqual(['1.19.0'])
  expect(lookWith(new MatchMemory())).toEqual([undefined])
})

test('a path that says the version says it though its file was deleted', () => {
  const executable = '/home/alice/.local/share/claude/versions/2.1.197'
  const found = findAgents([recordOf(entry(100, executable, ['claude']))], {
    details: { executableNow: () => `${executable} (deleted)` },
  })
  expect(found.map(({ version }) => version)).toEqual(['2.1.197'])
})

test('parents in a circle end', () => {
  const native = '/home/alice/.opencode/bin/opencode'
  const found = find([
    entry(100, native, ['opencode'], { parentPid: 101 }),
    entry(101, native, ['opencode'], { parentPid: 100 }),
  ])
  expect(found.length).toBeGreaterThan(0)
})

test('controls in a path do not reach the evidence', () => {
  const found = find([entry(100, '/x\n\u001b[2J/node_modules/opencode-ai/bin/opencode.exe', ['opencode'])])
  expect(found[0]?.evidence).toEqual(['executable /x\\n\\x1b[2J/node_modules/opencode-ai/bin/opencode.exe'])
})

test.each<[string, CodeSignature]>([
  [
    'signed as com.anthropic.claude-code by team Q6L2SF6YDW',
    { identifier: 'com.anthropic.claude-code', team: 'Q6L2SF6YDW', kind: 'team' },
  ],
  ['signed as com.apple.node by the system', { identifier: 'com.apple.node', team: undefined, kind: 'system' }],
  ['signed as node by nobody who answers for it', { identifier: 'node', team: undefined, kind: 'ad-hoc' }],
])('on macOS evidence says who answers for the program: %s', (expected, signature) => {
  const claude = recordOf(entry(100, '/home/alice/.local/share/claude/versions/2.1.197', ['claude']))
  const [found] = findAgents([claude], { details: { signature: () => signature } })
  expect(found?.evidence).toContain(expected)
})
