import { readdirSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { RecordedMemory } from '../../../src/discovery/files/home-memory.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import { readMark } from '../../../src/system/files/foreign/foreign-files.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE, scanHome } from '../../support/homes/scan-home.ts'

const FOLDER = '.local/share/zed/db/0-stable'
/** Of the columns that Zed has since September 2025 those that matter. */
const TABLE =
  'CREATE TABLE workspaces(workspace_id INTEGER PRIMARY KEY, paths TEXT, paths_order TEXT, remote_connection_id INTEGER) STRICT'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'mcp')
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  return {
    told: servers.map(({ client, name, workspace }) => `${client} ${name} ${workspace?.replace(home.path, '~')}`),
    faults: sources
      .filter(({ state }) => state !== 'parsed')
      .map(({ state, path }) => `${state} ${path?.replace(home.path, '~')}`),
  }
}

/** As Zed keeps it, open while it runs. */
function zedDatabase(home: FixtureHome, rows: readonly (readonly [paths: string | null, remote: number | null])[]) {
  home.folder(FOLDER)
  const database = new DatabaseSync(home.at(`${FOLDER}/db.sqlite`))
  database.exec(`PRAGMA journal_mode=WAL; ${TABLE}`)
  const insert = database.prepare('INSERT INTO workspaces(paths, paths_order, remote_connection_id) VALUES (?, ?, ?)')
  for (const [paths, remote] of rows) insert.run(paths, '0', remote)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return { open: database, [Symbol.dispose]: () => database.close() }
}

function project(home: FixtureHome, folder: string, name: string): string {
  home.write(`${folder}/.zed/settings.json`, `{ /* mine */ "context_servers": { "${name}": { "command": "npx" } } }`)
  return home.at(folder)
}

test('reads projects of Zed from its open database, and makes no file beside it', async () => {
  using home = fixtureHome()
  const [app, lib] = [project(home, 'code/app', 'a'), project(home, 'code/lib', 'b')]
  using _ = zedDatabase(home, [[`${app}\n${lib}`, null]])
  const before = readdirSync(home.at(FOLDER))
  expect(await look(home)).toEqual({ told: ['zed a ~/code/app', 'zed b ~/code/lib'], faults: [] })
  expect(readdirSync(home.at(FOLDER))).toEqual(before)
})

test('reports a project in the log of the database, as Zed opened it a moment ago', async () => {
  using home = fixtureHome()
  const [app, lib] = [project(home, 'code/app', 'a'), project(home, 'code/lib', 'b')]
  using database = zedDatabase(home, [[app, null]])
  database.open.exec(`INSERT INTO workspaces(paths, paths_order) VALUES ('${lib}', '0')`)
  const before = readdirSync(home.at(FOLDER))
  expect(await look(home)).toEqual({ told: ['zed a ~/code/app', 'zed b ~/code/lib'], faults: [] })
  expect(readdirSync(home.at(FOLDER))).toEqual(before)
})

test('looks at a remembered home again when only the log of a database has changed', async () => {
  using home = fixtureHome()
  const [app, lib] = [project(home, 'code/app', 'a'), project(home, 'code/lib', 'b')]
  using database = zedDatabase(home, [[app, null]])
  const insert = (path: string) => database.open.exec(`INSERT INTO workspaces(paths) VALUES ('${path}')`)
  insert('/srv/other')
  let saved: string | undefined
  const lookAgain = async () => {
    using files = openFiles()
    const init = { subject: 'alice', nowMs: Date.now() + 10_000, ...(saved === undefined ? {} : { saved }) }
    const memory = new RecordedMemory({ files, readMark }, init)
    const of = { user: ALICE, home: home.path, catalogue: builtInCatalogue() }
    const { sightings } = await readHome({ files, clock: new FakeClock(), memory }, of, 'mcp')
    const isKept = memory.save() !== undefined
    saved = memory.save() ?? saved
    return [isKept, sightings.map(({ name }) => name)]
  }
  expect([await lookAgain(), await lookAgain()]).toEqual([
    [true, ['a']],
    [false, ['a']],
  ])
  insert(lib)
  expect(await lookAgain()).toEqual([true, ['a', 'b']])
})

