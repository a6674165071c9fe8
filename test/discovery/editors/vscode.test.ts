import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type FixtureHome, fixtureHome } from '../../support/fixture-home.ts'
import { ALICE } from '../../support/look-at-home.ts'
import { lookForEditors } from './look.ts'

const COPILOT = {
  identifier: { id: 'GitHub.copilot', uuid: '23c4aeee-f844-43cd-b53e-1113e483f1a6' },
  version: '1.388.0',
  location: { $mid: 1, path: '/home/alice/.vscode/extensions/github.copilot-1.388.0', scheme: 'file' },
  relativeLocation: 'github.copilot-1.388.0',
  metadata: { source: 'gallery', publisherId: '7c1c19cd-78eb-4dfb-8999-99caf7679002', isBuiltin: false },
}
const entry = (id: string, metadata: Record<string, unknown> = { source: 'gallery' }) => ({
  identifier: { id },
  version: '1.0.0',
  relativeLocation: `${id}-1.0.0`,
  metadata,
})

/** As VS Code writes it: one table of texts by key. */
function writeState(home: FixtureHome, folder: string, disabled: unknown, { wal = false } = {}): void {
  home.folder(`${folder}/globalStorage`)
  using database = new DatabaseSync(home.at(`${folder}/globalStorage/state.vscdb`))
  if (wal) database.exec('PRAGMA journal_mode=WAL')
  database.exec('CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)')
  const insert = database.prepare('INSERT INTO ItemTable VALUES (?, ?)')
  insert.run('history.recentlyOpenedPathsList', '{"entries":[]}')
  insert.run('extensionsIdentifiers/disabled', typeof disabled === 'string' ? disabled : JSON.stringify(disabled))
}

test('an extension is told with its name, version, source and why it is AI', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [COPILOT])
  home.write('.vscode/extensions/github.copilot-1.388.0/package.json', {
    name: 'copilot',
    displayName: '%displayName%',
    version: '1.388.0',
    contributes: { languageModelTools: [{ name: 'x' }], commands: [], chatParticipants: [] },
    enabledApiProposals: ['inlineCompletionsAdditions'],
  })
  home.write('.vscode/extensions/github.copilot-1.388.0/package.nls.json', { displayName: 'GitHub Copilot' })
  const { extensions, states } = await lookForEditors(home)
  expect(extensions).toEqual([
    {
      kind: 'extension',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'GitHub Copilot',
      version: '1.388.0',
      user: ALICE,
      host: 'vscode',
      product: 'vscode',
      profile: 'Default',
      extensionId: 'github.copilot',
      enabled: true,
      installSource: 'store',
      permissions: ['languageModelTools', 'enabledApiProposals'],
      hostPermissions: [],
      broadHosts: false,
      ai: true,
      catalogueId: 'vscode:github.copilot',
      vendor: 'GitHub',
      evidence: [
        expect.stringMatching(/^extension id github\.copilot is .* in the catalogue$/),
        'contributes languageModelTools',
      ],
    },
  ])
  expect(states).toEqual([
    ['parsed', '~/.vscode/extensions/extensions.json', 1],
    ['parsed', '~', 1],
  ])
})

test('what no catalogue knows is AI when it contributes what only AI does, and not by its name', async () => {
  using home = fixtureHome()
  home.write('.cursor/extensions/extensions.json', [entry('a.secret-agent'), entry('b.chatgpt-theme')])
  home.write('.cursor/extensions/a.secret-agent-1.0.0/package.json', {
    name: 'secret-agent',
    contributes: { mcpServerDefinitionProviders: [{ id: 'x' }] },
  })
  home.write('.cursor/extensions/b.chatgpt-theme-1.0.0/package.json', {
    name: 'chatgpt-theme',
    contributes: { themes: [1] },
  })
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ extensionId, product, ai, evidence }) => [extensionId, product, ai, evidence])).toEqual([
    ['a.secret-agent', 'cursor', true, ['contributes mcpServerDefinitionProviders']],
    ['b.chatgpt-theme', 'cursor', false, []],
  ])
})

