import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { chooseVersion, isUpdate, MAX_SHORT_RUNS, MAX_TRIALS } from '../../../src/daemon/updates/choose-version.ts'
import { type KnownVersion, type UpdateRecord, updateRecordFile } from '../../../src/daemon/updates/update-record.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NOW = Date.UTC(2026, 10, 29)
let folder: ReturnType<typeof temporaryFolder>
let now = NOW

beforeEach(() => {
  folder = temporaryFolder()
  now = NOW
})
afterEach(() => folder[Symbol.dispose]())

const stateFolder = () => folder.path
const clock = { now: () => now }
const file = () => updateRecordFile({ clock, onSetAside: () => undefined }, stateFolder())
const record = async (): Promise<UpdateRecord | undefined> => await file().read()
const choose = (installed = '1.0.0', log: Log = silentLog) =>
  chooseVersion({ clock, log }, { stateFolder: stateFolder(), installed })

/** Puts a version on disk, as an update does. */
function place(version: string, init: Partial<KnownVersion> = {}): KnownVersion {
  const content = `// ${version}`
  const at = join(stateFolder(), 'updates', version)
  const paths = ['bin/node', 'suretyd/suretyd.mjs']
  const sha256 = createHash('sha256').update(content).digest('hex')
  const files = paths.map((path) => ({ path, sha256, bytes: content.length }))
  const text = JSON.stringify({ schema: 'surety/release@1', version, platform: 'linux-x64', files })
  for (const path of paths) {
    mkdirSync(dirname(join(at, path)), { recursive: true, mode: 0o700 })
    writeFileSync(join(at, path), content, { mode: 0o600 })
  }
  writeFileSync(join(at, 'release.json'), text, { mode: 0o600 })
  return { version, release: createHash('sha256').update(text).digest('hex'), state: 'good', starts: 0, ...init }
}

async function write(selected: string | undefined, ...versions: readonly KnownVersion[]): Promise<void> {
  mkdirSync(join(stateFolder(), 'updates'), { recursive: true, mode: 0o700 })
  await file().write({
    schema: 'surety/updates@1',
    installed: '1.0.0',
    versions: [...versions],
    ...(selected === undefined ? {} : { selected }),
  })
}

test('the selected version is started, and its start is counted before', async () => {
  await write('1.1.0', place('1.1.0', { state: 'trial' }))
  const at = join(stateFolder(), 'updates/1.1.0')
  expect(await choose()).toEqual({
    version: '1.1.0',
    node: join(at, 'bin/node'),
    daemon: join(at, 'suretyd/suretyd.mjs'),
  })
  expect((await record())?.versions).toMatchObject([{ starts: 1 }])
})

test('without updates, and without a selected one, the installed version runs', async () => {
  expect(await choose()).toBeUndefined()
  await write(undefined, place('1.1.0'))
  expect(await choose()).toBeUndefined()
})

test('a trial is over after three starts: the newest version that was healthy runs', async () => {
  await write('1.3.0', place('1.1.0'), place('1.2.0'), place('1.3.0', { state: 'trial' }), place('0.9.0'))
  for (let start = 0; start < MAX_TRIALS; start++) expect(await choose()).toMatchObject({ version: '1.3.0' })
  expect(await choose()).toMatchObject({ version: '1.2.0' })
  expect(await record()).toMatchObject({ selected: '1.2.0' })
  expect((await record())?.versions.find(({ version }) => version === '1.3.0')).toMatchObject({
    state: 'bad',
    reason: 'it was started 3 times and was never healthy',
  })
  // It stays so.
  expect(await choose()).toMatchObject({ version: '1.2.0' })
})

test('without another version the installed one runs', async () => {
  await write('1.3.0', place('1.3.0', { state: 'trial', starts: MAX_TRIALS }))
  expect(await choose()).toBeUndefined()
  expect(await record()).not.toHaveProperty('selected')
  expect(await choose()).toBeUndefined()
})

