import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { rolloutPosition } from '../../../src/crypto/rollout-position.ts'
import { chooseVersion } from '../../../src/daemon/updates/choose-version.ts'
import { unfinishedName } from '../../../src/daemon/updates/install-version.ts'
import { type UpdateRecord, updateRecordFile } from '../../../src/daemon/updates/update-record.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type TestRepository, testRepository } from '../../support/updates/test-repository.ts'
import { type TestUpdates, type TestUpdatesInit, testUpdates } from '../../support/updates/test-updates.ts'
import { waitFor } from '../../support/wait-for.ts'

const folder = temporaryFolder()
let good: TestRepository
let devices = 0
/** One device for each test. */
let path = ''

beforeAll(async () => {
  good = await testRepository(join(folder.path, 'good'))
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await good.add(version)
})
beforeEach(async () => {
  path = join(folder.path, `device-${devices++}`)
  await good.promote('1.1.0')
})
afterAll(() => folder[Symbol.dispose]())

const stateFolder = () => join(path, 'state')
const taken = () => readdirSync(join(stateFolder(), 'updates')).filter((name) => /^\d/.test(name))
const device = async (init: Partial<TestUpdatesInit> = {}): Promise<TestUpdates> =>
  await testUpdates({ folder: path, from: good, ...init })
const record = async (): Promise<UpdateRecord | undefined> =>
  await updateRecordFile({ clock: { now: Date.now }, onSetAside: () => undefined }, stateFolder()).read()
const start = () =>
  chooseVersion({ clock: { now: Date.now }, log: silentLog }, { stateFolder: stateFolder(), installed: '1.0.0' })
/** A daemon that has become this version. */
const became = async (version: string, init: Partial<TestUpdatesInit> = {}): Promise<TestUpdates> => {
  expect(await start()).toMatchObject({ version })
  return await device({ version, isUpdate: true, ...init })
}
/** A device id whose position in roll-outs is at least `from` and below `to`. */
function deviceAt(from: number, to: number): string {
  for (let at = 0; ; at++) {
    const id = `dev_${String(at).padStart(21, '0')}A`
    const position = rolloutPosition(id)
    if (position >= from && position < to) return id
  }
}

describe('which version', () => {
  test('that of the channel, once', async () => {
    const updates = await (await device()).ask()
    expect(updates.restarts()).toBe(1)
    expect(await record()).toMatchObject({
      selected: '1.1.0',
      versions: [{ version: '1.1.0', state: 'trial', starts: 0 }],
    })
    const next = await (await became('1.1.0')).ask()
    expect(next.view()).toMatchObject({ version: '1.1.0', updates: 'trial', installed: '1.0.0', channel: 'stable' })
    expect(next.restarts()).toBe(0)
  })

  test('a part of a channel has it first, by the hash of its device id', async () => {
    await good.promote('1.2.0', 30)
    const first = await (await device({ device: deviceAt(0, 30) })).ask()
    expect(await record()).toMatchObject({ selected: '1.2.0' })
    expect(first.restarts()).toBe(1)
    path = `${path}-late`
    await (await device({ device: deviceAt(30, 100) })).ask()
    expect(await record()).toMatchObject({ selected: '1.1.0' })
    path = `${path}-unknown`
    await (await device()).ask()
    expect(await record()).toMatchObject({ selected: '1.1.0' })
  })

  test('a device has one position for all versions, and devices are spread evenly', () => {
    const positions = Array.from({ length: 2_000 }, (_, at) => rolloutPosition(`dev_${at}`))
    expect(Math.min(...positions)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...positions)).toBeLessThan(100)
    const tenth = positions.filter((position) => position < 10).length
    expect(tenth).toBeGreaterThan(150)
    expect(tenth).toBeLessThan(250)
  })

  test('another channel, and none of a name that there is not', async () => {
    await good.promote('1.2.0', 100, 'beta')
    await (await device({ channel: 'beta' })).ask()
    expect(await record()).toMatchObject({ selected: '1.2.0' })
    path = `${path}-other`
    expect((await (await device({ channel: 'gamma' })).ask()).code()).toBe('NOT_FOUND')
    expect(taken()).toEqual([])
  })

  test('the pinned one, for any channel', async () => {
    const updates = await (await device({ pin: '1.2.0' })).ask()
    expect(updates.view()).toMatchObject({ pin: '1.2.0' })
    expect(await record()).toMatchObject({ selected: '1.2.0' })
    path = `${path}-other`
    expect((await (await device({ pin: '7.0.0' })).ask()).code()).toBe('NOT_FOUND')
  })

  test('an older one when the channel goes back, and the installed one at last', async () => {
    await good.promote('1.2.0')
    await (await device()).ask()
    await good.promote('1.1.0')
    const newer = await (await became('1.2.0')).ask()
    expect(newer.restarts()).toBe(1)
    await good.promote('1.0.0')
    const older = await (await became('1.1.0')).ask()
    expect(older.restarts()).toBe(1)
    expect(await start()).toBeUndefined()
  })

  test('none below the installed one', async () => {
    const updates = await (await device({ version: '2.0.0' })).ask()
    expect(updates.view()).toMatchObject({ updates: 'current' })
    expect(updates.restarts()).toBe(0)
  })
})

