import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { CatalogueEntry } from '../../../src/discovery/catalogue/catalogue.ts'
import { couldBeTold } from '../../../src/discovery/catalogue/reported-kind.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import { matchProcess } from '../../../src/discovery/matching/process-match.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'
import { AGENT } from '../small-catalogue.ts'

/** Programs that work for agents are reported like agents, with their kind. */
const NODE = '/usr/bin/node'

test('programs that work for agents are reported where they are installed', async () => {
  using home = fixtureHome()
  for (const name of ['@github/copilot-language-server', 'agent-browser', 'oh-my-opencode', 'mcporter', 'mcp-remote']) {
    home.write(`.npm-global/lib/node_modules/${name}/package.json`, { name, version: '1.0.0' })
  }
  home.write('.docker/cli-plugins/docker-mcp', '')
  const { sightings } = await scanHome(home, 'installed')
  const found = sightings.map((each) => (each.kind === 'agent' ? `${each.catalogueId} ${each.agentKind}` : each.kind))
  expect(found.sort()).toEqual([
    'agent-browser browser-automation',
    'copilot-language-server editor-backend',
    'docker-mcp mcp-gateway',
    'mcporter mcp-client',
    'oh-my-opencode agent-plugin',
  ])
})

test.each<[string | undefined, string, readonly string[]]>([
  [
    'copilot-language-server',
    '/x/node_modules/@github/copilot-language-server-linux-x64/copilot-language-server',
    ['copilot-language-server', '--acp'],
  ],
  [
    'copilot-language-server',
    NODE,
    ['node', '/x/node_modules/@github/copilot-language-server/dist/language-server.js', '--stdio'],
  ],
  ['agent-browser', '/usr/local/bin/agent-browser', ['agent-browser', 'open', 'example.org']],
  ['mcporter', NODE, ['node', '/x/node_modules/.bin/mcporter', 'list']],
  ['oh-my-opencode', NODE, ['node', '/x/node_modules/.bin/omo']],
  ['docker-mcp', '/home/alice/.docker/cli-plugins/docker-mcp', ['docker-mcp', 'mcp', 'gateway', 'run']],
  ['docker-mcp', '/usr/libexec/docker/cli-plugins/docker-mcp', ['docker-mcp', 'mcp', 'gateway', 'run']],
  // To the client it is the server that its configuration names.
  [undefined, NODE, ['node', '/x/node_modules/.bin/mcp-remote', 'https://example.org/mcp']],
  [undefined, NODE, ['node', '/x/node_modules/.bin/playwright-mcp']],
  [undefined, '/usr/libexec/docker/cli-plugins/docker-compose', ['docker-compose', 'up']],
])('%s runs as %s', (id, executable, argv) => {
  const process = { pid: 9, parentPid: 1, startTicks: 1, userId: '1000', sessionId: 9, ttyNumber: 0, comm: 'x', argv }
  const match = matchProcess(indexAgents(builtInCatalogue()), { ...process, executable }, ['/home/alice'])
  expect(match?.entry.id).toBe(id)
})

describe('an entry', () => {
  test.each<[string, Partial<CatalogueEntry>]>([
    ['with its name alone', {}],
    ['with a folder', { stateFolders: [{ path: '~/.one' }] }],
    ['with a variable', { environment: [{ name: 'ONE_AGENT' }], announcedAs: [{ value: 'one-agent' }] }],
    ['with who signs it', { darwin: { teams: [{ id: 'ABCDE12345' }] } }],
    ['of an extension without an id', { kind: 'ide-extension', commands: [{ name: 'one' }] }],
    ['of an MCP server without a package', { kind: 'mcp-server', scripts: [{ path: '**/one/one.js' }] }],
  ])('%s can never be reported', (_, facts) => {
    expect(couldBeTold({ ...AGENT, ...facts })).toBe(false)
  })

  test.each<[string, Partial<CatalogueEntry>]>([
    ['with a command', { commands: [{ name: 'one' }] }],
    ['of what serves models, with a program', { kind: 'model-runtime', executables: [{ path: '/opt/one/one' }] }],
    ['of an MCP server with a package', { kind: 'mcp-server', npm: [{ name: 'one' }] }],
    ['of an extension with an id', { kind: 'ide-extension', vscode: [{ id: 'one.one' }] }],
    ['with a file that others are told by', { mcp: [{ path: '~/.one/mcp.json', key: [], scope: 'user' }] }],
    ['with an application of macOS', { darwin: { bundles: [{ id: 'com.one' }] } }],
  ])('%s can be reported', (_, facts) => {
    expect(couldBeTold({ ...AGENT, ...facts })).toBe(true)
  })

  test('of the catalogue that ships has a note exactly if it can never be reported', () => {
    const { entries } = builtInCatalogue()
    const saying = (isSaid: boolean) =>
      entries.filter(({ note = '' }) => /\bnever told\b/.test(note) === isSaid).map(couldBeTold)
    expect([new Set(saying(true)), new Set(saying(false))]).toEqual([new Set([false]), new Set([true])])
  })
})
