import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const server = { command: 'node', args: ['a.js'] }

async function look(home: FixtureHome): Promise<readonly string[]> {
  const { sightings } = await scanHome(home, 'mcp')
  return sightings.flatMap((each) => (each.kind === 'mcp-server' ? [`${each.name} ${each.enabled}`] : [])).sort()
}

/** As canLoadServer of Gemini CLI 0.61 has it. */
test.each<[string, Readonly<Record<string, unknown>>, unknown, readonly string[]]>([
  ['nothing', {}, {}, ['Docs true', 'db true']],
  ['a list', { excluded: ['DOCS '] }, {}, ['Docs false', 'db true']],
  ['a list of the only ones', { allowed: ['db'] }, {}, ['Docs false', 'db true']],
  ['an empty list of the only ones', { allowed: [] }, {}, ['Docs false', 'db false']],
  ['its command', {}, { docs: { enabled: false } }, ['Docs false', 'db true']],
  ['its command, taken back', {}, { docs: { enabled: true } }, ['Docs true', 'db true']],
  ['a file that cannot be read', {}, '{ docs', ['Docs true', 'db true']],
  ['what is no list', { excluded: 'db', allowed: 'db' }, [{}], ['Docs true', 'db true']],
])('Gemini CLI: servers are off by %s', async (_, mcp, enablement, told) => {
  using home = fixtureHome()
  home.write('.gemini/settings.json', { mcpServers: { Docs: server, db: server }, mcp })
  home.write('.gemini/mcp-server-enablement.json', enablement as object)
  expect(await look(home)).toEqual(told)
})

test('Gemini CLI: what a project says of its own holds there alone', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.write('.gemini/settings.json', { mcpServers: { a: server } })
  home.write('app/.gemini/settings.json', { mcpServers: { b: server, c: server }, mcp: { excluded: ['a', 'b'] } })
  expect(await look(home)).toEqual(['a true', 'b false', 'c unknown'])
})

test('Qwen Code: names are compared as they are spelt', async () => {
  using home = fixtureHome()
  home.write('.qwen/settings.json', { mcpServers: { Docs: server, docs: server }, mcp: { excluded: ['docs'] } })
  expect(await look(home)).toEqual(['Docs true', 'docs false'])
})

/** As `/mcp disable` of Claude Code 2.1 writes it. */
test('Claude Code: a server switched off in a project is off there, and on elsewhere', async () => {
  using home = fixtureHome()
  const [app, other] = [home.at('app'), home.at('other')]
  home.write('app/.mcp.json', { mcpServers: { p: server } })
  home.write('.claude.json', {
    mcpServers: { a: server },
    projects: {
      [app]: { mcpServers: { a: server, b: server }, disabledMcpServers: ['a', 'p'] },
      [other]: { mcpServers: { a: server } },
    },
  })
  const { sightings } = await scanHome(home, 'mcp')
  const told = sightings.flatMap((each) =>
    each.kind === 'mcp-server' ? [`${each.name} ${each.workspace?.replace(home.path, '~')} ${each.enabled}`] : [],
  )
  expect(told.sort()).toEqual(['a undefined true', 'a ~/app false', 'a ~/other true', 'b ~/app true', 'p ~/app false'])
})

const named = (...names: string[]) => names.map((serverName) => ({ serverName }))

/** As code.claude.com/docs/managed-mcp has it. */
test.each<[what: string, files: Readonly<Record<string, unknown>>, told: readonly string[]]>([
  ['has its own servers, of which none is there', { 'managed-mcp.json': { mcpServers: {} } }, ['a false', 'b false']],
  ['has its own, one of the same name', { 'managed-mcp.json': { mcpServers: { a: server } } }, ['a true', 'b false']],
  ['denies one', { 'managed-settings.json': { deniedMcpServers: named('a') } }, ['a false', 'b true']],
  [
    'denies one in another file',
    { 'managed-settings.d/1.json': { deniedMcpServers: named('b') } },
    ['a true', 'b false'],
  ],
  ['allows one', { 'managed-settings.json': { allowedMcpServers: named('a') } }, ['a true', 'b false']],
  [
    'allows one by its name and others by their commands',
    { 'managed-settings.json': { allowedMcpServers: [...named('a'), { serverCommand: ['node', 'a.js'] }] } },
    ['a true', 'b unknown'],
  ],
  [
    'allows one that is not among its own',
    {
      'managed-settings.json': { allowedMcpServers: named('a', 'b') },
      'managed-mcp.json': { mcpServers: { b: server } },
    },
    ['a false', 'b true'],
  ],
])('Claude Code, where an administrator %s', async (_, files, told) => {
  using home = fixtureHome()
  using machine = fixtureHome()
  home.write('.claude.json', { mcpServers: { a: server, b: server } })
  for (const [path, content] of Object.entries(files)) machine.write(path, content as object)
  const catalogue: Catalogue = JSON.parse(
    JSON.stringify(builtInCatalogue()).replaceAll('/etc/claude-code', machine.path),
  )
  const { sightings } = await scanHome(home, 'mcp', { catalogue })
  expect(sightings.map((each) => (each.kind === 'mcp-server' ? `${each.name} ${each.enabled}` : '')).sort()).toEqual(
    told,
  )
})
