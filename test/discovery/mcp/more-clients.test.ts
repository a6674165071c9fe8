import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

/** Clients whose files are written in other languages or other shapes than most. */

const YAML_LIST = 'name: mine\nmcpServers:\n  - name: SQLite\n    command: npx\n    args: ["-y", "mcp-sqlite"]\n'
const TOML_LIST = '[[mcp_servers]]\nname = "fetch"\ntransport = "stdio"\ncommand = "uvx"\nargs = ["mcp-server-fetch"]\n'
const OF_OLD = { experimental: { modelContextProtocolServers: [{ transport: { type: 'stdio', command: 'npx' } }] } }
const MAP = { mcpServers: { linear: { type: 'http', url: 'https://mcp.linear.app/mcp' } } }

test.each<[string, string, string | object, string, string]>([
  ['Continue, its own file', '.continue/config.yaml', YAML_LIST, 'vscode:continue.continue', 'SQLite'],
  ['Continue, a block in YAML', '.continue/mcpServers/one.yaml', YAML_LIST, 'vscode:continue.continue', 'SQLite'],
  ['Continue, a block in JSON', '.continue/mcpServers/one.json', MAP, 'vscode:continue.continue', 'linear'],
  [
    'Continue, a block of the other ending',
    '.continue/mcpServers/one.yml',
    YAML_LIST,
    'vscode:continue.continue',
    'SQLite',
  ],
  ['Continue, an assistant', '.continue/assistants/mine.yaml', YAML_LIST, 'vscode:continue.continue', 'SQLite'],
  ['Continue, an agent', '.continue/agents/mine.yaml', YAML_LIST, 'vscode:continue.continue', 'SQLite'],
  ['Continue, its file of old', '.continue/config.json', OF_OLD, 'vscode:continue.continue', '0'],
  ['Void', '.void-editor/mcp.json', MAP, 'void', 'linear'],
  ['Trae CN', '.config/Trae CN/User/mcp.json', MAP, 'trae', 'linear'],
  ['Mistral Vibe', '.vibe/config.toml', TOML_LIST, 'mistral-vibe', 'fetch'],
  ['Hermes', '.hermes/config.yaml', 'mcp_servers:\n  fs:\n    command: npx\n', 'hermes-agent', 'fs'],
  ['Droid', '.factory/mcp.json', MAP, 'droid', 'linear'],
  ['Auggie', '.augment/settings.json', MAP, 'auggie', 'linear'],
  ['iFlow', '.iflow/settings.json', MAP, 'iflow', 'linear'],
  ['Rovo Dev', '.rovodev/mcp.json', MAP, 'rovodev', 'linear'],
  ['CodeBuddy', '.codebuddy/.mcp.json', MAP, 'codebuddy', 'linear'],
  ['Windsurf Next', '.codeium/windsurf-next/mcp_config.json', MAP, 'windsurf', 'linear'],
  ['Windsurf as a plugin', '.codeium/mcp_config.json', MAP, 'windsurf', 'linear'],
])('%s: reports its servers', async (_, path, content, client, name) => {
  using home = fixtureHome()
  home.write(path, content)
  const { sightings } = await scanHome(home, 'mcp')
  expect(sightings.map((each) => (each.kind === 'mcp-server' ? [each.client, each.name] : each.kind))).toEqual([
    [client, name],
  ])
})

test.each<[string, string | object]>([
  ['.continue/config.yaml', 'mcpServers: none\n'],
  ['.continue/mcpServers/one.yaml', 'mcpServers:\n  - just a word\n'],
  ['.vibe/config.toml', 'mcp_servers = []\n'],
  ['.augment/settings.json', { mcpServers: { a: {} } }],
])('%s without a server tells of none', async (path, content) => {
  using home = fixtureHome()
  home.write(path, content)
  expect((await scanHome(home, 'mcp')).sightings).toEqual([])
})

/** As RawEntrySchema of mcporter 0.9 has it. */
test('MCPorter: reports each spelling of an address and of a command', async () => {
  using home = fixtureHome()
  const address = 'http://mcp.example/mcp'
  const mcpServers = {
    a: { baseUrl: address },
    b: { base_url: address },
    c: { server_url: address },
    d: { serverUrl: address },
    e: { executable: 'npx', args: ['-y', 'some-mcp'] },
    f: { command: ['npx', '-y', 'some-mcp'] },
  }
  home.write('.mcporter/mcporter.json', { mcpServers })
  const { sightings } = await scanHome(home, 'mcp')
  const told = sightings.map((each) =>
    each.kind === 'mcp-server' ? [each.name, each.endpoint ?? each.package?.name, each.cleartext || each.unpinned] : [],
  )
  expect(told).toEqual([
    ...['a', 'b', 'c', 'd'].map((name) => [name, 'http://mcp.example', true]),
    ...['e', 'f'].map((name) => [name, 'some-mcp', true]),
  ])
})

/** As the settings of @cline/core 0.0.86 may have them. */
test('Cline: what a server is started or reached with may stand within its transport', async () => {
  using home = fixtureHome()
  const headers = { Authorization: 'Bearer kU8fRt2pQz7wLm4vXc9b' }
  home.write('.cline/data/settings/cline_mcp_settings.json', {
    mcpServers: {
      run: { transport: { type: 'stdio', command: 'npx', args: ['-y', 'some-mcp'], env: { A: '1' } } },
      reached: { transport: { type: 'streamableHttp', url: 'http://mcp.example/mcp', headers }, disabled: true },
      old: { transportType: 'sse', url: 'https://mcp.example/sse' },
      none: { transport: { type: 'stdio' } },
      transport: { command: 'x' },
    },
  })
  const { sightings } = await scanHome(home, 'mcp')
  expect(sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))).toMatchObject([
    { name: 'run', transport: 'stdio', package: { name: 'some-mcp' }, unpinned: true, environment: ['A'] },
    {
      name: 'reached',
      transport: 'http',
      endpoint: 'http://mcp.example',
      enabled: false,
      cleartext: true,
      plaintextSecret: true,
    },
    { name: 'old', transport: 'sse', endpoint: 'https://mcp.example' },
    { name: 'transport', command: 'x' },
  ])
})

test('reports variables by name for any value, and a number may be a password', async () => {
  using home = fixtureHome()
  home.write(
    '.config/goose/config.yaml',
    'extensions:\n  a: {cmd: x, envs: {PORT: 8080, DEBUG: true}}\n  b: {cmd: x, envs: {DB_PASSWORD: 48151623}}\n',
  )
  home.write('.cursor/mcp.json', {
    mcpServers: { c: { command: 'x', env: ['A=1', 'B', { name: 'C', value: '1' }, 7] } },
  })
  const { sightings } = await scanHome(home, 'mcp')
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  expect(servers.map(({ name, environment, plaintextSecret }) => [name, environment, plaintextSecret]).sort()).toEqual([
    ['a', ['PORT', 'DEBUG'], false],
    ['b', ['DB_PASSWORD'], true],
    ['c', ['A', 'B', 'C'], false],
  ])
})
