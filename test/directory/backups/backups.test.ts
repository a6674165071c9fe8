import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { recogniseRestore } from '../../../src/directory/backups/restores.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { serveAlone } from '../../../src/directory/store/serve-alone.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { frozen, seedDevices, stopApi, work } from '../stops/stop-fixture.ts'

/** `backup create`, `backup verify` and `restore` on a real data folder, beside the program that has it open. */

let directory: TestDirectory
let places: ReturnType<typeof temporaryFolder>
// A fresh directory for each test: backups and restores change its files, which nothing undoes.
beforeEach(async () => {
  directory = await startTestDirectory()
  places = temporaryFolder()
})
afterEach(async () => {
  places[Symbol.dispose]()
  await directory[Symbol.asyncDispose]()
})

const at = (name: string) => join(places.path, name)
const run = (...args: readonly string[]) => runCommand(directory, args)
const runIn = (data: string, ...args: readonly string[]) =>
  runCommand(directory, [...args, '--data', data], {}, { data: false })
const codeIn = ({ err }: { readonly err: string }) => /\[([A-Z_]+)\]\n/.exec(err)?.[1]

async function create(name = 'backup', ...args: readonly string[]): Promise<string> {
  const { exitCode, err } = await run('backup', 'create', '--to', at(name), ...args)
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  return at(name)
}

function passphraseFile(text = 'correct horse battery staple', mode = 0o600): string {
  const path = at(`passphrase-${mode}-${text.length}`)
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
  return path
}

test('a backup has the database, keys, profile and anchors, only for its owner', async () => {
  mkdirSync(join(directory.folder, 'trust-anchors', 'simulated'), { recursive: true })
  writeFileSync(join(directory.folder, 'trust-anchors', 'simulated', 'ca of swtpm.pem'), 'pem')
  writeFileSync(join(directory.folder, 'keys', 'delegations.json.damaged-7'), 'x')
  const { out } = await run('backup', 'create', '--to', at('backup'), '--json')
  const { act, folder, backup } = JSON.parse(out)
  expect({ act, folder, encrypted: backup.encrypted }).toEqual({
    act: 'created',
    folder: at('backup'),
    encrypted: false,
  })
  const manifest = JSON.parse(readFileSync(at('backup/manifest.json'), 'utf8'))
  const paths = manifest.files.map(({ path }: { path: string }) => path)
  expect(paths).toEqual(
    expect.arrayContaining([
      'directory.sqlite',
      'administrator.json',
      'keys/root.key.pem',
      'keys/ca.key.pem',
      'trust-anchors/simulated/ca of swtpm.pem',
    ]),
  )
  expect(paths).not.toContain('keys/delegations.json.damaged-7')
  const modes = ['', ...paths].map((path) => statSync(at(`backup/${path}`)).mode & 0o077)
  expect(new Set(modes)).toEqual(new Set([0]))
  expect(readdirSync(places.path)).toEqual(['backup'])
  expect((await run('backup', 'verify', at('backup'))).exitCode).toBe(0)
})

test('an existing folder gets one that is named by the time', async () => {
  mkdirSync(at('nightly'))
  await create('nightly')
  expect(readdirSync(at('nightly'))).toEqual([expect.stringMatching(/^surety-directory-\d{4}-\d\d-\d\dT\d{6}Z$/)])
})

test('delays no commit while it is made, and copies a single moment', async () => {
  await seedDevices(directory, 3)
  const { store, clock } = directory
  let made = false
  const making = create().finally(() => {
    made = true
  })
  const event = { at: clock.now(), actor: 'adm_test', act: 'stop-created', subject: 'x', details: {} } as const
  // Two rows in each transaction: a copy of another moment than a commit would have an odd number.
  for (; !made; await new Promise((resolve) => setImmediate(resolve))) {
    await store.transaction(async () => {
      for (let row = 0; row < 2; row++) await store.audit.add(event)
    })
  }
  const backup = await making
  await runIn(at('restored'), 'restore', '--from', backup)
  using database = openStore(at('restored/directory.sqlite'))
  const restored = directoryStore(sqliteDatabase(database))
  const { lastEvent } = JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8'))
  const newest = (await restored.events.list({ limit: 1 }))[0]?.id
  expect({ newest, devices: await restored.summary.active() }).toEqual({ newest: lastEvent, devices: 3 })
  const count = database.prepare("SELECT count(*) AS n FROM audit WHERE subject = 'x'").get()?.n
  expect(Number(count) % 2).toBe(0)
})