test('named profiles have lists of their own, and each knows what is switched off', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.a'), entry('b.b')])
  home.write('.config/Code/User/globalStorage/storage.json', {
    userDataProfiles: [{ location: '-5f1c', name: 'Work' }],
  })
  writeState(home, '.config/Code/User', [{ id: 'B.b', uuid: 'x' }])
  home.write('.config/Code/User/profiles/-5f1c/extensions.json', [entry('b.b'), entry('c.c')])
  writeState(home, '.config/Code/User/profiles/-5f1c', [{ id: 'c.c' }], { wal: true })
  home.write('.config/Code/User/profiles/77aa/extensions.json', [entry('d.d')])
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ profile, extensionId, enabled }) => [profile, extensionId, enabled])).toEqual([
    ['Default', 'a.a', true],
    ['Default', 'b.b', false],
    ['Work', 'b.b', true],
    ['Work', 'c.c', false],
    ['77aa', 'd.d', true],
  ])
  expect(new Set(extensions.map(({ id }) => id)).size).toBe(5)
})

test.each<[string, Record<string, unknown>, string, boolean]>([
  ['the store', { source: 'gallery' }, 'store', false],
  ['a file', { source: 'vsix' }, 'sideloaded', true],
  ['a folder', { source: 'resource' }, 'unpacked', true],
  ['the editor itself', { isBuiltin: true }, 'bundled', false],
  ['the store, long ago', { publisherId: 'x' }, 'store', false],
  ['nobody knows where', {}, 'unknown', false],
])('one from %s says so', async (_name, metadata, source, hasPath) => {
  using home = fixtureHome()
  home.write('.vscode-server/extensions/extensions.json', [entry('a.a', metadata)])
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ installSource, path }) => [installSource, path !== undefined])).toEqual([[source, hasPath]])
})

test('the editor may run meanwhile: its database is read though it holds it locked', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.a')])
  writeState(home, '.config/Code/User', [{ id: 'a.a' }])
  using open = new DatabaseSync(home.at('.config/Code/User/globalStorage/state.vscdb'))
  open.exec('BEGIN EXCLUSIVE')
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ enabled }) => enabled)).toEqual([false])
})

const STATE = '.config/Code/User/globalStorage/state.vscdb'
test.each<[string, (home: FixtureHome) => void, string]>([
  ['is no database', (home) => home.write(STATE, 'not a database'), 'malformed'],
  [
    'is cut in the middle',
    (home) => {
      writeState(home, '.config/Code/User', [{ id: 'a.a' }])
      truncateSync(home.at(STATE), 700)
    },
    'malformed',
  ],
  [
    'has no such table',
    (home) => {
      home.folder('.config/Code/User/globalStorage')
      using database = new DatabaseSync(home.at(STATE))
      database.exec('CREATE TABLE other (x)')
    },
    'malformed',
  ],
  [
    'has a view in its place that would run for ever',
    (home) => {
      home.folder('.config/Code/User/globalStorage')
      using database = new DatabaseSync(home.at(STATE))
      database.exec(
        "CREATE VIEW ItemTable AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'extensionsIdentifiers/disabled' AS key, max(i) AS value FROM n",
      )
    },
    'malformed',
  ],
  [
    'computes what it holds',
    (home) => {
      home.folder('.config/Code/User/globalStorage')
      using database = new DatabaseSync(home.at(STATE))
      database.exec('CREATE TABLE ItemTable (key TEXT, value TEXT AS (hex(zeroblob(1000000))))')
      database.exec("INSERT INTO ItemTable (key) VALUES ('extensionsIdentifiers/disabled')")
    },
    'malformed',
  ],
  ['holds what is no JSON', (home) => writeState(home, '.config/Code/User', '[{"id":'), 'malformed'],
  [
    'is a FIFO',
    (home) => {
      home.folder('.config/Code/User/globalStorage')
      execFileSync('/usr/bin/mkfifo', [home.at(STATE)])
    },
    'unreadable',
  ],
  ['is a link', (home) => home.link(STATE, '/etc/passwd'), 'unreadable'],
  [
    'is of a terabyte',
    (home) => {
      home.write(STATE, '')
      truncateSync(home.at(STATE), 2 ** 40)
    },
    'too-large',
  ],
])('whether it is enabled is unknown, and said, when the database %s', async (_name, write, state) => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.a')])
  write(home)
  const { extensions, states } = await lookForEditors(home)
  expect(extensions.map(({ extensionId, enabled }) => [extensionId, enabled])).toEqual([['a.a', 'unknown']])
  expect(states.filter(([each]) => each !== 'parsed')).toEqual([[state, `~/${STATE}`, 0]])
})

