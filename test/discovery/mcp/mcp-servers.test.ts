import { execFileSync } from 'node:child_process'
import { chmodSync, truncateSync } from 'node:fs'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE } from '../../support/homes/scan-home.ts'
import { look, NPX } from './found-servers.ts'

test.each<[string, unknown, string]>([
  ['a key of the catalogue of servers', [{ key: 'filesystem', ...NPX }], 'filesystem'],
  [
    'what has an id',
    [
      { id: '0d9f', name: '', ...NPX },
      { id: 'a-b', ...NPX },
    ],
    '0 a-b',
  ],
  ['a key of an account', [{ key: 'c4n4ryc4n4ryc4n4ryc4n4ry', ...NPX }], '0'],
  ['a key of a known shape', [{ id: 'sk-canary-canary-canary', ...NPX }], '0'],
  ['a name that is a token', { ghp_canarycanarycanarycanary: NPX }, 'unnamed'],
  ['a name that is an address with a password', { 'https://me:canary@x.example/mcp': NPX }, 'unnamed'],
])('the name of a server: %s', async (_, mcpServers, names) => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers })
  const { servers } = await look(home)
  expect([servers.map(({ name }) => name).join(' '), /c[a4]n[a4]ry/.test(JSON.stringify(servers))]).toEqual([
    names,
    false,
  ])
})

test.each(['https://ghp_CANARYcanaryCANARYcanary.x.example/mcp', 'http://me:x@AKIAABCDEFGHIJKLMNOP:80/x'])(
  'does not report the host %s',
  async (url) => {
    using home = fixtureHome()
    home.write('.cursor/mcp.json', { mcpServers: { x: { url } } })
    const [server] = (await look(home)).servers
    expect([server?.transport, server?.endpoint, server?.plaintextSecret]).toEqual(['http', undefined, true])
  },
)

test('reports a server with what it runs and its faults, and without its arguments', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', {
    mcpServers: {
      browser: {
        command: 'npx',
        args: ['-y', '@playwright/mcp@latest', '--storage-state', '/home/alice/CANARY'],
        env: { API_TOKEN: 'CANARY-CANARY' },
      },
    },
  })
  const { servers, states } = await look(home)
  expect(servers).toEqual([
    {
      kind: 'mcp-server',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'browser',
      catalogueId: 'playwright-mcp',
      vendor: 'Microsoft',
      version: 'latest',
      user: ALICE,
      evidence: [`configured for Cursor in ${home.at('.cursor/mcp.json')}`, 'also read by Cursor CLI'],
      client: 'cursor',
      scope: 'user',
      configuration: home.at('.cursor/mcp.json'),
      enabled: true,
      transport: 'stdio',
      command: 'npx',
      package: { ecosystem: 'npm', name: '@playwright/mcp' },
      environment: ['API_TOKEN'],
      unpinned: true,
      shell: false,
      cleartext: false,
      plaintextSecret: true,
      writableByOthers: false,
      launchHash: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ])
  expect(JSON.stringify(servers)).not.toContain('CANARY')
  expect(states).toEqual([
    ['parsed', '~/.cursor/mcp.json', 1],
    ['parsed', '~', 1],
  ])
})

test('reports a file of several clients once, with all that may start its servers', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('app/.mcp.json', { mcpServers: { a: NPX } })
  const { servers, launches } = await look(home)
  expect(servers.map(({ client, evidence }) => [client, evidence])).toEqual([
    [
      'claude-code',
      [
        `configured for Claude Code in ${home.at('app/.mcp.json')}`,
        'also read by GitHub Copilot CLI, CodeBuddy, Cursor, Windsurf',
      ],
    ],
  ])
  expect(launches.map(({ alsoOf }) => alsoOf)).toEqual([['copilot-cli', 'codebuddy', 'cursor', 'windsurf']])
})

test('a project server is unknown until its person decides, or its file disables it', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('app/.cursor/mcp.json', {
    mcpServers: { asked: NPX, off: { ...NPX, disabled: true }, on: { ...NPX, enabled: true } },
  })
  expect((await look(home)).servers.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['asked', 'unknown'],
    ['off', false],
    ['on', 'unknown'],
  ])
})

test('a file, or its folder, that others may write to is said', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers: { a: NPX } })
  home.write('.copilot/mcp-config.json', { mcpServers: { b: NPX } })
  home.write('.qwen/settings.json', { mcpServers: { c: NPX } })
  chmodSync(home.at('.cursor/mcp.json'), 0o666)
  chmodSync(home.at('.copilot'), 0o777)
  const { servers } = await look(home)
  expect(servers.map(({ name, writableByOthers }) => [name, writableByOthers]).sort()).toEqual([
    ['a', true],
    ['b', true],
    ['c', false],
  ])
})