describe('what is refused, with nothing left behind', () => {
  test.each<[string, string, () => void]>([
    ['a folder that is a backup', 'NOT_FOUND', () => rmSync(join(directory.folder, 'keys'), { recursive: true })],
    ['a file in its place', 'CONFLICT', () => writeFileSync(at('to'), '')],
    ['a dangling link in its place', 'CONFLICT', () => symlinkSync('/nowhere', at('to'))],
    ['no folder above', 'STORE_FAILED', () => rmSync(places.path, { recursive: true })],
  ])('%s: %s', async (_, code, prepare) => {
    prepare()
    const before = existsSync(places.path) ? readdirSync(places.path) : []
    const ended = await run('backup', 'create', '--to', at('to'))
    expect({ exitCode: ended.exitCode, code: codeIn(ended) }).toEqual({ exitCode: 1, code })
    expect(existsSync(places.path) ? readdirSync(places.path) : []).toEqual(before)
  })

  test('a backup into a folder without a directory', async () => {
    const ended = await runIn(at('nothing'), 'backup', 'create', '--to', at('to'))
    expect({ code: codeIn(ended), made: existsSync(at('to')) }).toEqual({ code: 'NOT_FOUND', made: false })
  })

  test('a damaged database does not become a backup', async () => {
    directory.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    directory.database.exec('DROP TRIGGER audit_no_delete')
    const ended = await run('backup', 'create', '--to', at('to'))
    expect({ code: codeIn(ended), left: readdirSync(places.path) }).toEqual({ code: 'STORE_CORRUPT', left: [] })
  })

  test('an interrupted backup leaves nothing', async () => {
    const untilInterrupted = () => AbortSignal.abort()
    const ended = await runCommand(directory, ['backup', 'create', '--to', at('to')], { untilInterrupted })
    expect({ exitCode: ended.exitCode, left: readdirSync(places.path) }).toEqual({ exitCode: 1, left: [] })
  })

  test.each<[string, string, (backup: string) => void]>([
    ['a changed byte', 'STORE_CORRUPT', (backup) => appendFileSync(join(backup, 'keys/root.key.pem'), ' ')],
    ['a missing file', 'STORE_CORRUPT', (backup) => rmSync(join(backup, 'keys/ca.key.pem'))],
    [
      'a link in place of a file',
      'STORE_CORRUPT',
      (backup) => {
        rmSync(join(backup, 'directory.sqlite'))
        symlinkSync(join(directory.folder, 'directory.sqlite'), join(backup, 'directory.sqlite'))
      },
    ],
    ['no manifest', 'NOT_FOUND', (backup) => rmSync(join(backup, 'manifest.json'))],
    ['half a manifest', 'INPUT_MALFORMED', (backup) => writeFileSync(join(backup, 'manifest.json'), '{"format":')],
    [
      'a file outside',
      'INPUT_MALFORMED',
      (backup) => change(backup, (text) => text.replace('keys/root.key.pem', 'keys/../../x')),
    ],
    [
      'a file twice',
      'INPUT_MALFORMED',
      (backup) => change(backup, (text) => text.replace('keys/root.key.pem', 'keys/ca.key.pem')),
    ],
    ['a later format', 'INPUT_MALFORMED', (backup) => change(backup, (text) => text.replace('backup@1', 'backup@2'))],
  ])('a backup with %s: %s', async (_, code, damage) => {
    const backup = await create()
    damage(backup)
    expect(codeIn(await run('backup', 'verify', backup))).toBe(code)
    expect(codeIn(await runIn(at('restored'), 'restore', '--from', backup))).toBe(code)
    expect(existsSync(at('restored'))).toBe(false)
  })

  test('a folder that holds a directory, that holds anything, or that is served', async () => {
    const backup = await create()
    expect(codeIn(await run('restore', '--from', backup))).toBe('CONFLICT')
    mkdirSync(at('used'), { mode: 0o700 })
    writeFileSync(at('used/notes'), '')
    expect(codeIn(await runIn(at('used'), 'restore', '--from', backup))).toBe('CONFLICT')
    expect(readdirSync(at('used'))).toEqual(['notes'])
    mkdirSync(at('served'), { mode: 0o700 })
    using _lock = serveAlone(at('served'), { pid: 1, host: 'here', since: 0 })
    expect(codeIn(await runIn(at('served'), 'restore', '--from', backup))).toBe('CONFLICT')
    expect(existsSync(at('served/directory.sqlite'))).toBe(false)
  })

  test('a directory does not start on what an interrupted restore left', async () => {
    const backup = await create()
    await runIn(at('restored'), 'restore', '--from', backup)
    // As if it had been killed before the last step.
    rmSync(at('restored/directory.sqlite'))
    expect(() => openStore(at('restored/directory.sqlite'))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    await runIn(at('other'), 'restore', '--from', backup)
    appendFileSync(at('other/directory.sqlite'), 'x')
    expect(() => openStore(at('other/directory.sqlite'))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})

describe('with a passphrase', () => {
  test('nothing of it can be read, and it comes back', async () => {
    const file = passphraseFile()
    const backup = await create('backup', '--passphrase-file', file)
    const database = readFileSync(join(backup, 'directory.sqlite'))
    expect(database.subarray(0, 15).toString('latin1')).not.toBe('SQLite format 3')
    expect(readFileSync(join(backup, 'keys/root.key.pem')).includes('PRIVATE KEY')).toBe(false)
    expect(readdirSync(backup).filter((name) => name.startsWith('.'))).toEqual([])
    expect((await run('backup', 'verify', backup, '--passphrase-file', file)).exitCode).toBe(0)
    const restored = await runIn(at('restored'), 'restore', '--from', backup, '--passphrase-file', file)
    expect(restored.exitCode).toBe(0)
    const key = 'keys/root.key.pem'
    expect(readFileSync(at(`restored/${key}`), 'utf8')).toBe(readFileSync(join(directory.folder, key), 'utf8'))
    openStore(at('restored/directory.sqlite')).close()
  })

  test('refuses another passphrase, none, a short one, and a file that others can read', async () => {
    const backup = await create('backup', '--passphrase-file', passphraseFile())
    const restore = (...args: readonly string[]) => runIn(at('restored'), 'restore', '--from', backup, ...args)
    expect(codeIn(await restore('--passphrase-file', passphraseFile('another passphrase')))).toBe('SIGNATURE_INVALID')
    expect(codeIn(await restore())).toBe('USAGE_INVALID')
    expect(codeIn(await restore('--passphrase-file', passphraseFile('short')))).toBe('USAGE_INVALID')
    expect(codeIn(await restore('--passphrase-file', passphraseFile('correct horse', 0o644)))).toBe('NOT_PERMITTED')
    expect(codeIn(await restore('--passphrase-file', at('nowhere')))).toBe('FILE_ABSENT')
    const left = existsSync(at('restored')) ? readdirSync(at('restored')) : []
    expect(left.filter((name) => !name.startsWith('serving.sqlite'))).toEqual([])
  })
})

describe('a directory that starts on a restored backup', () => {
  test('records it once, and orders every standing stop again', async () => {
    const [first = '', second = ''] = await seedDevices(directory, 2)
    const api = stopApi(directory)
    const standing = await api.stopped({ kind: 'freeze', selector: { all: true }, reason: 'incident' })
    const over = await api.stopped({ kind: 'freeze', selector: { device: first }, reason: 'over' })
    await work(directory)
    await api.ask('POST', `/stops/${over.id}/release`, { reason: 'mended' })
    await work(directory)
    await directory.store.stopDevices.putAnswer(
      first,
      { number: 1 },
      { answer: { state: 'frozen', at: 1 }, receipt: frozen(1, 2) },
    )
    const backup = await create()
    expect(JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8'))).toMatchObject({
      devices: 2,
      standingStops: 1,
    })
    await runIn(at('restored'), 'restore', '--from', backup)
    using database = openStore(at('restored/directory.sqlite'))
    const store = directoryStore(sqliteDatabase(database))
    const warnings: unknown[] = []
    const log = { ...silentLog, warn: (message: string, fields: unknown) => void warnings.push([message, fields]) }
    const { clock } = directory
    for (let start = 0; start < 2; start++) await recogniseRestore({ store, clock, log })
    expect(warnings).toEqual([
      [expect.stringContaining('restored from a backup'), expect.objectContaining({ stops: 1, devices: 2 })],
    ])
    expect(await store.events.list({ limit: 1 })).toMatchObject([
      { kind: 'directory-restored', facts: { stops: 1, stopDevices: 2 } },
    ])
    expect(await store.restores.newest()).toMatchObject({ at: clock.now() })
    const due = async (device: string) =>
      (await store.stopDevices.due(device, { now: clock.now(), limit: 10 })).map(({ stop }) => stop.id)
    expect([await due(first), await due(second)]).toEqual([expect.arrayContaining([standing.id]), [standing.id]])
    const stop = await store.stops.get(standing.id)
    expect(stop && (await store.stopProgress.progress(stop))).toMatchObject({ waiting: 2, frozen: 0, done: false })
  })

  test('a directory that was never restored says nothing', async () => {
    const { store, clock, lines } = directory
    const before = lines.length
    await recogniseRestore({
      store,
      clock,
      log: { warn: (message) => void lines.push({ level: 'warn', message, fields: undefined }) },
    })
    expect(lines.length).toBe(before)
    expect(await store.restores.newest()).toBeUndefined()
  })

  test('status and metrics show it', async () => {
    const { store, clock } = directory
    await store.restores.add({
      backup: 'bak_AAAAAAAAAAAAAAAAAAAAAA',
      backupAt: clock.now() - 3_600_000,
      at: clock.now(),
    })
    expect((await run('status')).out).toMatch(
      /restored +\S+.*from a backup of .*: what happened in between is forgotten/,
    )
    const { text } = await directory.ask('GET', '/metrics')
    expect(text).toContain(`surety_directory_restored_seconds ${clock.now() / 1000}\n`)
  })
})

function change(backup: string, by: (text: string) => string): void {
  const path = join(backup, 'manifest.json')
  writeFileSync(path, by(readFileSync(path, 'utf8')))
}