const LIST = '.vscode/extensions/extensions.json'
test.each<[string, (home: FixtureHome) => void, string]>([
  ['is cut in the middle', (home) => home.write(LIST, '[{"identifier":{"id":"a.'), 'malformed'],
  ['is no list', (home) => home.write(LIST, { a: 1 }), 'malformed'],
  ['is nested without end', (home) => home.write(LIST, '['.repeat(100_000)), 'too-large'],
  ['is a link', (home) => home.link(LIST, '/etc/passwd'), 'unreadable'],
])('a list that %s is said, and other editors are read', async (_name, write, state) => {
  using home = fixtureHome()
  write(home)
  home.write('.cursor/extensions/extensions.json', [entry('a.a')])
  const { extensions, states } = await lookForEditors(home)
  expect(extensions.map(({ product }) => product)).toEqual(['cursor'])
  const expected = state === 'too-large' ? 'malformed' : state
  expect(states.filter(([each]) => each !== 'parsed')).toEqual([[expected, `~/${LIST}`, 0]])
})

test('entries that are none, ids with paths in them and folders above are passed over', async () => {
  using home = fixtureHome()
  writeFileSync(home.at('outside.json'), '{}')
  home.write(LIST, [
    null,
    1,
    'x',
    {},
    { identifier: { id: '../../etc.passwd' } },
    { identifier: { id: 'no-dot' } },
    { identifier: { id: 'a.a\n\u001b[31m' } },
    { ...entry('a.a'), relativeLocation: '..' },
    { ...entry('b.b'), relativeLocation: '../../x' },
  ])
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ extensionId, name }) => [extensionId, name])).toEqual([
    ['a.a', 'a.a'],
    ['b.b', 'b.b'],
  ])
})

test('ten thousand extensions are told up to the bound, those of the catalogue first', async () => {
  using home = fixtureHome()
  home.write(LIST, [...Array.from({ length: 10_000 }, (_, i) => entry(`a.a${i}`)), COPILOT])
  const { extensions, states } = await lookForEditors(home)
  expect([extensions.length, extensions[0]?.extensionId]).toEqual([1_000, 'github.copilot'])
  expect(states[0]).toEqual(['too-large', `~/${LIST}`, 0])
})

/** As VS Code keeps it for one folder that is opened with it. */
function writeWorkspace(
  home: FixtureHome,
  id: string,
  place: Record<string, unknown>,
  switches: { readonly enabled?: unknown; readonly disabled?: unknown },
): void {
  const folder = `.config/Code/User/workspaceStorage/${id}`
  home.write(`${folder}/workspace.json`, place)
  using database = new DatabaseSync(home.at(`${folder}/state.vscdb`))
  database.exec('CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)')
  const insert = database.prepare('INSERT INTO ItemTable VALUES (?, ?)')
  insert.run('memento/workbench.parts.editor', 'x'.repeat(200_000))
  for (const [name, value] of Object.entries(switches)) {
    insert.run(`extensionsIdentifiers/${name}`, typeof value === 'string' ? value : JSON.stringify(value))
  }
}

const ids = (...names: string[]) => names.map((id) => ({ id, uuid: 'x' }))

test('what is switched in single folders is told beside what holds in all others', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.on'), entry('b.off'), entry('c.both')])
  writeState(home, '.config/Code/User', ids('b.off'))
  writeWorkspace(home, '0a', { folder: 'file:///srv/app' }, { enabled: ids('B.Off'), disabled: ids('A.On') })
  writeWorkspace(
    home,
    '0b',
    { workspace: 'file:///srv/two%20words.code-workspace' },
    { disabled: ids('a.on', 'b.off') },
  )
  writeWorkspace(home, '0c', { folder: 'file:///srv/both' }, { enabled: ids('c.both'), disabled: ids('c.both') })
  const { extensions, states } = await lookForEditors(home)
  expect(extensions.map((each) => [each.extensionId, each.enabled, each.enabledIn, each.disabledIn])).toEqual([
    ['a.on', true, undefined, ['/srv/app', '/srv/two words.code-workspace']],
    ['b.off', false, ['/srv/app'], undefined],
    ['c.both', true, undefined, undefined],
  ])
  expect(states.every(([state]) => state === 'parsed')).toBe(true)
})

