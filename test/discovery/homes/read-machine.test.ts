import { createHash } from 'node:crypto'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { readMachine } from '../../../src/discovery/homes/read-machine.ts'
import type { FileStat } from '../../../src/system/files/files.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeFileReader, type FakeNode } from '../../support/fake-file-reader.ts'

/** All of root and closed to others, but for what is said. */
async function look(
  nodes: Readonly<Record<string, FakeNode>>,
  others: Readonly<Record<string, Partial<FileStat>>> = {},
) {
  const { trusted } = new FakeFileReader(nodes)
  const stat = async (path: string) => {
    const found = await trusted.stat(path)
    return found === undefined ? undefined : { ...found, owner: '0', ...others[path] }
  }
  return await readMachine({ files: { ...trusted, stat }, clock: new FakeClock() }, { catalogue: builtInCatalogue() })
}

async function lookAtFiles(...args: Parameters<typeof look>) {
  const { sightings, sources } = await look(...args)
  const files = sightings.flatMap((each) => (each.kind === 'agent-file' ? [each] : []))
  return { files, sources, json: JSON.stringify([sightings, sources]) }
}

test('reports a policy by owner and hash, for no user, and without its content', async () => {
  const policy = JSON.stringify({ permissions: { defaultMode: 'plan' }, env: { TOKEN: 'CANARY' } })
  const { files, json } = await lookAtFiles({ '/etc/claude-code/managed-settings.json': policy })
  expect(files).toEqual([
    {
      kind: 'agent-file',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'managed-settings.json',
      catalogueId: 'claude-code',
      vendor: 'Anthropic',
      evidence: ['policy of Claude Code'],
      fileKind: 'policy',
      client: 'claude-code',
      scope: 'managed',
      path: '/etc/claude-code/managed-settings.json',
      owner: '0',
      sizeBytes: policy.length,
      sha256: createHash('sha256').update(policy).digest('hex'),
      invisibleUnicode: false,
      writableByOthers: false,
    },
  ])
  expect(json).not.toContain('CANARY')
})

test.each([
  ['/etc/claude-code/managed-settings.d/50-company.json', 'policy'],
  ['/etc/claude-code/managed-mcp.json', 'policy'],
  ['/etc/claude-code/CLAUDE.md', 'instructions'],
  ['/etc/codex/requirements.toml', 'policy'],
  ['/etc/codex/skills/review/SKILL.md', 'skill'],
  ['/etc/cursor/hooks.json', 'policy'],
  ['/etc/gemini-cli/settings.json', 'policy'],
  ['/etc/gemini-cli/policies/deny.toml', 'policy'],
  ['/etc/github-copilot/policy.d/hooks.json', 'policy'],
  ['/etc/qwen-code/settings.json', 'policy'],
  ['/etc/windsurf/hooks.json', 'policy'],
  ['/etc/opencode/opencode.jsonc', 'policy'],
  ['/etc/ampcode/managed-settings.json', 'policy'],
  ['/etc/vscode/policy.json', 'policy'],
  ['/etc/cortex/managed-settings.json', 'policy'],
  ['/etc/grok/requirements.toml', 'policy'],
])('reports %s as %s', async (path, kind) => {
  const { files } = await lookAtFiles({ [path]: path.endsWith('.toml') ? 'a = 1' : '{}' })
  expect(files.map((file) => [file.path, file.fileKind, file.scope])).toEqual([[path, kind, 'managed']])
})

