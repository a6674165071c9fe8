import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { inVscodeData } from '../../../src/discovery/files/vscode-products.ts'
import {
  AGENT_SERVERS,
  editorServers,
  editorsWithWorkspaces,
  type FileRow,
  makeDocumentedFiles,
  makeDocumentedInstallations,
  makeDocumentedServers,
  OWN_FILES,
  PROJECT_FILES,
  type ServerRow,
  serversElsewhere,
} from '../../fixtures/homes/documented-agents.ts'
import type { DocumentedSystem } from '../../fixtures/homes/documented-places.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const SYSTEMS: readonly DocumentedSystem[] = ['linux', 'darwin', 'windows']

async function look(home: { readonly path: string }, layout: DocumentedSystem) {
  const { sightings, sources } = await scanHome(home, 'mcp', { layout })
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  return { servers, unread: sources.filter(({ state }) => state !== 'parsed') }
}

const inOrder = (rows: readonly ServerRow[]) => rows.map(([client, path], at) => `${client} server${at} ${path}`).sort()

const SERVERS = SYSTEMS.flatMap((system): [string, DocumentedSystem, readonly ServerRow[]][] => [
  ['of editors and of their extensions', system, editorServers(system)],
  ['of agents and of their plugins', system, AGENT_SERVERS],
  ['of agents that keep them elsewhere on each system', system, serversElsewhere(system)],
])

test.each(SERVERS)('the MCP servers %s are found where they are documented to be on %s', async (_, system, rows) => {
  using home = fixtureHome()
  makeDocumentedServers(home.path, rows)
  const { servers, unread } = await look(home, system)
  const found = servers.map((each) => `${each.client} ${each.name} ${each.configuration.slice(home.path.length + 1)}`)
  expect(found.sort()).toEqual(inOrder(rows))
  expect(servers.flatMap(({ evidence }) => evidence.filter((each) => each.startsWith('also')))).toEqual([])
  expect(unread).toEqual([])
})

test.each([
  ['windows', 'linux'],
  ['windows', 'darwin'],
  ['darwin', 'windows'],
] as const)('in a home of %s nothing is taken for what %s would keep elsewhere', async (system, layout) => {
  using home = fixtureHome()
  const there = new Set(serversElsewhere(layout).map(([, path]) => path))
  makeDocumentedServers(
    home.path,
    serversElsewhere(system).filter(([, path]) => !there.has(path)),
  )
  expect((await look(home, layout)).servers).toEqual([])
})

test.each(SYSTEMS)('the same agents are found installed in a home of %s', async (system) => {
  using home = fixtureHome()
  const rows = makeDocumentedInstallations(home.path, system)
  const { sightings, sources } = await scanHome(home, 'installed', { layout: system })
  const found = sightings.flatMap((each) =>
    each.kind === 'agent' ? [[each.catalogueId, each.version, each.path?.slice(home.path.length + 1)]] : [],
  )
  expect(found.sort()).toEqual(rows.map((row) => [...row]).sort())
  expect(sources.filter(({ state }) => state !== 'parsed')).toEqual([])
})

test.each(SYSTEMS.flatMap((system) => editorsWithWorkspaces(system).map((data) => [system, data] as const)))(
  'on %s a folder, and a workspace of several, that %s opened are looked into',
  async (system, data) => {
    using home = fixtureHome()
    const storage = `${data}/User/workspaceStorage`
    home.write(`${storage}/one/workspace.json`, { folder: `file://${home.at('work/one')}` })
    home.write(`${storage}/two/workspace.json`, { workspace: `file://${home.at('work/all.code-workspace')}` })
    home.write('work/all.code-workspace', { folders: [{ path: 'two' }] })
    for (const name of ['one', 'two'])
      home.write(`work/${name}/.mcp.json`, { mcpServers: { [name]: { command: name } } })
    expect((await look(home, system)).servers.map(({ name }) => name).sort()).toEqual(['one', 'two'])
  },
)

test.each<[string, string, number]>([
  ['with its state in a profile', '.openclaw-work/state/openclaw.sqlite', 1],
  ['with no folder of that name', '.openclaw-work', 0],
  ['with a folder of another', '.openclawd/state/openclaw.sqlite', 0],
])('OpenClaw %s', async (_, path, count) => {
  using home = fixtureHome()
  home.write(path, 'x')
  const { states = [] } = await scanHome(home, 'installed')
  expect(states.filter(({ catalogueId }) => catalogueId === 'openclaw')).toHaveLength(count)
})

test.each(SYSTEMS)('finds files of instructions where they are documented to be on %s', async (layout) => {
  using home = fixtureHome()
  makeDocumentedFiles(home.path, 'code/app')
  const { sightings, sources } = await scanHome(home, 'agent-files', { layout })
  const rows = ([client, kind, path]: FileRow, folder: string) => `${client} ${kind} ${folder}${path}`
  expect(
    sightings
      .flatMap((each) => (each.kind === 'agent-file' ? [`${each.client} ${each.fileKind} ${each.path}`] : []))
      .map((each) => each.replace(`${home.path}/`, ''))
      .sort(),
  ).toEqual([...OWN_FILES.map((row) => rows(row, '')), ...PROJECT_FILES.map((row) => rows(row, 'code/app/'))].sort())
  expect(sources.filter(({ state }) => state !== 'parsed')).toEqual([])
})

test('reports nothing that lies deeper than rules and commands are kept', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code/app')]: {} } })
  for (const path of [
    ...['.claude/rules/a/b/c/x.md', '.claude/rules/a/notes.txt', '.claude/commands/a/b/c/x.md'],
    ...['code/app/.cursor/rules/a/b/c/x.mdc', '.pi/agent/extensions/a/other.ts', '.pi/agent/extensions/a/b/index.ts'],
  ]) {
    home.write(path, 'text')
  }
  expect((await scanHome(home, 'agent-files')).sightings).toEqual([])
})

test('each editor whose data the catalogue names is one that the program knows', () => {
  const named = new Set(JSON.stringify(builtInCatalogue()).match(/~\/\{vscode[^"]*?\}/g))
  expect(named.size).toBeGreaterThan(5)
  expect([...named].filter((place) => !inVscodeData(`${place}/User`, 'linux')?.folders.length)).toEqual([])
})
