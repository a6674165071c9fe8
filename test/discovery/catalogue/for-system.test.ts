import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue, CatalogueEntry } from '../../../src/discovery/catalogue/catalogue.ts'
import { catalogueFor } from '../../../src/discovery/catalogue/for-system.ts'
import { lintCatalogue } from '../../../src/discovery/catalogue/lint.ts'
import { windowsPattern } from '../../../src/discovery/catalogue/path-pattern.ts'

const ENTRY: CatalogueEntry = {
  id: 'robo',
  name: 'Robo',
  vendor: 'Acme',
  kind: 'cli-agent',
  sources: ['maker'],
  executables: [{ path: '~/.robo/bin/robo' }, { path: '**/@acme/robo-linux-*/robo' }, { path: '/opt/robo/robo' }],
  stateFolders: [{ path: '~/.config/Robo' }],
  mcp: [
    {
      path: '~/.config/Robo/mcp.json',
      key: ['servers'],
      scope: 'user',
      trusted: { path: '~/.config/Robo/trust.json', key: ['.'], is: 'yes' },
    },
    { path: './.robo/mcp.json', key: ['servers'], scope: 'project' },
    { path: '/etc/robo/mcp.json', key: ['servers'], scope: 'managed' },
    { path: '/srv/robo.json', key: [], scope: 'managed' },
  ],
  settings: [{ path: '/etc/robo/settings.json', key: ['mode'], autonomous: ['yes'] }],
  services: [{ name: 'robo.service', manager: 'systemd' }],
  brew: [{ name: 'robo' }],
  darwin: {
    bundles: [{ id: 'com.acme.robo' }],
    executables: [{ path: '/Applications/Robo.app/Contents/MacOS/Robo' }],
    services: [{ name: 'com.acme.robo', manager: 'launchd' }],
    movedFolders: [
      { from: '~/.config/Robo', to: '~/Library/Application Support/Robo' },
      { from: '/etc/robo', to: '/Library/Application Support/Robo' },
    ],
  },
  windows: {
    executables: [{ path: '%LOCALAPPDATA%\\Programs\\robo\\Robo.exe' }],
    mcp: [{ path: '%APPDATA%\\Robo\\mcp.json', key: ['servers'], scope: 'user' }],
    movedFolders: [
      { from: '~/.config/Robo', to: '%APPDATA%\\Robo' },
      { from: '~/.config/Robo', to: '%LOCALAPPDATA%\\Packages\\Robo_x\\LocalCache\\Roaming\\Robo' },
      { from: '/etc/robo', to: '%ProgramData%\\Robo' },
    ],
  },
}
const CATALOGUE: Catalogue = {
  schema: 'surety/catalogue@1',
  version: 1,
  asOf: '2026-11-29',
  sources: { maker: { title: 'its maker' } },
  entries: [ENTRY],
}
const pathsOf = (facts: readonly { readonly path: string }[] | undefined) => facts?.map(({ path }) => path)

test('on Linux the catalogue is as it is', () => {
  expect(catalogueFor(CATALOGUE, 'linux')).toBe(CATALOGUE)
})

test('on Windows, moves folders, adds .exe and drops paths of Linux', () => {
  const [entry] = catalogueFor(CATALOGUE, 'windows').entries
  expect(pathsOf(entry?.executables)).toEqual([
    '~/.robo/bin/robo.exe',
    '**/@acme/robo-*/robo.exe',
    '~/AppData/Local/Programs/robo/Robo.exe',
  ])
  expect(pathsOf(entry?.mcp)).toEqual([
    '~/AppData/Roaming/Robo/mcp.json',
    '~/AppData/Local/Packages/Robo_x/LocalCache/Roaming/Robo/mcp.json',
    './.robo/mcp.json',
    'C:/ProgramData/Robo/mcp.json',
  ])
  // The paths inside a fact go with it.
  expect(entry?.mcp?.map(({ trusted }) => trusted?.path)).toEqual([
    '~/AppData/Roaming/Robo/trust.json',
    '~/AppData/Local/Packages/Robo_x/LocalCache/Roaming/Robo/trust.json',
    undefined,
    undefined,
  ])
  expect(pathsOf(entry?.settings)).toEqual(['C:/ProgramData/Robo/settings.json'])
  expect([entry?.services, entry?.brew]).toEqual([undefined, undefined])
})

test('on macOS folders are moved, and its own facts stand beside those of Linux', () => {
  const [entry] = catalogueFor(CATALOGUE, 'darwin').entries
  expect(pathsOf(entry?.executables)).toEqual([
    '~/.robo/bin/robo',
    '**/@acme/robo-*/robo',
    '/opt/robo/robo',
    '/Applications/Robo.app/Contents/MacOS/Robo',
  ])
  expect(pathsOf(entry?.stateFolders)).toEqual(['~/Library/Application Support/Robo'])
  expect(pathsOf(entry?.mcp)).toEqual([
    '~/Library/Application Support/Robo/mcp.json',
    './.robo/mcp.json',
    '/Library/Application Support/Robo/mcp.json',
    '/srv/robo.json',
  ])
  expect(entry?.services).toEqual([{ name: 'com.acme.robo', manager: 'launchd' }])
})

test('a folder whose name only begins so stays where it is', () => {
  const entry = { ...ENTRY, mcp: [{ path: '~/.config/Robotics/mcp.json', key: [], scope: 'user' as const }] }
  const [found] = catalogueFor({ ...CATALOGUE, entries: [entry] }, 'darwin').entries
  expect(pathsOf(found?.mcp)).toEqual(['~/.config/Robotics/mcp.json'])
})

test('it is made once for each catalogue', () => {
  expect(catalogueFor(CATALOGUE, 'windows')).toBe(catalogueFor(CATALOGUE, 'windows'))
})

test.each(['darwin', 'windows'] as const)('every path of ours is one that can be looked for on %s', (system) => {
  const isPath = system === 'windows' ? /^(~|\.|\*\*|[A-Z]:)\// : /^(~|\.|\*\*)?\//
  const facts = catalogueFor(builtInCatalogue(), system).entries.flatMap((entry) => [
    ...[entry.executables, entry.stateFolders, entry.mcp, entry.files, entry.settings, entry.managedSettings],
    ...[entry.workspaces, entry.accounts, entry.credentials, entry.models, entry.activity, entry.versionFolders],
  ])
  const paths = facts.flatMap((each) => pathsOf(each) ?? [])
  expect(paths.length).toBeGreaterThan(400)
  expect(paths.filter((path) => !isPath.test(path) || path.includes('\\') || path.includes('%'))).toEqual([])
})

test('a move that no fact uses is refused', () => {
  const entry = { ...ENTRY, darwin: { movedFolders: [{ from: '~/.config/Rob', to: '~/Library/Rob' }] } }
  expect(lintCatalogue({ ...CATALOGUE, entries: [entry] })).toContain(
    'robo: nothing lies in ~/.config/Rob, which is moved',
  )
})

test.each([
  ['%APPDATA%\\x\\*.json', '~/AppData/Roaming/x/*.json'],
  ['%USERPROFILE%\\.x', '~/.x'],
  ['%ProgramFiles%\\x', 'C:/Program Files/x'],
  ['D:\\x', 'D:/x'],
  ['**\\x\\y.exe', '**/x/y.exe'],
  ['~/.x', '~/.x'],
  ['%UNKNOWN%\\x', '%UNKNOWN%/x'],
])('%s is %s', (pattern, expected) => {
  expect(windowsPattern(pattern)).toBe(expected)
})
