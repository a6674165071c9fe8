import { utimesSync } from 'node:fs'
import { withStates } from '../../../src/discovery/installed/merge-agent-state.ts'
import type { AgentState } from '../../../src/discovery/matching/agent-state.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

async function look(home: FixtureHome) {
  return await scanHome(home, 'installed')
}

async function stateOf(home: FixtureHome, id: string) {
  return (await look(home)).states?.find(({ catalogueId }) => catalogueId === id)
}

function tokenOf(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
}

test('reports the account, settings and last use of an agent that is not installed', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { oauthAccount: { emailAddress: 'ada@example.org', accessToken: 'canary' } })
  home.write('.claude/settings.json', { permissions: { defaultMode: 'bypassPermissions', allow: ['canary'] } })
  home.write('.claude/history.jsonl', '{}')
  utimesSync(home.at('.claude/history.jsonl'), 1, 1_700_000_000)
  expect(await stateOf(home, 'claude-code')).toEqual({
    catalogueId: 'claude-code',
    user: ALICE,
    account: { provider: 'anthropic', name: 'ada@example.org', path: home.at('.claude.json') },
    autonomy: {
      level: 'autonomous',
      because: [
        {
          by: 'configuration',
          name: 'permissions.defaultMode=bypassPermissions',
          path: home.at('.claude/settings.json'),
        },
      ],
    },
    lastUsedAt: 1_700_000_000_000,
  })
})

test.each<[string, number, number, boolean]>([
  ['two files of the past: the later one', 100, 50, true],
  ['one that is a little ahead, as on a server whose clock is', 100, -0.002, true],
  ['one of tomorrow', 100, -1, false],
  ['one of 2099', 100, -27_000, false],
])('when it was last used: %s', async (_, daysAgo, otherDaysAgo, counts) => {
  using home = fixtureHome()
  const at = (days: number) => Math.trunc(Date.now() / 1000 - days * 86_400)
  home.write('.claude/history.jsonl', '{}')
  utimesSync(home.at('.claude/history.jsonl'), 1, at(otherDaysAgo))
  home.write('.claude/projects/p/1.jsonl', '{}')
  for (const path of ['.claude/projects/p/1.jsonl', '.claude/projects/p', '.claude/projects']) {
    utimesSync(home.at(path), 1, at(daysAgo))
  }
  const lastUsedAt = (await stateOf(home, 'claude-code'))?.lastUsedAt
  expect(Math.trunc((lastUsedAt ?? 0) / 1000 / 600)).toBe(Math.trunc(at(counts ? otherDaysAgo : daysAgo) / 600))
})

test('an agent whose only trace is of the future has left none', async () => {
  using home = fixtureHome()
  home.write('.claude/history.jsonl', '{}')
  utimesSync(home.at('.claude/history.jsonl'), 1, Date.UTC(2099, 0) / 1000)
  expect(await stateOf(home, 'claude-code')).toBeUndefined()
})

