import { truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { lookForEditors } from './look.ts'
import { entry, ids, writeState } from './vscode-files.ts'

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

test('reports what is switched in single folders beside what holds in all others', async () => {
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
])('reports a workspace with %s as a fault, and the rest as found', async (_, spoil) => {
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

test('limits workspaces, and the ones that are reported', async () => {
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