test('a folder counts for the profile that it is opened with', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.on')])
  home.write('.config/Code/User/profiles/4f2/extensions.json', [entry('a.on')])
  home.write('.config/Code/User/globalStorage/storage.json', {
    userDataProfiles: [{ location: '4f2', name: 'Work' }],
    profileAssociations: { workspaces: { 'file:///srv/work': '4f2', 'file:///srv/own': '__default__profile__', x: 7 } },
  })
  for (const [id, folder] of [
    ['0a', 'work'],
    ['0b', 'own'],
    ['0c', 'free'],
  ] as const) {
    writeWorkspace(home, id, { folder: `file:///srv/${folder}` }, { disabled: ids('a.on') })
  }
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ profile, disabledIn }) => [profile, disabledIn])).toEqual([
    ['Default', ['/srv/own', '/srv/free']],
    ['Work', ['/srv/work']],
  ])
})

test.each<[string, Record<string, unknown>, unknown]>([
  ['on another machine', { folder: 'vscode-remote://ssh-remote/srv/app' }, ids('a.on')],
  ['of no folder', {}, ids('a.on')],
  ['of something that is no text', { folder: ['file:///srv/app'] }, ids('a.on')],
  ['of an address that cannot be', { folder: 'file:///%ff%' }, ids('a.on')],
  ['that names nothing', { folder: 'file:///srv/app' }, []],
  ['that names no list', { folder: 'file:///srv/app' }, { id: 'a.on' }],
  ['that names other things', { folder: 'file:///srv/app' }, [7, null, 'a.on', { id: 7 }]],
])('a workspace %s changes nothing', async (_, place, disabled) => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.on')])
  writeWorkspace(home, '0a', place, { disabled })
  const { extensions, states } = await lookForEditors(home)
  expect([extensions[0]?.enabled, extensions[0]?.disabledIn, states.every(([each]) => each === 'parsed')]).toEqual([
    true,
    undefined,
    true,
  ])
})

test.each<[string, (home: FixtureHome, path: string) => void]>([
  ['no database', (home, path) => home.write(path, 'x'.repeat(5_000))],
  ['cut', (home, path) => truncateSync(home.at(path), 4_096)],
  [
    'one that computes',
    (home, path) => {
      using database = new DatabaseSync(home.at(path))
      database.exec('DROP TABLE ItemTable; CREATE VIEW ItemTable AS SELECT 1 AS key, 2 AS value')
    },
  ],
  [
    'one whose list is no JSON',
    (home, path) => {
      using database = new DatabaseSync(home.at(path))
      database.exec(`UPDATE ItemTable SET value = '[{' WHERE key = 'extensionsIdentifiers/disabled'`)
    },
  ],
  [
    'one whose list is longer than any',
    (home, path) => {
      using database = new DatabaseSync(home.at(path))
      database.exec(`UPDATE ItemTable SET value = '${' '.repeat(70_000)}' WHERE key = 'extensionsIdentifiers/disabled'`)
    },
  ],
])('a workspace with %s is said, and the rest is told', async (_, spoil) => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.on')])
  writeWorkspace(home, '0a', { folder: 'file:///srv/app' }, { disabled: ids('a.on') })
  writeWorkspace(home, '0b', { folder: 'file:///srv/lib' }, { disabled: ids('a.on') })
  const path = '.config/Code/User/workspaceStorage/0a/state.vscdb'
  spoil(home, path)
  const { extensions, states } = await lookForEditors(home)
  expect(extensions[0]?.disabledIn).toEqual(['/srv/lib'])
  expect(states.filter(([state]) => state !== 'parsed')).toEqual([['malformed', `~/${path}`, 0]])
})

test('more workspaces than anybody has are cut, and so are those that are told', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.on')])
  for (let n = 0; n < 20; n++) writeWorkspace(home, `0${n}`, { folder: `file:///srv/${n}` }, { disabled: ids('a.on') })
  for (let n = 0; n < 190; n++) home.folder(`.config/Code/User/workspaceStorage/x${n}`)
  const { extensions, states } = await lookForEditors(home)
  expect([extensions[0]?.disabledIn?.length, states.filter(([state]) => state !== 'parsed')]).toEqual([
    16,
    [['too-large', '~/.config/Code/User/workspaceStorage', 0]],
  ])
})