test.each<[string, string, string, unknown, string, string[]]>([
  [
    'claude-code',
    '.claude/settings.json',
    'a mode that asks',
    { permissions: { defaultMode: 'plan' } },
    'asks',
    ['permissions.defaultMode=plan'],
  ],
  [
    'claude-code',
    '.claude/settings.json',
    'a warning waved away',
    { skipDangerousModePermissionPrompt: true },
    'asks',
    ['asks unless told otherwise', 'skipDangerousModePermissionPrompt=true'],
  ],
  [
    'codex',
    '.codex/config.toml',
    'TOML',
    'approval_policy = "never"\nsandbox_mode = "danger-full-access"\n',
    'autonomous',
    ['approval_policy=never', 'sandbox_mode=danger-full-access'],
  ],
  [
    'codex',
    '.codex/config.toml',
    'a profile of its own',
    'approval_policy = "on-request"\n[profiles.wild]\napproval_policy = "never"\n',
    'asks',
    ['approval_policy=on-request', 'profiles.*.approval_policy=never'],
  ],
  [
    'gemini-cli',
    '.gemini/settings.json',
    'JSON with comments',
    '{ // mine\n "general": { "defaultApprovalMode": "yolo" }, }',
    // It is not honoured there.
    'asks',
    ['asks unless told otherwise', 'general.defaultApprovalMode=yolo'],
  ],
  [
    'zed',
    '.config/zed/settings.json',
    'one tool of many',
    { agent: { tool_permissions: { default: 'confirm', tools: { terminal: { default: 'allow' } } } } },
    'autonomous',
    ['agent.tool_permissions.tools.terminal.default=allow', 'agent.tool_permissions.default=confirm'],
  ],
  [
    'mistral-vibe',
    '.vibe/config.toml',
    'the agent that is taken',
    'default_agent = "auto-approve"\n',
    'autonomous',
    ['default_agent=auto-approve'],
  ],
  ['kimi-code', '.kimi/config.toml', 'a switch', 'default_yolo = true\n', 'autonomous', ['default_yolo=true']],
  [
    'rovodev',
    '.rovodev/config.yml',
    'YAML, nested',
    'toolPermissions:\n  bash:\n    default: allow\n',
    'autonomous',
    ['toolPermissions.bash.default=allow'],
  ],
  [
    'cortex-code',
    '.snowflake/cortex/permissions.json',
    'a switch beside a mode',
    { defaultMode: 'ask', dangerouslyAllowAll: true },
    'autonomous',
    ['dangerouslyAllowAll=true', 'defaultMode=ask'],
  ],
  [
    'vscode',
    '.config/Code/User/profiles/-1a2b/settings.json',
    'a profile of the editor',
    { 'chat.tools.global.autoApprove': true },
    'autonomous',
    ['chat.tools.global.autoApprove=true'],
  ],
  [
    'codex',
    '.codex/wild.config.toml',
    'a profile that may never be taken',
    'approval_policy = "never"\n',
    'asks',
    ['asks unless told otherwise', 'approval_policy=never'],
  ],
  [
    'opencode',
    '.config/opencode/opencode.json',
    'one word for all',
    { permission: 'allow' },
    'autonomous',
    ['permission=allow'],
  ],
  [
    'opencode',
    '.config/opencode/opencode.json',
    'a word for a tool',
    { permission: { bash: 'ask' } },
    'asks',
    ['permission.bash=ask'],
  ],
  [
    'qwen-code',
    '.qwen/settings.json',
    'nested',
    { tools: { approvalMode: 'yolo' } },
    'autonomous',
    ['tools.approvalMode=yolo'],
  ],
  [
    'amp',
    '.config/amp/settings.json',
    'a name with a dot',
    { 'amp.dangerouslyAllowAll': true },
    'autonomous',
    ['amp.dangerouslyAllowAll=true'],
  ],
  ['goose', '.config/goose/config.yaml', 'YAML', 'GOOSE_MODE: auto\n', 'autonomous', ['GOOSE_MODE=auto']],
])('%s in %s: %s', async (id, path, _, content, level, names) => {
  using home = fixtureHome()
  home.write(path, content)
  const autonomy = (await stateOf(home, id))?.autonomy
  expect([autonomy?.level, autonomy?.because.map(({ name }) => name)]).toEqual([level, names])
})

test.each<[string, unknown]>([
  ['a value that is not listed', { permissions: { defaultMode: 'canary-value' } }],
  ['a value of another kind', { permissions: { defaultMode: ['bypassPermissions'] } }],
  ['the word elsewhere', { defaultMode: 'bypassPermissions', env: { defaultMode: 'bypassPermissions' } }],
  ['a prototype', '{"permissions":{"__proto__":{"defaultMode":"bypassPermissions"}}}'],
])('%s says nothing', async (_, content) => {
  using home = fixtureHome()
  home.write('.claude/settings.json', content)
  const found = await look(home)
  const state = found.states?.find(({ catalogueId }) => catalogueId === 'claude-code')
  expect(state?.autonomy?.level ?? 'asks').toBe('asks')
  expect(JSON.stringify(found)).not.toContain('canary-value')
})

test('an account is the claim of a token, and the token goes nowhere', async () => {
  using home = fixtureHome()
  const token = tokenOf({ email: 'ada@example.org', sub: 'canary-subject' })
  home.write('.codex/auth.json', { OPENAI_API_KEY: 'canary-key', tokens: { id_token: token, refresh_token: 'canary' } })
  const found = await look(home)
  expect(found.states?.map(({ account }) => account)).toEqual([
    { provider: 'openai', name: 'ada@example.org', path: home.at('.codex/auth.json') },
  ])
  expect(JSON.stringify(found)).not.toMatch(/canary|e30\./)
})

