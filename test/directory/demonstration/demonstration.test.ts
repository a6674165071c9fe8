import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKS } from '../../../src/checks/checks.ts'
import { loadDirectoryConfig } from '../../../src/config/directory.ts'
import { HISTORY_MS, madeUpDevice } from '../../../src/directory/demonstration/company/devices.ts'
import { MAIL_DOMAIN, madeUpPeople } from '../../../src/directory/demonstration/company/people.ts'
import { EXTENSIONS, PRODUCTS, RUNTIMES } from '../../../src/directory/demonstration/company/products.ts'
import { makeDemonstration } from '../../../src/directory/demonstration/history/demonstration-folder.ts'
import { fillDirectory } from '../../../src/directory/demonstration/history/fill.ts'
import { reportOf } from '../../../src/directory/demonstration/stand-in-devices.ts'
import { serveAlone } from '../../../src/directory/store/serve-alone.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { evidenceReader } from '../../../src/protocol/messages/evidence.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { come } from '../../support/directory/come.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NOW = 1_800_000_000_000
const { signal } = new AbortController()
const folder = temporaryFolder({ inMemory: true })
afterAll(() => folder[Symbol.dispose]())

let made = 0
const newPath = () => join(folder.path, `made-${++made}`)
const configOf = (data: string) => loadDirectoryConfig({ flags: { data }, file: undefined }).config
const make = (data: string, init: { devices?: number; signal?: AbortSignal; progress?: (done: number) => void } = {}) =>
  makeDemonstration(configOf(data), { devices: 0, seed: 1, progress: () => undefined, signal, ...init })

async function filled(devices: number, seed: number): Promise<string> {
  const dataFolder = newPath()
  mkdirSync(dataFolder, { mode: 0o700 })
  const init = { names: ['localhost'], url: 'https://localhost:7444', progress: () => undefined, signal }
  await fillDirectory({ ...init, dataFolder, devices, seed, now: NOW })
  return dataFolder
}

/** Everything but what has secrets. */
function rowsOf(dataFolder: string): string {
  using database = openDatabase(join(dataFolder, 'directory.sqlite'), { readOnly: true })
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  const secret = /^(principals|tokens|webhooks|orders|sqlite_|backup_mark|record_entries|record_keys)/
  return tables
    .map(({ name }) => String(name))
    .filter((name) => !secret.test(name))
    .map((name) => `${name} ${JSON.stringify(database.prepare(`SELECT * FROM ${name}`).all())}`)
    .join('\n')
}

test('the same seed and time make the same company, another seed another one', async () => {
  const [one, again, other] = [await filled(30, 5), await filled(30, 5), await filled(30, 6)]
  expect(rowsOf(again)).toEqual(rowsOf(one))
  expect(rowsOf(other)).not.toEqual(rowsOf(one))
})

test.each([0, 1, 3, 20, 60])('with each seed, %d devices make a company with an inbox', async (devices) => {
  for (const seed of [1, 2, 5, 7]) {
    using database = openDatabase(join(await filled(devices, seed), 'directory.sqlite'), { readOnly: true })
    const count = (sql: string) => Number(database.prepare(sql).get()?.count)
    expect(count('SELECT count(*) AS count FROM devices')).toBe(devices)
    const waiting = count("SELECT count(*) AS count FROM seen_agents WHERE state = 'unknown' AND present > 0")
    expect({ seed, waits: waiting > 0 }).toEqual({ seed, waits: devices > 0 })
  }
})

test('secrets do not follow the seed', async () => {
  const [one, again] = [await filled(0, 5), await filled(0, 5)]
  const secretsOf = (path: string) => {
    using database = openDatabase(join(path, 'directory.sqlite'), { readOnly: true })
    return database
      .prepare('SELECT token_hash AS hash FROM principals ORDER BY id')
      .all()
      .map(({ hash }) => hash)
  }
  expect(secretsOf(one).length).toBeGreaterThan(5)
  expect(secretsOf(one).filter((hash) => secretsOf(again).includes(hash))).toEqual([])
  expect(readFileSync(join(one, 'administrator.json'))).not.toEqual(readFileSync(join(again, 'administrator.json')))
})