test.each([
  ['/opt/nodejs/v22/lib/node_modules', '/opt/nodejs/v22/bin'],
  ['/opt/node-v26.1.0-linux-x64/lib/node_modules', '/opt/node-v26.1.0-linux-x64/bin'],
  ['/opt/conda/envs/ai/lib/node_modules', '/opt/conda/envs/ai/bin'],
  ['/usr/local/share/nvm/versions/node/v24.1.0/lib/node_modules', '/usr/local/share/nvm/versions/node/v24.1.0/bin'],
])('what everybody has in %s and %s is installed', async (nodeModules, bin) => {
  const { sightings } = await look({
    [`${nodeModules}/droid/package.json`]: '{"name":"droid","version":"0.215.0"}',
    [`${bin}/droid`]: { link: `${nodeModules}/droid/bin/droid` },
    [`${bin}/kiro-cli`]: 'x',
  })
  const found = sightings.flatMap((each) =>
    each.kind === 'agent' ? [[each.catalogueId, each.version, each.path]] : [],
  )
  expect(found).toEqual([
    ['droid', '0.215.0', `${nodeModules}/droid`],
    ['kiro-cli', undefined, `${bin}/kiro-cli`],
  ])
})

test('reports hooks that an administrator requires of Grok, with what they run', async () => {
  const { files } = await lookAtFiles({
    '/etc/grok/requirements.toml': '[[hooks.PreToolUse]]\ncommand = "/opt/guard/check --key CANARY"\n',
    '/opt/guard/check': 'x',
  })
  expect(files.map(({ client, path, fileKind }) => [client, path, fileKind])).toEqual([
    ['grok-build', '/etc/grok/requirements.toml', 'policy'],
    ['grok-build', '/opt/guard/check', 'hook'],
  ])
})

test.each([
  ['config.toml', 'policy'],
  ['managed_config.toml', 'policy'],
  ['requirements.toml', 'policy'],
  ['hooks.json', 'hook'],
])('reports hooks of the whole machine in %s of Codex, and what they run', async (name, kind) => {
  const command = '/opt/guard/check --key CANARY'
  const json = { hooks: { Stop: [{ hooks: [{ type: 'command', command }] }] } }
  const toml = `[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "${command}"\n`
  const text = name.endsWith('.json') ? JSON.stringify(json) : toml
  const found = await lookAtFiles({ [`/etc/codex/${name}`]: text, '/opt/guard/check': 'x' })
  expect(found.files.map(({ client, path, fileKind }) => [client, path, fileKind])).toEqual([
    ['codex', `/etc/codex/${name}`, kind],
    ['codex', '/opt/guard/check', 'hook'],
  ])
  expect(found.files[0]?.evidence.at(-1)).toBe('settings of Codex CLI with 1 hooks')
  expect(found.json).not.toContain('CANARY')
})

test('reports a policy with hooks and what these run, but not the shell that runs it', async () => {
  const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command: '/bin/sh /opt/guard/check.sh --key CANARY' }] }] }
  const { files, json } = await lookAtFiles({
    '/etc/claude-code/managed-settings.json': JSON.stringify({ hooks }),
    '/bin/sh': 'x',
    '/opt/guard/check.sh': 'x',
  })
  expect(files.map(({ path, fileKind, evidence }) => [path, fileKind, evidence])).toEqual([
    [
      '/etc/claude-code/managed-settings.json',
      'policy',
      ['policy of Claude Code', 'settings of Claude Code with 1 hooks'],
    ],
    ['/opt/guard/check.sh', 'hook', ['named by a hook of Claude Code']],
  ])
  expect(json).not.toContain('CANARY')
})

test.each<[path: string, hook: object, programs: readonly string[], told: readonly string[]]>([
  [
    '/etc/github-copilot/policy.d/guard.json',
    { type: 'command', exec: '/opt/guard/check', args: ['--key', 'CANARY', '/opt/guard/rules'] },
    ['/opt/guard/check', '/opt/guard/rules'],
    ['/opt/guard/check', '/opt/guard/rules'],
  ],
  ['/etc/github-copilot/policy.d/guard.json', { type: 'http', url: 'https://CANARY.example' }, ['/opt/CANARY'], []],
  [
    '/etc/cursor/hooks.json',
    { command: './hooks/check.sh CANARY' },
    ['/etc/cursor/hooks/check.sh'],
    ['/etc/cursor/hooks/check.sh'],
  ],
  ['/etc/cursor/hooks.json', { command: '../../bin/sh sh' }, ['/bin/sh', '/etc/cursor/x'], []],
  ['/etc/cursor/hooks.json', { command: '/opt/../bin/sh' }, ['/bin/sh'], []],
  [
    '/etc/windsurf/hooks.json',
    { command: './check', working_directory: 'guard' },
    ['/etc/windsurf/guard/check'],
    ['/etc/windsurf/guard/check'],
  ],
])('of hooks in %s, reports %j with the files that it names', async (path, hook, programs, told) => {
  const nodes = Object.fromEntries(programs.map((each) => [each, 'x']))
  const { files, json } = await lookAtFiles({ [path]: JSON.stringify({ hooks: { preToolUse: [hook] } }), ...nodes })
  expect(files.map(({ path: at }) => at)).toEqual([path, ...told])
  expect(files[0]?.evidence.at(-1)).toMatch(/^settings of .* with 1 hooks$/)
  expect(json).not.toContain('CANARY')
})

