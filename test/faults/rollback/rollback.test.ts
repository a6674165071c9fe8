import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { bundledPrograms, type Programs, Stage } from './stage.ts'
import { brokenAt, codesOf, idOf, kindsOf, stop } from './told-of-rollbacks.ts'

/** Directory restored from a backup, daemon's state set back: real processes, real databases, folders copied and put back. */

const folder = temporaryFolder()
let programs: Programs
beforeAll(async () => {
  programs = await bundledPrograms(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

/** A device may have seen a part of the record that the backup has not, and the folder was not restored by the command. */
const exceptOfRecord = (status: Status) => codesOf(status).filter((code) => code !== 'LOG_INCONSISTENT')

describe('a directory restored from a backup', () => {
  test('gets what it forgot byte for byte, and numbers orders above those it forgot', async () => {
    await using stage = await Stage.set(programs, { batches: 5 })
    const device = await idOf(stage)
    await stop(stage)
    const { sequence: backedUp } = stage.rows('SELECT sequence FROM devices')[0] ?? {}
    stage.copy('directory', 'backup')
    await stage.startDirectory()
    await stage.startDaemon()
    await stage.order(device)
    await stage.order(device)
    await stage.answered(device)
    await stage.daemon.tell(5)
    await stage.drained()
    await stop(stage)
    const before = stage.rows('SELECT sequence, jws FROM evidence ORDER BY sequence')
    stage.restore('directory', 'backup')

    await stage.startDirectory()
    // Given under a number that the device has passed, before it comes.
    const overtaken = await stage.order(device)
    await stage.startDaemon()
    expect(await stage.answered(device)).toEqual([
      expect.objectContaining({ id: overtaken.id, number: 3, status: 'done' }),
    ])
    expect(overtaken.number).toBe(1)
    await stage.drained()
    const range = { firstSequence: Number(backedUp) + 1, lastSequence: before.length }
    expect(await stage.events()).toEqual([
      expect.objectContaining({
        kind: 'evidence-forgotten',
        device,
        facts: { epoch: 1, ...range, batches: before.length - Number(backedUp), acknowledgedAt: expect.any(Number) },
      }),
      expect.objectContaining({ kind: 'order-number-raised', facts: { from: 1, to: 2, renumbered: 1 } }),
    ])
    expect(exceptOfRecord(await stage.daemon.status())).toEqual([])
    await stop(stage)
    expect(stage.rows('SELECT sequence, jws FROM evidence ORDER BY sequence').slice(0, before.length)).toEqual(before)
    expect(brokenAt(stage, 1)).toBeUndefined()
  })

  test('gets a gap for what the device no longer holds, and then everything again', async () => {
    // A sixteenth of it is kept of what was acknowledged: about four batches.
    await using stage = await Stage.set(programs, { batches: 5, spoolBytes: 80_000 })
    const device = await idOf(stage)
    await stop(stage)
    const backedUp = Number(stage.rows('SELECT sequence FROM devices')[0]?.sequence)
    stage.copy('directory', 'backup')
    await stage.startDirectory()
    await stage.startDaemon()
    await stage.daemon.tell(20)
    await stage.drained()
    const { sequence: acknowledged } = (await stage.daemon.status()).spool
    // The daemon goes on: nothing but the gap makes it tell again what it has told before.
    await stage.stopDirectory()
    stage.restore('directory', 'backup')
    await stage.startDirectory()
    await stage.daemon.until(({ spool }) => spool.sequence > acknowledged)
    const detail = await stage.daemon.tell(1)
    await stage.drained()
    const [forgotten, gap, ...others] = await stage.events()
    expect(forgotten).toMatchObject({
      kind: 'evidence-forgotten',
      device,
      facts: { firstSequence: backedUp + 1, lastSequence: acknowledged, batches: acknowledged - backedUp },
    })
    expect(gap).toMatchObject({ kind: 'gap', facts: { firstSequence: backedUp + 1 } })
    expect(others).toEqual([])
    const last = Number(gap?.facts.lastSequence)
    expect(last).toBeLessThan(acknowledged)
    expect(await stage.ask('GET', `/devices/${device}`)).toMatchObject({
      forked: false,
      findings: expect.arrayContaining([expect.objectContaining({ explanation: detail })]),
    })
    expect(await stage.ask('GET', `/devices/${device}/sightings`)).toMatchObject({ items: [expect.anything()] })
    await stop(stage)
    const sequences = stage.rows('SELECT sequence FROM evidence ORDER BY sequence').map((row) => Number(row.sequence))
    const missing = Array.from({ length: sequences.at(-1) ?? 0 }, (_, i) => i + 1).filter(
      (one) => !sequences.includes(one),
    )
    expect(missing).toEqual(Array.from({ length: last - backedUp }, (_, i) => backedUp + 1 + i))
    const anew = stage
      .rows(`SELECT jws FROM evidence WHERE sequence > ${acknowledged}`)
      .map(({ jws }) => JSON.parse(Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString()))
    expect(anew).toContainEqual(expect.objectContaining({ sightings: expect.objectContaining({ mode: 'full' }) }))
    expect(anew).toContainEqual(expect.objectContaining({ inventory: expect.anything() }))
  })

  test('to before the newest epoch: the device enrols again, and its whole epoch returns', async () => {
    await using stage = await Stage.set(programs, { batches: 2 })
    const device = await idOf(stage)
    await stop(stage)
    stage.copy('directory', 'backup')
    await stage.startDirectory()
    await stage.enrolAnew()
    await stage.daemon.tell(4)
    await stage.drained()
    const { sequence } = (await stage.daemon.status()).spool
    await stop(stage)
    const before = stage.rows('SELECT sequence, jws FROM evidence WHERE epoch = 2 ORDER BY sequence')
    stage.restore('directory', 'backup')

    await stage.startDirectory()
    await stage.startDaemon()
    const refused = await stage.daemon.until(({ directory }) => directory.lastError !== undefined)
    expect([refused.directory.lastError?.code, codesOf(refused)]).toEqual(['EPOCH_MISMATCH', ['DIRECTORY_REFUSES']])
    await stage.enrolAnew()
    await stage.drained()
    expect((await stage.daemon.status()).device).toMatchObject({ id: device, epoch: 2 })
    const facts = { epoch: 2, firstSequence: 1, lastSequence: sequence, batches: sequence }
    expect(await stage.events()).toEqual([
      expect.objectContaining({ kind: 'evidence-forgotten', facts: expect.objectContaining(facts) }),
    ])
    await stop(stage)
    expect(
      stage.rows('SELECT sequence, jws FROM evidence WHERE epoch = 2 ORDER BY sequence').slice(0, sequence),
    ).toEqual(before)
    expect(brokenAt(stage, 2)).toBeUndefined()
  })

  test('to before the device was enrolled: it enrols as a new one', async () => {
    await using stage = await Stage.set(programs, { batches: 2 })
    const device = await idOf(stage)
    await stop(stage)
    for (const file of ['', '-wal', '-shm', '-witness']) {
      rmSync(join(stage.data, `directory.sqlite${file}`), { force: true })
    }
    for (const file of ['administrator.json', 'record.checkpoint']) rmSync(join(stage.data, file))

    await stage.startDirectory()
    await stage.startDaemon()
    const refused = await stage.daemon.until(({ directory }) => directory.lastError !== undefined)
    expect([refused.directory.lastError?.code, codesOf(refused)]).toEqual(['DEVICE_UNKNOWN', ['DIRECTORY_REFUSES']])
    await stage.killDaemon()
    await stage.giveToken()
    await stage.startDaemon()
    await stage.daemon.until((status) => status.directory.connected && status.device?.id !== device)
    await stage.drained()
    expect([await kindsOf(stage), exceptOfRecord(await stage.daemon.status())]).toEqual([[], []])
  })

  test('together with the device, to one moment: both continue, and neither is accused', async () => {
    await using stage = await Stage.set(programs, { batches: 3 })
    await stop(stage)
    stage.copy('directory', 'backup')
    stage.copy('state', 'backup')
    await stage.startDirectory()
    await stage.startDaemon()
    await stage.daemon.tell(3)
    await stage.drained()
    await stop(stage)
    stage.restore('directory', 'backup')
    stage.restore('state', 'backup')

    await stage.startDirectory()
    await stage.startDaemon()
    await stage.daemon.tell(3)
    await stage.drained()
    expect([await kindsOf(stage), codesOf(await stage.daemon.status())]).toEqual([[], []])
  })
})