test('reports a log that is not read', async () => {
  using home = fixtureHome()
  const app = project(home, 'code/app', 'a')
  using _ = zedDatabase(home, [[app, null]])
  rmSync(home.at(`${FOLDER}/db.sqlite-wal`))
  home.link(`${FOLDER}/db.sqlite-wal`, '/etc/passwd')
  expect(await look(home)).toEqual({ told: ['zed a ~/code/app'], faults: [`unreadable ~/${FOLDER}/db.sqlite-wal`] })
})

test.each<[string, (app: string) => readonly (readonly [string | null, number | null])[]]>([
  ['of another machine', (app) => [[app, 1]]],
  ['empty', () => [['', null]]],
  ['nothing', () => [[null, null]]],
  ['relative', () => [['code/app', null]]],
  ['the root', () => [['/', null]]],
  ['with ..', (app) => [[`${app}/../app`, null]]],
  ['an address', (app) => [[`file://${app}`, null]]],
  ['with a zero', (app) => [[`${app}\0`, null]]],
])('a workspace that is %s leads nowhere', async (_, rows) => {
  using home = fixtureHome()
  using _database = zedDatabase(home, rows(project(home, 'code/app', 'a')))
  expect(await look(home)).toEqual({ told: [], faults: [] })
})

test.each<[string, string]>([
  ['of an older Zed', 'CREATE TABLE workspaces(workspace_id INTEGER PRIMARY KEY, workspace_location BLOB UNIQUE)'],
  ['without workspaces', 'CREATE TABLE kv_store(key TEXT, value TEXT)'],
  ['that computes', `${TABLE}; CREATE VIEW v AS SELECT 1`],
  ['with a trigger', `${TABLE}; CREATE TRIGGER t AFTER INSERT ON workspaces BEGIN DELETE FROM workspaces; END`],
  ['with a column that is computed', "CREATE TABLE workspaces(paths TEXT AS ('/srv'), remote_connection_id INTEGER)"],
])('a database %s is said', async (_, schema) => {
  using home = fixtureHome()
  project(home, 'code/app', 'a')
  home.folder(FOLDER)
  const database = new DatabaseSync(home.at(`${FOLDER}/db.sqlite`))
  database.exec(schema)
  database.close()
  expect(await look(home)).toEqual({ told: [], faults: [`malformed ~/${FOLDER}/db.sqlite`] })
})

test('a database with more text than anybody has is not held in memory', async () => {
  using home = fixtureHome()
  using _ = zedDatabase(home, Array(300).fill(['x'.repeat(60_000), null]))
  expect(await look(home)).toEqual({ told: [], faults: [`too-large ~/${FOLDER}/db.sqlite`] })
})

test('more workspaces than anybody has are cut, and that is said', async () => {
  using home = fixtureHome()
  const rows = Array.from({ length: 300 }, (_, n): [string, null] => [home.at(`p/${n}`), null])
  using _ = zedDatabase(home, rows)
  expect((await look(home)).faults).toEqual(['too-large workspaces'])
})

test('reports a server of an extension of Zed, and a secret among its settings', async () => {
  using home = fixtureHome()
  home.write('.config/zed/settings.json', {
    context_servers: {
      github: { source: 'extension', settings: { github_personal_access_token: 'canary-canary' } },
      postgres: { source: 'extension', enabled: false, settings: { database: 'mine' } },
      today: { enabled: true, settings: { token: 'ghp_canary9canary9canary9canary9canary9' } },
      plain: { settings: {} },
      gone: { source: 'custom', settings: {} },
      empty: {},
      list: { settings: ['a'] },
      word: 'extension',
    },
  })
  const { sightings } = await scanHome(home, 'mcp')
  const told = sightings.map((each) =>
    each.kind === 'mcp-server' ? [each.name, each.transport, each.enabled, each.plaintextSecret] : [],
  )
  expect(told).toEqual([
    ['github', 'unknown', true, true],
    ['postgres', 'unknown', false, false],
    ['today', 'unknown', true, true],
    ['plain', 'unknown', true, false],
  ])
  expect(JSON.stringify(sightings)).not.toContain('canary')
})