test('reports a link that root placed for a hook of the machine, and where it leads', async () => {
  const { files } = await lookAtFiles({
    '/etc/cursor/hooks.json': JSON.stringify({ hooks: { stop: [{ command: '/opt/guard/check' }] } }),
    '/opt/guard/check': { link: '/opt/guard/v2/check' },
    '/opt/guard/v2/check': 'x',
  })
  expect(files.map(({ path, sha256 }) => [path, sha256 !== undefined])).toEqual([
    ['/etc/cursor/hooks.json', true],
    ['/opt/guard/check', true],
  ])
})

test.each<[string, Readonly<Record<string, Partial<FileStat>>>, boolean]>([
  ['lies where only root may write', {}, true],
  ['belongs to somebody', { '/srv/alice/guard/check.sh': { owner: '1000' } }, false],
  ['lies in a folder of somebody', { '/srv/alice/guard': { owner: '1000' } }, false],
  ['lies below a folder of somebody', { '/srv/alice': { owner: '1000' } }, false],
  ['lies where everybody may write', { '/srv/alice/guard': { mode: 0o777 } }, false],
])('what a hook of the machine runs is opened by root when it %s: %j %s', async (_, others, opened) => {
  const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command: '/srv/alice/guard/check.sh' }] }] }
  const nodes = {
    '/etc/claude-code/managed-settings.json': JSON.stringify({ hooks }),
    '/srv/alice/guard/check.sh': 'x',
  }
  const { files, sources } = await lookAtFiles(nodes, others)
  const hook = files.find(({ fileKind }) => fileKind === 'hook')
  const told = sources.some(({ path, state }) => path === '/srv/alice/guard/check.sh' && state === 'unreadable')
  expect([hook?.path, hook?.sha256 !== undefined, told]).toEqual(['/srv/alice/guard/check.sh', opened, !opened])
})

test.each<[string, Readonly<Record<string, Partial<FileStat>>>]>([
  ['the policy itself', { '/etc/codex/requirements.toml': { mode: 0o666 } }],
  ['its folder', { '/etc/codex': { mode: 0o777 } }],
  ['an owner who is not root', { '/etc/codex/requirements.toml': { owner: '1000' } }],
])('others may change a policy through %s', async (_, others) => {
  const { files } = await lookAtFiles({ '/etc/codex/requirements.toml': 'a = 1' }, others)
  expect(files.map(({ writableByOthers }) => writableByOthers)).toEqual([true])
})

test.each<[string, FakeNode, string]>([
  ['cut in the middle', '{"hooks":{"PreToolUse":[{"hoo', 'malformed'],
  ['nested without end', '['.repeat(100_000), 'malformed'],
  ['unreadable', { fails: 'FILE_UNREADABLE' }, 'unreadable'],
  ['a FIFO', { fails: 'FILE_NOT_REGULAR' }, 'unreadable'],
])('reports a policy that is %s as a fault of its source', async (_, node, state) => {
  const { sources } = await lookAtFiles({ '/etc/claude-code/managed-settings.json': node })
  expect(sources.filter(({ path }) => path === '/etc/claude-code/managed-settings.json')[0]?.state).toBe(state)
  expect(sources.some(({ source, path }) => source === 'agent-files' && path === undefined)).toBe(true)
})

