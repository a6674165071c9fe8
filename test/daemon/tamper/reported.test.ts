import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Life, lifeReader } from '../../../src/daemon/tamper/life.ts'
import type { TamperProbe } from '../../../src/daemon/tamper/tamper-watch.ts'
import { sealJson, unsealJson } from '../../../src/system/files/own/sealed-json.ts'
import type { InstallationPlaces } from '../../../src/system/platform.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Daemons that live one after the other on one device, with a directory that shows what they report. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

const HOUR_MS = 3_600_000
/** The clock without sleep, which a test sets forward. */
let awakeMs = HOUR_MS

const probe: TamperProbe = {
  awakeMs: () => awakeMs,
  resumes: () => 0,
  waitedMs: () => 0,
  workedMs: () => 0,
  wakes: () => 0,
  systemUpMs: () => undefined,
  knowsSleep: () => true,
}

interface Laptop extends Disposable {
  readonly folder: string
  /** Runs until it has reported all. */
  live(init?: { settings?: Life['settings']; places?: InstallationPlaces; enrolment?: string }): Promise<Living>
  life(): Life
}
type Living = ReturnType<typeof runningDaemon>

function laptop(): Laptop {
  const folder = temporaryFolder()
  const path = join(folder.path, 'life.json')
  return {
    folder: folder.path,
    async live({ settings = {}, places, enrolment } = {}) {
      const daemon = runningDaemon({
        stateFolder: folder.path,
        ...(enrolment === undefined ? {} : { enrolment }),
        components: { tamper: { probe, settings, places } },
      })
      await daemon.until('complete')
      return daemon
    },
    life: () => lifeReader.read(unsealJson(readFileSync(path, 'utf8'), { maxBytes: 65_536, maxDepth: 8 })),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

const deviceOf = (folder: string): string => JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8')).device
const shown = (device: string) => running.directory.store.devices.view(device)
const kinds = async (device: string) => (await shown(device))?.tamperSigns.map(({ kind }) => kind) ?? []
const events = async (device: string) =>
  (await running.directory.store.events.list({ limit: 100, device, kind: 'tamper-sign' })).map(({ facts }) => facts)
const untilShown = (device: string, count: number) =>
  waitFor('the signs', async () => (await kinds(device)).length >= count, {
    show: async () => ({ signs: await kinds(device) }),
  })

test('restarts show nothing; a stop of an hour is reported, recorded and shown', async () => {
  using device = laptop()
  const first = await device.live({ enrolment: await running.token() })
  const id = deviceOf(device.folder)
  await first.end()
  expect(device.life()).toMatchObject({ ended: 'cleanly', signs: [] })
  const second = await device.live()
  expect((await second.status()).tamperSigns).toBeUndefined()
  await second.end()
  awakeMs += HOUR_MS
  const third = await device.live()
  await untilShown(id, 1)
  expect(await shown(id)).toMatchObject({
    tamperSign: { kind: 'stopped' },
    tamperSigns: [{ kind: 'stopped', cause: 'ended', durationMs: HOUR_MS }],
  })
  expect(await events(id)).toMatchObject([{ what: 'stopped', cause: 'ended', durationMs: HOUR_MS }])
  expect((await third.status()).tamperSigns).toMatchObject([{ kind: 'stopped' }])
  await waitFor('no sign that waits', () => device.life().signs.length === 0)
  await third.end()
  // Each is reported once.
  const fourth = await device.live()
  await fourth.end()
  expect(await kinds(id)).toEqual(['stopped'])
})

test('what a life could not report, the next one does', async () => {
  using device = laptop()
  const first = await device.live({ enrolment: await running.token() })
  const id = deviceOf(device.folder)
  await first.end()
  const life = {
    ...device.life(),
    signs: [{ kind: 'paused' as const, time: 1, durationMs: 60_000, cause: 'signal' as const }],
  }
  writeFileSync(join(device.folder, 'life.json'), sealJson(life))
  const second = await device.live()
  await untilShown(id, 1)
  expect((await shown(id))?.tamperSigns).toMatchObject([{ kind: 'paused', cause: 'signal', durationMs: 60_000 }])
  await second.end()
})

test('a record that is gone or damaged, and settings that changed', async () => {
  using device = laptop()
  const first = await device.live({ enrolment: await running.token(), settings: { keys: 'aa' } })
  const id = deviceOf(device.folder)
  await first.end()
  const second = await device.live({ settings: { keys: 'aa', 'posture.skip': 'bb' } })
  await untilShown(id, 1)
  expect((await shown(id))?.tamperSigns).toMatchObject([{ kind: 'settings-changed', names: ['posture.skip'] }])
  await second.end()
  rmSync(join(device.folder, 'life.json'))
  const third = await device.live()
  await untilShown(id, 2)
  await third.end()
  writeFileSync(join(device.folder, 'life.json'), '{"sealed":')
  const fourth = await device.live()
  await untilShown(id, 3)
  await fourth.end()
  expect(await kinds(id)).toEqual(['record-lost', 'record-lost', 'settings-changed'])
})

test('a program that was replaced while the daemon was away; the first look is no sign', async () => {
  using device = laptop()
  using installation = temporaryFolder()
  const program = join(installation.path, 'suretyd.mjs')
  writeFileSync(program, 'run()')
  const places = { program: installation.path, packaged: [], local: [] }
  const first = await device.live({ enrolment: await running.token(), places })
  const id = deviceOf(device.folder)
  await waitFor('the first look', () => {
    try {
      return readFileSync(join(device.folder, 'installation.json'), 'utf8').includes('suretyd.mjs')
    } catch {
      return false
    }
  })
  await first.end()
  writeFileSync(program, 'lie()')
  const second = await device.live({ places })
  await untilShown(id, 1)
  expect((await shown(id))?.tamperSigns).toMatchObject([{ kind: 'program-changed', names: [program] }])
  await second.end()
})

test('reports a removal to the directory, and a later return is no sign', async () => {
  using device = laptop()
  const first = await device.live({ enrolment: await running.token() })
  const id = deviceOf(device.folder)
  expect(await first.remove({ by: '0', reason: 'package removed' })).toEqual({ report: 'sent' })
  expect(await events(id)).toMatchObject([{ what: 'removed', by: '0', reason: 'package removed' }])
  await first.end()
  awakeMs += 10 * HOUR_MS
  const second = await device.live({ settings: { keys: 'aa' } })
  await second.end()
  expect(await kinds(id)).toEqual(['removed'])
})

test('a removal without an enrolment is kept at once, for no directory is waited for', async () => {
  using device = laptop()
  const only = runningDaemon({
    stateFolder: device.folder,
    components: { tamper: { probe, settings: {}, places: undefined } },
  })
  await only.untilStatus(({ enrolment }) => enrolment !== 'enrolled')
  expect(await only.remove({ by: '0', reason: 'package removed' })).toEqual({ report: 'kept' })
  await only.end()
})