test('refuses a folder with anything else in it, and leaves it as it was', async () => {
  const data = newPath()
  mkdirSync(data)
  writeFileSync(join(data, 'directory.sqlite'), 'of a real directory')
  expect(await codeThrown(() => make(data))).toBe('CONFLICT')
  const file = newPath()
  writeFileSync(file, '')
  expect(await codeThrown(() => make(file))).toBe('CONFLICT')
  expect(readdirSync(data)).toEqual(['directory.sqlite'])
  expect(readdirSync(folder.path).filter((name) => name.includes('.new-'))).toEqual([])
})

test('replaces an earlier demonstration, unless a directory serves it', async () => {
  const data = newPath()
  await make(data, { devices: 2 })
  {
    using _served = serveAlone(data, { pid: process.pid, host: 'here', since: NOW })
    expect(await codeThrown(() => make(data))).toBe('CONFLICT')
  }
  expect(await make(data, { devices: 3 })).toMatchObject({ devices: 3 })
  expect(readdirSync(folder.path).filter((name) => name.includes('.new-'))).toEqual([])
})

test('leaves nothing of an interrupted demonstration, and the earlier one whole', async () => {
  const [data, fresh] = [newPath(), newPath()]
  await make(data, { devices: 1 })
  const before = readdirSync(data)
  for (const path of [data, fresh]) {
    const stop = new AbortController()
    const interrupted = make(path, { devices: 50, signal: stop.signal, progress: () => stop.abort() })
    await expect(interrupted).rejects.toThrow()
  }
  expect(readdirSync(data).filter((name) => name !== 'serving.sqlite')).toEqual(before)
  expect(existsSync(fresh)).toBe(false)
  expect(readdirSync(folder.path).filter((name) => name.includes('.new-'))).toEqual([])
})

test('devices report what real ones may, under names of no real person', () => {
  const people = madeUpPeople(1, 100)
  expect(new Set(people.map(({ userName }) => userName)).size).toBe(100)
  expect(people.every(({ email }) => email.endsWith(`@${MAIL_DOMAIN}`))).toBe(true)
  for (let at = 0; at < 300; at++) {
    const { reports, machine, enrolledAt, heardAt } = madeUpDevice({ seed: 1, now: NOW, people }, at)
    expect(machine.label.hostname).toMatch(/^demo-/)
    expect(machine.label.serial).toMatch(/^DEMO-\d{6}$/)
    expect([enrolledAt >= NOW - HISTORY_MS, heardAt < NOW, enrolledAt < heardAt]).toEqual([true, true, true])
    for (const { at: time, findings, sightings } of reports) {
      expect(time >= enrolledAt && time <= heardAt).toBe(true)
      evidenceReader.read(
        reportOf(`dev_${'A'.repeat(22)}`, time, {
          inventory: machine.inventory,
          findings: [...(findings ?? [])],
          sightings: { mode: 'delta', items: [...(sightings ?? [])], gone: [] },
        }),
      )
    }
    expect(reports[0]?.findings?.map(({ check }) => check)).toEqual(CHECKS)
  }
})

test('products have the names, vendors and kinds of the catalogue', () => {
  const known = new Map(builtInCatalogue().entries.map((entry) => [entry.id, entry]))
  for (const { id, name, vendor, kind } of [...PRODUCTS, ...RUNTIMES]) {
    expect(known.get(id)).toMatchObject({ id, name, vendor, kind })
  }
  for (const { id, name, vendor } of EXTENSIONS) expect(known.get(id)).toMatchObject({ id, name, vendor })
})

test('a marked directory lets no device enrol', async () => {
  await using running = await runningDirectory()
  const before = await come(running, await running.token({ minimumTier: 'software' }))
  expect(before.outcome).toBe('accepted')
  await running.directory.store.demonstration.mark({ madeAt: NOW, seed: 1, devices: 0 })
  await running.restart()
  const refused = await come(running, await running.token({ minimumTier: 'software' }))
  expect(refused.outcome).toBe('ENROLMENT_DENIED')
})
