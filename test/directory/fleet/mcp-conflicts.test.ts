import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { mcpServerSighting as mcpServer } from '../../support/protocol/sample-sightings.ts'
import { ask, deviceWith } from './fleet-questions.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

test.each<[string, readonly McpServer[], readonly McpServer[], readonly string[]]>([
  [
    'scripts of one interpreter',
    [ofScript('github.js')],
    [ofScript('evil.js')],
    ['script evil.js', 'script github.js'],
  ],
  ['modules of one interpreter', [ofModule('good')], [ofModule('evil')], ['module evil', 'module good']],
  [
    'hosts behind one bridge',
    [throughBridge('https://good.example')],
    [throughBridge('http://evil.example')],
    ['npm mcp-remote http://evil.example', 'npm mcp-remote https://good.example'],
  ],
  [
    'repositories of one launcher',
    [{ command: 'uvx', runs: { kind: 'repository', name: 'github.com/good/x' } }],
    [{ command: 'uvx', runs: { kind: 'repository', name: 'github.com/evil/x' } }],
    ['repository github.com/evil/x', 'repository github.com/good/x'],
  ],
  [
    'lines of one shell',
    [{ command: 'bash', runs: { kind: 'program', name: 'good' } }],
    [{ command: 'bash' }],
    ['bash', 'program good'],
  ],
  [
    'one package of two registries',
    [{ package: { ecosystem: 'npm', name: 'x' } }],
    [{ package: { ecosystem: 'npm', name: 'x' }, runs: { kind: 'address', name: 'evil.example' } }],
    ['npm x', 'npm x address evil.example'],
  ],
  // The interpreter lies elsewhere on each device.
  ['one script of two interpreters', [ofScript('x.js')], [{ ...ofScript('x.js'), command: '/opt/bin/node' }], []],
  ['code that is not told', [{ command: 'node' }], [{ command: 'node' }], []],
  [
    'a name longer than an answer has room for',
    [{ runs: { kind: 'script', name: 'a'.repeat(256) }, endpoint: `https://${'b'.repeat(290)}` }],
    [{ runs: { kind: 'script', name: 'a'.repeat(256) }, endpoint: `https://${'c'.repeat(290)}` }],
    [longest('b'), longest('c')],
  ],
])('an MCP server of one name: %s', async (_, one, other, reaches) => {
  await deviceWith(directory, ...one.map((each) => mcpServer('1', each)))
  await deviceWith(directory, ...other.map((each) => mcpServer('2', each)))
  const { json } = await ask(directory, '/mcp-servers/conflicts')
  const launches = (json as { items: { launches: { reach: string }[] }[] }).items.flatMap((each) => each.launches)
  expect(launches.map(({ reach }) => reach)).toEqual(reaches)
})

type McpServer = NonNullable<Parameters<typeof mcpServer>[1]>

function ofScript(name: string): McpServer {
  return { command: 'node', runs: { kind: 'script', name } }
}

function ofModule(name: string): McpServer {
  return { command: 'python', runs: { kind: 'module', name } }
}

function throughBridge(endpoint: string): McpServer {
  return { package: { ecosystem: 'npm', name: 'mcp-remote' }, endpoint }
}

function longest(letter: string): string {
  return `script ${'a'.repeat(256)} https://${letter.repeat(290)}`.slice(0, 512)
}
