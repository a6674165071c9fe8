import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statfsSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { codesOf, enrol, kill, orderCollection, type Stage, stagesIn, untilStatus } from '../stage.ts'

/** Real full and read-only file systems, and databases that another process holds. */

const folder = temporaryFolder()
const mounts: string[] = []

afterAll(() => {
  for (const path of mounts) execFileSync('umount', ['-l', path])
  folder[Symbol.dispose]()
})

/** Undefined where root may mount; else why the tests are left out. */
function whyNoMounts(): string | undefined {
  if (process.geteuid?.() !== 0) return 'only root may mount'
  const path = join(folder.path, 'try')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' })
    execFileSync('umount', [path])
    return undefined
  } catch (error) {
    return `no file system can be mounted here: ${String(error).slice(0, 100)}`
  }
}

function mountSmall(path: string, size: string): void {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', path])
  mounts.push(path)
}

/** A child that a killed program had just forked has its files until it runs a program of its own. */
async function remount(path: string, how: 'ro' | 'rw'): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${how}`, path], { encoding: 'utf8' })
    if (status === 0) return
    if (tries === 100 || !stderr.includes('busy')) throw new Error(stderr)
    await delay(50)
  }
}

/** Takes all room there is. @returns what gives it back. */
function fill(path: string): () => void {
  const ballast = join(path, 'ballast')
  const { bavail, bsize } = statfsSync(path)
  try {
    writeFileSync(ballast, Buffer.alloc(bavail * bsize))
  } catch (error) {
    // Somebody else took of it meanwhile: what there is no more cannot be taken.
    if (!String(error).includes('ENOSPC')) throw error
  }
  return () => unlinkSync(ballast)
}

const newStage = stagesIn(folder.path)

const settled = (stage: Stage, daemon: ReturnType<Stage['startDaemon']>) =>
  untilStatus(
    stage.device,
    daemon,
    ({ spool, findings, directory, health }) =>
      directory.connected &&
      spool.sequence > 0 &&
      spool.waiting === 0 &&
      findings.length > 0 &&
      health.every(({ code }) => !/^(SPOOL|STATE)_/.test(code)),
  )

/** Orders without an entry of the record, entries without an order, and entries that no checkpoint has. */
function ordersAndEntries({ data }: Stage) {
  using database = openDatabase(join(data, 'directory.sqlite'), { readOnly: true })
  const count = (sql: string) => Number(database.prepare(`SELECT count(*) AS count ${sql}`).get()?.count)
  const orders = count('FROM orders')
  const entries = count("FROM record_entries WHERE act = 'order-issued'")
  const all = count('FROM record_entries')
  const signed = Number(database.prepare('SELECT coalesce(max(size), 0) AS size FROM record_checkpoint').get()?.size)
  return { lacking: Math.max(orders - entries, 0), alone: Math.max(entries - orders, 0), unsigned: all - signed }
}

const missing = whyNoMounts()
const mounted = missing === undefined ? describe : describe.skip

mounted(`on a real file system${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('a device whose disk is full, then read-only at its start, recovers', async () => {
    const stage = await newStage()
    mountSmall(join(stage.device, 'state'), '4m')
    await using directory = await stage.startDirectory()
    await enrol(stage)
    {
      await using daemon = stage.startDaemon()
      const { device } = await settled(stage, daemon)
      const makeRoom = fill(join(stage.device, 'state'))
      await orderCollection(stage, device?.id ?? '')
      await untilStatus(stage.device, daemon, (status) =>
        /S(POOL_FAILED|TATE_UNAVAILABLE)/.test(codesOf(status).join()),
      )
      makeRoom()
      await settled(stage, daemon)
      await kill(daemon)
    }
    await remount(join(stage.device, 'state'), 'ro')
    await using daemon = stage.startDaemon()
    const waiting = await untilStatus(stage.device, daemon, ({ health }) => health.length > 0)
    expect([codesOf(waiting), waiting.enrolment]).toEqual([['STATE_UNAVAILABLE'], 'enrolled'])
    await remount(join(stage.device, 'state'), 'rw')
    await settled(stage, daemon)
    await kill(daemon)
    await kill(directory)
  })

  test('a directory on a full disk keeps nothing, recovers, and does not start read-only', async () => {
    const stage = await newStage()
    mountSmall(stage.data, '8m')
    {
      await using directory = await stage.startDirectory()
      await enrol(stage)
      await using daemon = stage.startDaemon()
      const { device } = await settled(stage, daemon)
      const makeRoom = fill(stage.data)
      // What the log holds already has room for a few more.
      let refused = ''
      for (let tried = 0; refused === '' && tried < 500; tried++) {
        refused = await orderCollection(stage, device?.id ?? '').then(() => '', String)
      }
      expect(refused).toMatch(/could not|cannot write now/)
      expect(ordersAndEntries(stage)).toMatchObject({ lacking: 0, alone: 0 })
      makeRoom()
      await orderCollection(stage, device?.id ?? '')
      await settled(stage, daemon)
      // The log continues: it has a checkpoint of everything that happened.
      await waitFor('a checkpoint of all entries', () => ordersAndEntries(stage), {
        until: ({ unsigned }) => unsigned === 0,
      })
      expect(ordersAndEntries(stage)).toMatchObject({ lacking: 0, alone: 0 })
      await kill(daemon)
      await kill(directory)
    }
    await remount(stage.data, 'ro')
    expect(await stage.startDirectory().then(kill, String)).toMatch(/read-only.*\[STORE_FAILED\]/)
    await remount(stage.data, 'rw')
    await kill(await stage.startDirectory())
  })
})