test('a trial that came up and did not reach the directory may be repeated a day later', async () => {
  await write('1.3.0', place('1.3.0', { state: 'trial', starts: MAX_TRIALS, cameUp: true }))
  expect(await choose()).toBeUndefined()
  expect((await record())?.versions).toMatchObject([{ state: 'bad', retryAt: NOW + DAY_MS }])
})

test('a version that was healthy is given up when it ends again and again at its start', async () => {
  await write('1.1.0', place('1.1.0'))
  for (let start = 0; start < MAX_SHORT_RUNS; start++) expect(await choose()).toMatchObject({ version: '1.1.0' })
  expect(await choose()).toBeUndefined()
  expect((await record())?.versions).toMatchObject([{ state: 'bad', retryAt: NOW + DAY_MS }])
})

test.each(['1.1.0', '1.2.0'])('an installed version %s wins over 1.1.0', async (installed) => {
  await write('1.1.0', place('1.1.0'))
  expect(await choose(installed)).toBeUndefined()
  expect(await record()).toMatchObject({ installed })
})

describe('what is on disk is not what was taken', () => {
  test.each<[string, (at: string) => void]>([
    ['a file has another content', (at) => writeFileSync(join(at, 'bin/node'), '// 1.1.9')],
    ['a file is longer', (at) => writeFileSync(join(at, 'bin/node'), '// 1.1.0 and more')],
    ['a file is missing', (at) => rmSync(join(at, 'suretyd/suretyd.mjs'))],
    ['the list of files is another one', (at) => writeFileSync(join(at, 'release.json'), '{}')],
    ['the list of files is missing', (at) => rmSync(join(at, 'release.json'))],
    ['all of it is missing', (at) => rmSync(at, { recursive: true })],
  ])('%s: it is not started, and can be taken again', async (_, damage) => {
    await write('1.2.0', place('1.1.0'), place('1.2.0'))
    damage(join(stateFolder(), 'updates/1.2.0'))
    expect(await choose()).toMatchObject({ version: '1.1.0' })
    expect((await record())?.versions.map(({ version }) => version)).toEqual(['1.1.0'])
  })

  test('a damaged record: the installed version runs', async () => {
    await write('1.1.0', place('1.1.0'))
    const path = join(stateFolder(), 'updates/updates.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"starts": 0', '"starts": 1'))
    expect(await choose()).toBeUndefined()
  })
})

describe('others could have changed it', () => {
  const errors: string[] = []
  const log: Log = { ...silentLog, error: (_, fields) => void errors.push(String(fields?.reason)) }
  beforeEach(() => void errors.splice(0))

  test.each<[string, (at: string) => void]>([
    ['the state folder', () => chmodSync(stateFolder(), 0o777)],
    ['the folder of updates', (at) => chmodSync(dirname(at), 0o770)],
    ['the folder of the version', (at) => chmodSync(at, 0o777)],
    ['a folder in it', (at) => chmodSync(join(at, 'bin'), 0o777)],
    ['a file in it', (at) => chmodSync(join(at, 'bin/node'), 0o666)],
    ['the record', (at) => chmodSync(join(dirname(at), 'updates.json'), 0o666)],
  ])('%s can be written by others: nothing in it is started', async (_, open) => {
    await write('1.1.0', place('1.1.0'))
    open(join(stateFolder(), 'updates/1.1.0'))
    expect(await choose('1.0.0', log)).toBeUndefined()
    expect(errors).toEqual([expect.stringContaining('can be written by others')])
  })
})

test('a program below the folder of updates is an update, and no other', async () => {
  await write('1.1.0', place('1.1.0'))
  expect(isUpdate(join(stateFolder(), 'updates/1.1.0/suretyd/suretyd.mjs'), stateFolder())).toBe(true)
  expect(isUpdate(import.meta.filename, stateFolder())).toBe(false)
  expect(isUpdate('/nowhere/suretyd.mjs', stateFolder())).toBe(false)
})
