import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

test('an integer of 64 bits hides no server and no autonomy of Codex', async () => {
  using home = fixtureHome()
  home.write(
    '.codex/config.toml',
    [
      'model_auto_compact_token_limit = 9223372036854775807\napproval_policy = "never"',
      '[mcp_servers.a]\ncommand = "npx"\nargs = ["-y", "x", 9223372036854775807]\nstartup_timeout_sec = 9223372036854775807',
      '[mcp_servers.a.env]\nLIMIT = 9223372036854775807',
    ].join('\n'),
  )
  const { states, sources } = await scanHome(home, 'installed')
  expect(states?.map(({ catalogueId, autonomy }) => [catalogueId, autonomy?.level])).toEqual([['codex', 'autonomous']])
  const servers = await scanHome(home, 'mcp')
  expect(servers.sightings.map(({ name }) => name)).toEqual(['a'])
  expect([...sources, ...servers.sources].filter(({ state }) => state !== 'parsed')).toEqual([])
})

test('reports servers that LibreChat merges from a common base, and what they run', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('chat')]: {} } })
  home.write(
    'chat/librechat.yaml',
    `base: &base\n  command: npx\n  args: [-y, '@x/one']\nmcpServers:\n${Array.from({ length: 150 }, (_, i) => `  s${i}:\n    <<: *base\n`).join('')}`,
  )
  const { sightings } = await scanHome(home, 'mcp')
  expect(sightings.filter((each) => each.kind === 'mcp-server' && each.package?.name === '@x/one')).toHaveLength(150)
})