describe('a trial', () => {
  test('is healthy once the device has attested and collected', async () => {
    await (await device()).ask()
    const updates = await became('1.1.0')
    const end = new AbortController()
    const run = updates.run({ signal: end.signal }).catch(() => undefined)
    updates.reached('attested')
    expect(await record()).toMatchObject({ versions: [{ state: 'trial', starts: 1 }] })
    updates.reached('collected')
    await waitFor('a healthy version', record, { until: (one) => one?.versions[0]?.state === 'good' })
    expect(await record()).toMatchObject({ versions: [{ starts: 0 }] })
    expect(updates.view()).toMatchObject({ updates: 'current' })
    end.abort()
    await run
  })

  test('that is not healthy in time ends the daemon, and after three the version', async () => {
    await (await device()).ask()
    for (let trial = 1; trial <= 3; trial++) {
      const clock = new FakeClock(Date.now())
      const updates = await became('1.1.0', { clock })
      const end = new AbortController()
      const run = updates.run({ signal: end.signal }).catch(() => undefined)
      updates.reached('collected')
      await waitFor('the wait', () => clock.sleeping === 1)
      await clock.advance(2 * 60_000)
      await waitFor('the second wait', () => clock.sleeping === 1)
      expect(await record()).toMatchObject({ versions: [{ cameUp: true }] })
      await clock.advance(8 * 60_000)
      await waitFor('the end', () => updates.restarts() === 1)
      end.abort()
      await run
    }
    expect(await start()).toBeUndefined()
    const updates = await (await device()).ask()
    expect(updates.view()).toMatchObject({ updates: 'rolled-back', refused: '1.1.0' })
    expect(updates.warnings()).toEqual(['UPDATE_ROLLED_BACK'])
    // A newer one is taken, and clears the warning.
    await good.promote('1.2.0')
    expect((await updates.ask()).restarts()).toBe(1)
  })

  test('that came up may be repeated a day later, and one that crashed may not', async () => {
    for (const [cameUp, restarts] of [
      [true, 1],
      [false, 0],
    ] as const) {
      path = `${path}-${cameUp}`
      await (await device()).ask()
      const file = updateRecordFile({ clock: { now: Date.now }, onSetAside: () => undefined }, stateFolder())
      const before = await file.read()
      if (before === undefined) throw new Error('no record')
      await file.write({
        ...before,
        versions: before.versions.map((one) => ({ ...one, starts: 3, ...(cameUp ? { cameUp } : {}) })),
      })
      expect(await start()).toBeUndefined()
      expect((await (await device()).ask()).restarts()).toBe(0)
      const tomorrow = new FakeClock(Date.now() + 25 * 60 * 60 * 1000)
      expect((await (await device({ clock: tomorrow })).ask()).restarts()).toBe(restarts)
    }
  })

  test('other versions are removed but for the one before', async () => {
    await (await device()).ask()
    const first = await became('1.1.0')
    await healthy(first)
    await good.promote('1.2.0')
    await first.ask()
    await healthy(await became('1.2.0'))
    expect(taken().sort()).toEqual(['1.1.0', '1.2.0'])
    await good.add('1.3.0')
    await good.promote('1.3.0')
    await (await device({ version: '1.2.0', isUpdate: true })).ask()
    await healthy(await became('1.3.0'))
    expect(taken().sort()).toEqual(['1.2.0', '1.3.0'])
  })

  async function healthy(updates: TestUpdates): Promise<void> {
    const end = new AbortController()
    const run = updates.run({ signal: end.signal }).catch(() => undefined)
    updates.reached('attested')
    updates.reached('collected')
    const { version } = updates.view()
    await waitFor('a healthy version', record, {
      until: (one) => one?.versions.find((known) => known.version === version)?.state === 'good',
    })
    end.abort()
    await run
  }
})