test.each([
  ['/etc/gemini-cli/settings.json', '{"mcpServers":{"a":{"command":"npx","args":["x"]}}}', 'gemini-cli'],
  ['/etc/qwen-code/settings.json', '{"mcpServers":{"a":{"command":"npx","args":["x"]}}}', 'qwen-code'],
  ['/etc/claude-code/managed-mcp.json', '{"mcpServers":{"a":{"command":"npx","args":["x"]}}}', 'claude-code'],
  ['/etc/codex/config.toml', '[mcp_servers.a]\ncommand = "npx"\nargs = ["x"]\n', 'codex'],
  ['/etc/opencode/opencode.json', '{"mcp":{"a":{"command":["npx","x"]}}}', 'opencode'],
])('servers of %s belong to all users; reports if others may change them', async (path, text, client) => {
  for (const mode of [0o644, 0o646]) {
    const { sightings } = await look({ [path]: text }, { [path]: { mode } })
    expect(sightings.filter((each) => each.kind === 'mcp-server')).toMatchObject([
      { name: 'a', client, scope: 'managed', configuration: path, writableByOthers: mode === 0o646, unpinned: true },
    ])
  }
})

test.each<[string, Readonly<Record<string, FakeNode>>, (string | undefined)[]]>([
  [
    'Homebrew on Linux',
    { '/home/linuxbrew/.linuxbrew/Cellar/gemini-cli/0.61.0/bin/gemini': '' },
    ['gemini-cli', '0.61.0', '/home/linuxbrew/.linuxbrew/Cellar/gemini-cli'],
  ],
  [
    'a cask',
    { '/home/linuxbrew/.linuxbrew/Caskroom/claude-code/2.1.3/claude': '' },
    ['claude-code', '2.1.3', '/home/linuxbrew/.linuxbrew/Caskroom/claude-code'],
  ],
  [
    'a snap',
    {
      '/snap/code/200/meta/snap.yaml': "name: code\nversion: '1.118.0'\n",
      '/snap/code/current': { link: '200' },
    },
    ['vscode', '1.118.0', '/snap/code'],
  ],
  ['a Flatpak', { '/var/lib/flatpak/app/dev.zed.Zed/x': '' }, ['zed', undefined, '/var/lib/flatpak/app/dev.zed.Zed']],
  ['an AppImage', { '/opt/Witsy-2.11.0-x64.AppImage': '' }, ['witsy', '2.11.0', '/opt/Witsy-2.11.0-x64.AppImage']],
  [
    'an application built on Electron',
    { '/usr/share/cursor/cursor': '', '/usr/share/cursor/resources/app/package.json': '{"version":"1.7.46"}' },
    ['cursor', '1.7.46', '/usr/share/cursor/cursor'],
  ],
  [
    'an application that only a menu knows',
    {
      '/usr/share/applications/code.desktop': '[Desktop Entry]\nExec=/usr/share/code/code %F\n',
      '/usr/share/code/code': '',
      '/usr/share/code/resources/app/package.json': '{"version":"1.118.0"}',
    },
    ['vscode', '1.118.0', '/usr/share/code/code'],
  ],
  [
    "an application of everybody's menu in somebody's home",
    {
      '/usr/share/applications/code.desktop': '[Desktop Entry]\nExec=/home/alice/code/code %F\n',
      '/home/alice/code/code': '',
      '/home/alice/code/resources/app/package.json': '{"version":"1.118.0"}',
    },
    ['vscode', undefined, '/home/alice/code/code'],
  ],
])('%s is found, for everybody', async (_, nodes, expected) => {
  const { sightings } = await look(nodes)
  const agents = sightings.flatMap((each) => (each.kind === 'agent' ? [each] : []))
  expect(agents.map(({ catalogueId, version, path, user }) => [catalogueId, version, path, user])).toEqual([
    [...expected, undefined],
  ])
})