/** Another process with a write lock, as a tool that was left open has. */
async function holder(path: string) {
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    // Waits for a writer that is at work.
    const database = new DatabaseSync(process.argv[1], { timeout: 60_000 })
    database.exec('BEGIN IMMEDIATE')
    process.stdout.write('held')
    process.stdin.resume().on('end', () => process.exit())`
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    async letGo() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

test('a spool that another process holds is waited for, and that is said', async () => {
  const stage = await newStage()
  await using directory = await stage.startDirectory()
  await enrol(stage)
  {
    await using first = stage.startDaemon()
    await settled(stage, first)
    await kill(first)
  }
  const held = await holder(join(stage.device, 'state', 'spool.db'))
  await using daemon = stage.startDaemon()
  const waiting = await untilStatus(stage.device, daemon, ({ health }) => health.length > 0)
  expect([codesOf(waiting), waiting.directory.lastError]).toEqual([
    ['STATE_UNAVAILABLE'],
    { code: 'STORE_FAILED', message: expect.stringMatching(/another process.*has .*spool\.db" open/) },
  ])
  await held.letGo()
  await settled(stage, daemon)
  await kill(daemon)
  await kill(directory)
})

test('a register held by another process keeps nothing meanwhile, and recovers', async () => {
  const stage = await newStage()
  {
    await using directory = await stage.startDirectory()
    await enrol(stage)
    await using daemon = stage.startDaemon()
    const { device } = await settled(stage, daemon)
    const held = await holder(join(stage.data, 'directory.sqlite'))
    expect(await orderCollection(stage, device?.id ?? '').then(() => 'kept', String)).not.toBe('kept')
    await held.letGo()
    await orderCollection(stage, device?.id ?? '')
    await settled(stage, daemon)
    await kill(daemon)
    await kill(directory)
  }
  const held = await holder(join(stage.data, 'directory.sqlite'))
  expect(await stage.startDirectory().then(kill, String)).toMatch(/another process holds it.*\[STORE_FAILED\]/)
  await held.letGo()
  await kill(await stage.startDirectory())
})

test('an emptied register is not a new one: the directory refuses to start', async () => {
  const stage = await newStage()
  await kill(await stage.startDirectory())
  const path = join(stage.data, 'directory.sqlite')
  truncateSync(path)
  for (const _ of [1, 2]) {
    const said = await stage.startDirectory().then(kill, String)
    expect(said).toMatch(/is missing or empty.*restore it from a backup.*remove .*-witness.*\[STORE_CORRUPT\]/)
  }
  unlinkSync(`${path}-witness`)
  await kill(await stage.startDirectory())
})
