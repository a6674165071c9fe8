import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient } from '../../../../src/admin/connection/api-client.ts'
import { deviceReader } from '../../../../src/protocol/nouns/devices/devices.ts'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { profileOf } from '../../../support/daemon/enrolled-daemon.ts'
import { codesOf, enrol, kill, orderCollection, type Stage, settledDaemon, stagesIn, untilStatus } from '../stage.ts'
import { faultyDisk } from './faulty-disk.ts'
import { prepareFaultyDisks } from './faulty-disks.ts'

/**
 * The disk was full: the witness lags behind what the directory has. Then nothing of the spool can be read. Whatever the
 * device goes on from, other batches than the directory's at the same places would be a fork, and never pass for the chain.
 */

const { folder, library, describeDisk } = prepareFaultyDisks()

const newStage = stagesIn(folder)

/** The head that the witness saw. */
function witnessed({ device }: Stage): number {
  return Number(readFileSync(join(device, 'state', 'spool.db-witness'), 'latin1').split(' ')[4])
}

function evidenceIn({ data }: Stage) {
  using database = openDatabase(join(data, 'directory.sqlite'), { readOnly: true })
  return database.prepare('SELECT epoch, sequence, jws FROM evidence ORDER BY epoch, sequence').all()
}

/** The directory has more than the witness saw; the daemon is gone, and its spool unreadable. @returns the device. */
async function lag(stage: Stage): Promise<string> {
  const disk = faultyDisk(library, stage.device, '/state/')
  const daemon = stage.startDaemon(disk.env)
  const { device } = await settledDaemon(stage, daemon)
  disk.set(['write', '-witness', 'ENOSPC'], ['sync', '-witness', 'EIO'])
  const before = witnessed(stage)
  await orderCollection(stage, device?.id ?? '')
  await untilStatus(stage.device, daemon, (status) => status.spool.sequence > before && status.spool.waiting === 0)
  await kill(daemon)
  expect(witnessed(stage)).toBe(before)
  disk.set()
  writeFileSync(join(stage.device, 'state', 'spool.db'), 'no database, and nothing in it is where it was'.repeat(500))
  for (const file of ['-wal', '-shm']) rmSync(join(stage.device, 'state', `spool.db${file}`), { force: true })
  return device?.id ?? ''
}

/** Starts until it has written as much again as it forgot, with nobody to tell. */
async function goOnAlone(stage: Stage, beyond: number): Promise<void> {
  for (let head = 0; head <= beyond; ) {
    const daemon = stage.startDaemon()
    const seen = witnessed(stage)
    await untilStatus(stage.device, daemon, ({ spool }) => spool.sequence > seen)
    await kill(daemon)
    head = witnessed(stage)
  }
}

describeDisk('a witness that lags, beside a spool that is lost', () => {
  test.each(['comes back at once', 'has gone on alone for longer than it forgot'])(
    'both ends flag a device that %s as forked, and the directory keeps what it has',
    async (what) => {
      const stage = await newStage()
      const directory = await stage.startDirectory()
      await enrol(stage)
      const id = await lag(stage)
      await kill(directory)
      const had = evidenceIn(stage)
      // It may have had more to say before it was killed.
      const sequence = Number(had.at(-1)?.sequence)
      if (what !== 'comes back at once') await goOnAlone(stage, sequence)
      await using again = await stage.startDirectory()
      await using daemon = stage.startDaemon()
      const flagged = await untilStatus(stage.device, daemon, (status) => codesOf(status).includes('CHAIN_FORKED'))
      expect([flagged.directory.connected, flagged.directory.lastError?.code]).toEqual([false, 'EVIDENCE_FORKED'])
      expect(await apiClient(profileOf(stage.data)).ask('GET', `/devices/${id}`, deviceReader)).toMatchObject({
        forked: true,
        head: { sequence },
        result: { verdict: 'not-compliant' },
      })
      await kill(daemon)
      await kill(again)
      expect(evidenceIn(stage)).toEqual(had)
    },
  )
})