test.each<[string, string, unknown]>([
  ['no token', '.codex/auth.json', { tokens: { id_token: 'ada@example.org' } }],
  ['a token of another kind', '.codex/auth.json', { tokens: { id_token: 'e30.%%%.x' } }],
  ['a claim that is no text', '.codex/auth.json', { tokens: { id_token: tokenOf({ email: { a: 1 } }) } }],
  ['a name that is a secret', '.gemini/google_accounts.json', { active: `ghp_${'a1'.repeat(18)}` }],
  ['a name of several words', '.gemini/google_accounts.json', { active: 'not a name' }],
  ['a name with escapes', '.gemini/google_accounts.json', { active: 'a\u001b[2J@b' }],
  ['a name that is too long', '.gemini/google_accounts.json', { active: 'a'.repeat(300) }],
  ['nobody', '.gemini/google_accounts.json', { active: null }],
])('%s names no account', async (_, path, content) => {
  using home = fixtureHome()
  home.write(path, content)
  expect((await look(home)).states?.flatMap(({ account }) => account ?? []) ?? []).toEqual([])
})

test('a project has settings of its own, and an installed agent tells of them', async () => {
  using home = fixtureHome()
  home.write('.local/lib/node_modules/@anthropic-ai/claude-code/package.json', {
    name: '@anthropic-ai/claude-code',
    version: '2.1.0',
  })
  home.write('.claude.json', { projects: { [home.at('wild')]: {}, [home.at('tame')]: {} } })
  home.write('wild/.claude/settings.local.json', { permissions: { defaultMode: 'bypassPermissions' } })
  home.write('tame/.claude/settings.json', { permissions: { defaultMode: 'plan' } })
  const { sightings, states } = await look(home)
  expect(states?.[0]?.projects?.map(({ workspace, autonomy }) => [workspace, autonomy.level])).toEqual([
    [home.at('wild'), 'autonomous'],
    [home.at('tame'), 'asks'],
  ])
  const [agent] = sightings
  expect(agent?.kind === 'agent' && agent.autonomy).toMatchObject({
    level: 'autonomous',
    because: [{ by: 'configuration', path: home.at('wild/.claude/settings.local.json') }, { by: 'default' }],
  })
})

test("an administrator's setting wins, and the latest use of a shared agent counts", () => {
  const agent: AgentSighting = {
    kind: 'agent',
    id: '0'.repeat(32),
    name: 'Codex CLI',
    catalogueId: 'codex',
    evidence: [],
    state: 'installed',
    agentKind: 'cli-agent',
  }
  const states: AgentState[] = [
    { catalogueId: 'codex', autonomy: { level: 'asks', because: [{ by: 'configuration', name: 'managed' }] } },
    { catalogueId: 'codex', user: ALICE, lastUsedAt: 5, autonomy: { level: 'autonomous', because: [] } },
    { catalogueId: 'codex', user: { id: '1', name: 'bob' }, lastUsedAt: 7, account: { name: 'bob', path: '/x' } },
  ]
  const told = withStates([{ ...agent, user: ALICE }, agent], states)
  expect(told.map(({ autonomy, account, lastUsedAt }) => [autonomy?.level, account, lastUsedAt])).toEqual([
    ['asks', undefined, 5],
    ['asks', undefined, 7],
  ])
})

test('reports files that name a process of an agent, with its start time', async () => {
  using home = fixtureHome()
  const processIdentity = { bootId: 'x', startTicks: 4711 }
  home.write('.codex/app-server-daemon/daemon.pid', { pid: 100, processIdentity })
  home.write('.codex/app-server-daemon/daemon-updater.pid', { pid: 101, processIdentity })
  home.write('.codex/app-server-daemon/old.pid', { pid: 102 })
  home.write('.codex/app-server-daemon/bad.pid', { pid: -1, processIdentity })
  home.write('.codex/app-server-daemon/text.pid', { pid: 'x1', processIdentity: { startTicks: '4711' } })
  home.write('.claude/sessions/200.json', { pid: 200, procStart: '4712', cwd: '/canary', peerToken: 'canary' })
  home.write('.claude/sessions/200.key', { pid: 201, procStart: '4712' })
  const path = (name: string) => home.at(`.codex/app-server-daemon/${name}`)
  const codex = (await stateOf(home, 'codex'))?.pidFiles
  expect(codex?.toSorted((a, b) => a.pid - b.pid)).toEqual([
    { path: path('daemon.pid'), pid: 100, startTicks: 4711 },
    { path: path('daemon-updater.pid'), pid: 101, startTicks: 4711 },
  ])
  const claude = await stateOf(home, 'claude-code')
  expect(claude?.pidFiles).toEqual([{ path: home.at('.claude/sessions/200.json'), pid: 200, startTicks: 4712 }])
  expect(JSON.stringify(claude)).not.toContain('canary')
})