test.each<[string, (home: FixtureHome) => void, string]>([
  ['cut in the middle', (home) => home.write('.cursor/mcp.json', '{"mcpServers":{"a":{"comm'), 'malformed'],
  ['of binary rubbish', (home) => home.write('.cursor/mcp.json', '\u0000\u0001\ufffd'), 'malformed'],
  ['nested without end', (home) => home.write('.cursor/mcp.json', '{"a":'.repeat(50_000)), 'malformed'],
  [
    'of a terabyte of nothing',
    (home) => {
      home.write('.cursor/mcp.json', '')
      truncateSync(home.at('.cursor/mcp.json'), 2 ** 40)
    },
    'too-large',
  ],
  ['that is a link', (home) => home.link('.cursor/mcp.json', '/etc/passwd'), 'unreadable'],
  [
    'that is a FIFO',
    (home) => {
      home.folder('.cursor')
      execFileSync('/usr/bin/mkfifo', [home.at('.cursor/mcp.json')])
    },
    'unreadable',
  ],
  ['that is a folder', (home) => home.folder('.cursor/mcp.json'), 'unreadable'],
])('a configuration %s is said, and the others are read', async (_name, write, state) => {
  using home = fixtureHome()
  home.write('.qwen/settings.json', { mcpServers: { good: NPX } })
  write(home)
  const { told, states } = await look(home)
  expect(told).toEqual(['qwen-code good user ~/.qwen/settings.json'])
  expect(states.filter(([each]) => each !== 'parsed')).toEqual([[state, '~/.cursor/mcp.json', 0]])
})

test('reports ten thousand servers in one file up to the limit, and the limit', async () => {
  using home = fixtureHome()
  const mcpServers = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`server ${i}`, NPX]))
  home.write('.cursor/mcp.json', { mcpServers })
  const { servers, states } = await look(home)
  expect(servers).toHaveLength(500)
  expect(states).toEqual([
    ['too-large', '~/.cursor/mcp.json', 0],
    ['parsed', '~/.cursor/mcp.json', 500],
    ['parsed', '~', 500],
  ])
})

test('hostile folders among the projects lead nowhere', async () => {
  using home = fixtureHome()
  home.write('.claude.json', {
    projects: Object.fromEntries(
      [
        '/',
        '',
        '..',
        `${home.path}/../..`,
        'relative',
        '/proc/self/root',
        '/dev',
        'a\u0000b',
        `/${'x'.repeat(5_000)}`,
      ].map((folder) => [folder, {}]),
    ),
  })
  const { told, states } = await look(home)
  expect(told).toEqual([])
  expect(states.filter(([state]) => state === 'parsed')).toEqual([['parsed', '~', 0]])
})

test('a __proto__ is a name like any other and gives nothing', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', '{"__proto__":{"mcpServers":{"a":{"command":"x"}}}}')
  home.write('.qwen/settings.json', '{"mcpServers":{"__proto__":{"command":"x"}}}')
  expect((await look(home)).told).toEqual(['qwen-code __proto__ user ~/.qwen/settings.json'])
})

test('names with escapes and newlines are shown as such', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', { mcpServers: { 'a\n\u001b[31mb': { command: 'x\ny', args: ['z'] } } })
  expect((await look(home)).servers.map(({ name, command }) => [name, command])).toEqual([['a\\n\\x1b[31mb', 'x\\ny']])
})

test('an entry that starts something else is the same entry, with another launch hash', async () => {
  using home = fixtureHome()
  const told = async (args: readonly string[]) => {
    home.write('.cursor/mcp.json', { mcpServers: { a: { command: 'npx', args } } })
    const [server] = (await look(home)).servers
    return { id: server?.id, hash: server?.launchHash }
  }
  const [before, same, after] = [await told(['x', '1']), await told(['x', '1']), await told(['x', '2'])]
  expect(same).toEqual(before)
  expect(after.id).toBe(before.id)
  expect(after.hash).not.toBe(before.hash)
})

test('a path with blanks is the program where a file lies there, else a line', async () => {
  using home = fixtureHome()
  home.write('npx it', '')
  chmodSync(`${home.path}/npx it`, 0o755)
  home.write('.cursor/mcp.json', {
    mcpServers: { file: { command: `${home.path}/npx it` }, line: { command: `${home.path}/npx other` } },
  })
  const { servers } = await look(home)
  expect(servers.map(({ name, package: spec, unpinned }) => [name, spec?.name, unpinned])).toEqual([
    ['file', undefined, false],
    ['line', 'other', true],
  ])
})
