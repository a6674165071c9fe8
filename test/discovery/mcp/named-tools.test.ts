import { faultOf } from '../../../src/base/schema.ts'
import { MAX_TOOLS, namedTools } from '../../../src/discovery/mcp/named-tools.ts'
import { mcpServerSightingSchema } from '../../../src/protocol/sighting.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'
import { mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

const CODEX =
  '[mcp_servers.docs]\ncommand = "npx"\nargs = ["docs"]\nenabled_tools = ["search"]\ndisabled_tools = ["write"]\n'
const entry = (lists: object) => ({ mcpServers: { docs: { command: 'npx', args: ['docs'], ...lists } } })

test.each<[string, string, string | object, object]>([
  [
    'Codex',
    '.codex/config.toml',
    CODEX,
    [
      { name: 'search', state: 'enabled' },
      { name: 'write', state: 'disabled' },
    ],
  ],
  ['Gemini CLI', '.gemini/settings.json', entry({ excludeTools: ['rm'] }), [{ name: 'rm', state: 'disabled' }]],
  [
    'Kiro',
    '.kiro/settings/mcp.json',
    entry({ autoApprove: ['*'], disabledTools: ['rm'] }),
    [
      { name: '*', state: 'allowed' },
      { name: 'rm', state: 'disabled' },
    ],
  ],
])('%s: reports the tools that its settings name', async (_client, path, content, tools) => {
  using home = fixtureHome()
  home.write(path, content)
  const { sightings } = await scanHome(home, 'mcp')
  expect(sightings).toMatchObject([{ kind: 'mcp-server', name: 'docs', tools }])
})

test.each([
  ['no list', {}],
  ['what is no list', { alwaysAllow: 'all', disabledTools: { rm: true }, autoApprove: true }],
  ['lists without a name', { alwaysAllow: [], autoApprove: [1, null, {}, ['rm'], '', '  '] }],
])('reports nothing of %s', (_what, lists) => {
  expect(namedTools(lists)).toEqual({})
})

test('what one list has off is off, and a name counts once', () => {
  expect(
    namedTools({ alwaysAllow: ['rm', 'ls', 'ls'], includeTools: ['ls', 'cat'], disabledTools: ['rm'] }).tools,
  ).toEqual([
    { name: 'rm', state: 'disabled' },
    { name: 'ls', state: 'allowed' },
    { name: 'cat', state: 'enabled' },
  ])
})

test('hostile lists stay within the schema, and disclose no secret', () => {
  const secret = `ghp_${'CANARYcanary0123456789CANARYcanary01'}`
  const names = Array.from({ length: 10_000 }, (_, at) => `tool ${at} ${'x'.repeat(500)}\u202e\u0000`)
  const told = namedTools({ alwaysAllow: [secret, ...names] })
  expect(told.tools).toHaveLength(MAX_TOOLS)
  expect(told.moreToolsCount).toBe(10_001 - MAX_TOOLS)
  expect(faultOf(mcpServerSightingSchema, mcpServerSighting('1', told))).toBeUndefined()
  expect(JSON.stringify(told)).not.toMatch(/CANARY/)
})
