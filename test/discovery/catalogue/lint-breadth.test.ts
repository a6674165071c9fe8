import type { CatalogueEntry } from '../../../src/discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../../src/discovery/catalogue/lint.ts'
import { one } from '../small-catalogue.ts'

test.each<[string, Partial<CatalogueEntry>, string]>([
  ['a bare name', { executables: [{ path: '**/claude' }] }, 'pattern **/claude would match by a bare name'],
  [
    'a whole folder of programs',
    { executables: [{ path: '/usr/bin/*' }] },
    'pattern /usr/bin/* would match /usr/bin/node',
  ],
  [
    'everything of a home',
    { executables: [{ path: '~/**' }] },
    'pattern ~/** would match /home/u/.nvm/versions/node/v24.0.0/bin/node',
  ],
  [
    'every command of a home',
    { executables: [{ path: '~/.local/bin/*' }] },
    'pattern ~/.local/bin/* would match /home/u/.local/bin/tool',
  ],
  [
    'every package',
    { scripts: [{ path: '**/node_modules/*/dist/*' }] },
    'pattern **/node_modules/*/dist/* has too little of its own',
  ],
  [
    'every index.js',
    { scripts: [{ path: '/home/*/project/index.js' }] },
    'pattern /home/*/project/index.js would match /home/u/project/index.js',
  ],
  ['a path that climbs', { scripts: [{ path: '/usr/../bin/x' }] }, 'pattern /usr/../bin/x has a . or .. segment'],
  ['an empty segment', { executables: [{ path: '/usr//bin/x' }] }, 'pattern /usr//bin/x has an empty segment'],
  ['** beside text', { executables: [{ path: '/opt/a**/x' }] }, 'pattern /opt/a**/x mixes ** with text'],
  [
    'a star beside a star, which takes a long name for ever',
    { executables: [{ path: '/opt/x/*a*a*a*a*b' }] },
    'pattern /opt/x/*a*a*a*a*b has two * in one segment',
  ],
  ['folders within folders', { scripts: [{ path: '**/x/**/y' }] }, 'pattern **/x/**/y has ** twice'],
  ['a helper that does so', { helpers: [{ script: '/a/**/b/**/c' }] }, 'pattern /a/**/b/**/c has ** twice'],
  [
    'a model that does so',
    { models: [{ path: '~/.x/*a*a*a*b', holds: 'files', naming: 'plain' }] },
    'pattern ~/.x/*a*a*a*b has two * in one segment',
  ],
  ['a state folder with a star', { stateFolders: [{ path: '~/.x/*' }] }, 'folder ~/.x/* must be literal'],
  ['state folders of all', { stateFolders: [{ path: '~/.*' }] }, 'folder ~/.* must be literal'],
  ['state folders of several', { stateFolders: [{ path: '~/.vs-*' }] }, 'folder ~/.vs-* must be literal'],
  [
    'state folders called after part of a name',
    { stateFolders: [{ path: '~/.code*' }] },
    'folder ~/.code* must be literal',
  ],
  ['a state folder of everybody', { stateFolders: [{ path: '~/.config' }] }, "folder ~/.config is everybody's"],
  ['the name of an interpreter', { commands: [{ name: 'node' }] }, "command node is everybody's"],
  ['the title of a shell', { titles: [{ title: 'bash' }], pypi: [{ name: 'p' }] }, "title bash is everybody's"],
  [
    'what every program takes, as if it meant something',
    { flags: [{ flag: '--help', meaning: 'autonomy' }] },
    "flag --help is everybody's",
  ],
  ['a module of Python', { modules: [{ name: 'http.server' }] }, "module http.server is everybody's"],
  ['a variable of every process', { environment: [{ name: 'PATH' }] }, "environment marker PATH is everybody's"],
  [
    'a look through every folder',
    { mcp: [{ path: '~/.x/**/mcp.json', key: [], scope: 'user' }] },
    'path ~/.x/**/mcp.json would look through every folder',
  ],
  [
    "a look through everybody's folders",
    { workspaces: [{ path: '~/*/list.json', key: [], take: 'names' }] },
    "path ~/*/list.json would look through everybody's folders",
  ],
  [
    'a look through folders with a short name in common',
    { mcp: [{ path: '~/.vs-*/mcp.json', key: [], scope: 'user' }] },
    "path ~/.vs-*/mcp.json would look through everybody's folders",
  ],
  [
    'a look through folders of projects',
    { mcp: [{ path: './.openclaw-*/mcp.json', key: [], scope: 'project' }] },
    "path ./.openclaw-*/mcp.json would look through everybody's folders",
  ],
  [
    'too many stars',
    { activity: [{ path: '~/.x/*/*/*/*/*/log' }] },
    'path ~/.x/*/*/*/*/*/log would look through too many folders',
  ],
  [
    'more in braces',
    { mcp: [{ path: '~/{vscode}/{profile}/mcp.json', key: [], scope: 'user' }] },
    'path ~/{vscode}/{profile}/mcp.json names no editor',
  ],
  [
    'another word in braces',
    { files: [{ path: '~/{code}/x/y.md', kind: 'skill', scope: 'user' }] },
    'path ~/{code}/x/y.md names no editor',
  ],
  [
    'the data of editors on the machine',
    { mcp: [{ path: '/{vscode}/User/mcp.json', key: [], scope: 'managed' }] },
    'path /{vscode}/User/mcp.json names no editor',
  ],
  [
    'a program of Windows by a bare name',
    { windows: { executables: [{ path: '**\\x.exe' }] } },
    'pattern **\\x.exe would match by a bare name',
  ],
  [
    'a program of Windows that is none',
    { windows: { executables: [{ path: 'C:\\x\\y.txt' }] } },
    'pattern C:\\x\\y.txt names no program',
  ],
  [
    'a path of Windows that climbs',
    { windows: { stateFolders: [{ path: '%APPDATA%\\..\\x' }] } },
    'pattern %APPDATA%\\..\\x has a . or .. segment',
  ],
])('lint finds what is too broad: %s', (_, facts, fault) =>
  expect(lintCatalogue(one(facts))).toContain(`one: ${fault}`),
)

test('folders that an agent calls after itself may be looked through', () => {
  const stateFolders = [{ path: '~/.claws-*' }]
  expect(lintCatalogue(one({ stateFolders, activity: [{ path: '~/.claws-*/log' }] }))).toEqual([])
})
