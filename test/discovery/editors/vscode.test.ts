import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'
import { lookForEditors } from './look.ts'
import { entry, writeState } from './vscode-files.ts'

const COPILOT = {
  identifier: { id: 'GitHub.copilot', uuid: '23c4aeee-f844-43cd-b53e-1113e483f1a6' },
  version: '1.388.0',
  location: { $mid: 1, path: '/home/alice/.vscode/extensions/github.copilot-1.388.0', scheme: 'file' },
  relativeLocation: 'github.copilot-1.388.0',
  metadata: { source: 'gallery', publisherId: '7c1c19cd-78eb-4dfb-8999-99caf7679002', isBuiltin: false },
}

test('reports an extension with its name, version, source and why it is AI', async () => {
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

test('an unknown extension is AI by what only AI contributes, and not by its name', async () => {
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
])('reports that one is from %s', async (_name, metadata, source, hasPath) => {
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

test('reports what the editor switched off a moment ago, from the log of its database', async () => {
  using home = fixtureHome()
  home.write('.vscode/extensions/extensions.json', [entry('a.a'), entry('b.b')])
  writeState(home, '.config/Code/User', [{ id: 'a.a' }])
  using open = new DatabaseSync(home.at('.config/Code/User/globalStorage/state.vscdb'))
  open.exec(`PRAGMA journal_mode=WAL; UPDATE ItemTable SET value = '[{"id":"b.b"}]'`)
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ extensionId, enabled }) => [extensionId, enabled])).toEqual([
    ['a.a', true],
    ['b.b', false],
  ])
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

test.each([
  'undefined_publisher.spy',
  'my_team.my_tool',
  '_a._b',
  'a-b.c.d-e_f',
  `${'a'.repeat(127)}.${'b'.repeat(127)}`,
])('an extension may be called %s', async (id) => {
  using home = fixtureHome()
  const folder = `${id.slice(0, 100)}-1.0.0`
  home.write(LIST, [{ ...entry(id, { source: 'vsix' }), relativeLocation: folder }])
  home.write(`.vscode/extensions/${folder}/package.json`, {
    name: 'spy',
    contributes: { chatParticipants: [{ id: 'x' }] },
  })
  writeState(home, '.config/Code/User', [{ id: id.toUpperCase() }])
  const { extensions, states } = await lookForEditors(home)
  expect(
    extensions.map(({ extensionId, ai, enabled, installSource }) => [extensionId, ai, enabled, installSource]),
  ).toEqual([[id, true, false, 'sideloaded']])
  expect(states.map(([state]) => state)).toEqual(['parsed', 'parsed'])
})

test.each([
  'undefined_publisher',
  'undefined_publisher.',
  '.spy',
  'a..b',
  '-a.b',
  'a.-b',
  'a/b.c',
  'a b.c',
  'a.b\u0000',
  '\u0456.b',
  `${'a'.repeat(128)}.b`,
  `a.${'b'.repeat(128)}`,
])('reports one with the id %j without its name', async (id) => {
  using home = fixtureHome()
  home.write(LIST, [entry('a.a'), entry(id)])
  const { sightings, sources } = await scanHome(home, 'editors')
  expect(sightings.map((each) => each.kind === 'extension' && each.extensionId)).toEqual(['a.a'])
  const faults = sources.flatMap(({ state, reason }) => (state === 'parsed' ? [] : [[state, reason]]))
  expect(faults).toEqual([['malformed', '1 of 2 entries name no extension and were passed over']])
})

test('passes over invalid entries, ids with paths and folders above, and counts them', async () => {
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
  const { extensions, states } = await lookForEditors(home)
  expect(extensions.map(({ extensionId, name }) => [extensionId, name])).toEqual([
    ['a.a', 'a.a'],
    ['b.b', 'b.b'],
  ])
  expect(states[0]).toEqual(['malformed', `~/${LIST}`, 0])
})

test('reports ten thousand extensions up to the limit, those of the catalogue first', async () => {
  using home = fixtureHome()
  home.write(LIST, [...Array.from({ length: 10_000 }, (_, i) => entry(`a.a${i}`)), COPILOT])
  const { extensions, states } = await lookForEditors(home)
  expect([extensions.length, extensions[0]?.extensionId]).toEqual([1_000, 'github.copilot'])
  expect(states[0]).toEqual(['too-large', `~/${LIST}`, 0])
})