describe('what was begun', () => {
  test('files that are here already are not downloaded', async () => {
    await (await device()).ask()
    const mirror = good.copy(`mirror-${devices}`)
    // Only what differs from 1.1.0 is there.
    await good.promote('1.2.0')
    const release = JSON.parse(readFileSync(join(stateFolder(), 'updates/1.1.0/release.json'), 'utf8'))
    const same = release.files.find((file: { path: string }) => file.path === 'suretyd/same.txt')
    const folder12 = good.copy(`mirror-${devices}-2`)
    rmSync(join(folder12, 'files', `${same.sha256}.gz`))
    rmSync(mirror, { recursive: true })
    const updates = await device({ version: '1.1.0', isUpdate: true, url: `file://${folder12}/` })
    expect((await updates.ask()).code()).toBeUndefined()
    expect(existsSync(join(stateFolder(), 'updates/1.2.0/suretyd/same.txt'))).toBe(true)
  })

  test('a download that was cut continues where it was', async () => {
    const cut = good.copy(`cut-${devices}`)
    const release = JSON.parse(Buffer.from(await good.repository.target('releases/1.1.0/linux-x64.json')).toString())
    const last = release.files.at(-1)
    rmSync(join(cut, 'files', `${last.sha256}.gz`))
    expect((await (await device({ url: `file://${cut}/` })).ask()).code()).toBe('NOT_FOUND')
    const [unfinished = ''] = readdirSync(join(stateFolder(), 'updates')).filter((name) => name.startsWith('.new-'))
    const begun = join(stateFolder(), 'updates', unfinished)
    expect(existsSync(join(begun, 'bin/node'))).toBe(true)
    // What is there and damaged is brought again; what is there and whole is not.
    writeFileSync(join(begun, release.files[1].path), 'damaged')
    const rest = good.copy(`rest-${devices}`)
    rmSync(join(rest, 'files', `${release.files[0].sha256}.gz`))
    expect((await (await device({ url: `file://${rest}/` })).ask()).code()).toBeUndefined()
    expect(taken()).toEqual(['1.1.0'])
    expect(readdirSync(join(stateFolder(), 'updates')).filter((name) => name.startsWith('.'))).toEqual([])
  })
})

test('reports a folder that cannot be written, and the next check continues', async () => {
  const updates = await device()
  const release = await good.repository.target('releases/1.1.0/linux-x64.json')
  const hash = createHash('sha256').update(release).digest('hex')
  const obstacle = join(stateFolder(), 'updates', unfinishedName(hash))
  writeFileSync(obstacle, '')
  expect((await updates.ask()).view()).toMatchObject({ updates: 'failed', lastError: { code: 'STORE_FAILED' } })
  expect(updates.warnings()).toEqual(['UPDATES_FAILING'])
  rmSync(obstacle)
  expect((await updates.ask()).restarts()).toBe(1)
})

test.each<[string, Partial<TestUpdatesInit>, string, readonly string[]]>([
  ['without a root', { root: undefined }, 'CONFIG_INVALID', ['UPDATES_FAILING']],
  ['where no program can be replaced', { canBecome: false }, 'NOT_SUPPORTED', ['UPDATES_FAILING']],
  ['without a repository', { url: 'file:///nowhere/' }, 'NOT_FOUND', ['UPDATES_FAILING']],
  ['away from its directory', { url: undefined }, 'DIRECTORY_UNREACHABLE', []],
])('a device %s reports it and keeps what it has', async (_, init, code, warnings) => {
  const updates = await (await device(init)).ask()
  expect(updates.view()).toMatchObject({ updates: 'failed', lastError: { code } })
  expect(updates.warnings()).toEqual(warnings)
  expect(updates.restarts()).toBe(0)
})
