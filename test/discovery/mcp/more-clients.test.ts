import { fixtureHome } from '../../support/fixture-home.ts'
import { lookAtHome } from '../../support/look-at-home.ts'

/** Clients whose files are written in other languages or other shapes than most. */

const YAML_LIST = 'name: mine\nmcpServers:\n  - name: SQLite\n    command: npx\n    args: ["-y", "mcp-sqlite"]\n'
const TOML_LIST = '[[mcp_servers]]\nname = "fetch"\ntransport = "stdio"\ncommand = "uvx"\nargs = ["mcp-server-fetch"]\n'
const MAP = { mcpServers: { linear: { type: 'http', url: 'https://mcp.linear.app/mcp' } } }

test.each<[string, string, string | object, string, string]>([
  ['Continue, its own file', '.continue/config.yaml', YAML_LIST, 'vscode:continue.continue', 'SQLite'],
  ['Continue, a block in YAML', '.continue/mcpServers/one.yaml', YAML_LIST, 'vscode:continue.continue', 'SQLite'],
  ['Continue, a block in JSON', '.continue/mcpServers/one.json', MAP, 'vscode:continue.continue', 'linear'],
  ['Mistral Vibe', '.vibe/config.toml', TOML_LIST, 'mistral-vibe', 'fetch'],
  ['Hermes', '.hermes/config.yaml', 'mcp_servers:\n  fs:\n    command: npx\n', 'hermes-agent', 'fs'],
  ['Droid', '.factory/mcp.json', MAP, 'droid', 'linear'],
  ['Auggie', '.augment/settings.json', MAP, 'auggie', 'linear'],
  ['iFlow', '.iflow/settings.json', MAP, 'iflow', 'linear'],
  ['Rovo Dev', '.rovodev/mcp.json', MAP, 'rovodev', 'linear'],
  ['CodeBuddy', '.codebuddy/.mcp.json', MAP, 'codebuddy', 'linear'],
  ['Windsurf as a plugin', '.codeium/mcp_config.json', MAP, 'windsurf', 'linear'],
])('%s: its servers are told', async (_, path, content, client, name) => {
  using home = fixtureHome()
  home.write(path, content)
  const { sightings } = await lookAtHome(home, 'mcp')
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
  expect((await lookAtHome(home, 'mcp')).sightings).toEqual([])
})
