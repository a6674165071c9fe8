import { dirname, join } from 'node:path'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { codesOf, enrol, kill, orderCollection, type Stage, settledDaemon, stagesIn, untilStatus } from '../stage.ts'
import { type FaultyDisk, faultyDisk, type Rule, touchedAfterFailedSync } from './faulty-disk.ts'
import { prepareFaultyDisks } from './faulty-disks.ts'

/** Disks that fail, fill, turn read-only or are held by another while the programs run, and become well again. */

const { folder, library, describeDisk } = prepareFaultyDisks()

const newStage = stagesIn(folder)

/** The health warnings that its evidence tells, batch after batch. */
function told({ data }: Stage): readonly (readonly string[])[] {
  using database = openDatabase(join(data, 'directory.sqlite'), { readOnly: true })
  return database
    .prepare('SELECT jws FROM evidence ORDER BY sequence')
    .all()
    .flatMap(({ jws }) => {
      const { health } = JSON.parse(Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString())
      return health === undefined ? [] : [health.map(({ code }: { code: string }) => code)]
    })
}

function syncsFailed(disk: FaultyDisk): boolean {
  return disk.calls().some(({ kind, failed }) => kind === 'sync' && failed)
}

async function untilFailed(disk: FaultyDisk): Promise<void> {
  await waitFor('a sync that fails', () => syncsFailed(disk), { everyMs: 5, show: () => disk.calls().slice(-50) })
}

describeDisk('a disk that fails', () => {
  test.each<[string, readonly Rule[]]>([
    ['its disk is full', [['write', 'spool.db', 'ENOSPC']]],
    ['a sync fails', [['sync', 'spool.db', 'EIO']]],
    [
      'its file system turned read-only',
      [
        ['write', '/state/', 'EROFS'],
        ['open', '/state/', 'EROFS'],
        ['rename', '/state/', 'EROFS'],
        ['sync', '/state/', 'EIO'],
      ],
    ],
  ])('a device reports on its socket and later in evidence that %s, and recovers', async (_, rules) => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    const disk = faultyDisk(library, stage.device, '/state/')
    await using daemon = stage.startDaemon(disk.env)
    const { device } = await settledDaemon(stage, daemon)
    disk.set(...rules)
    await orderCollection(stage, device?.id ?? '')
    const failing = await untilStatus(stage.device, daemon, (status) => codesOf(status).includes('SPOOL_FAILED'))
    expect(failing.health.find(({ code }) => code === 'SPOOL_FAILED')?.remedy).toMatch(
      /Free disk space, or check the disk/,
    )
    disk.set()
    const well = await untilStatus(
      stage.device,
      daemon,
      (status) =>
        codesOf(status).length === 0 &&
        status.directory.connected &&
        status.spool.waiting === 0 &&
        // That nothing is the matter any more is known here before it is told.
        told(stage).at(-1)?.length === 0,
    )
    expect([told(stage).flat().includes('SPOOL_FAILED'), told(stage).at(-1), codesOf(well)]).toEqual([true, [], []])
    expect([disk.calls().some(({ failed }) => failed), touchedAfterFailedSync(disk.calls())]).toEqual([true, []])
    await kill(directory)
    await kill(daemon)
  })

  test('a device ended while its spool fails does not touch it, and continues from it', async () => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    const disk = faultyDisk(library, stage.device, '/state/')
    const daemon = stage.startDaemon(disk.env)
    const { device } = await settledDaemon(stage, daemon)
    disk.set(['sync', 'spool.db', 'EIO'])
    await orderCollection(stage, device?.id ?? '')
    await untilStatus(stage.device, daemon, (status) => codesOf(status).includes('SPOOL_FAILED'))
    daemon.kill('SIGTERM')
    await daemon.exit
    expect([syncsFailed(disk), touchedAfterFailedSync(disk.calls())]).toEqual([true, []])
    await using again = stage.startDaemon()
    expect((await settledDaemon(stage, again)).device).toEqual(device)
    await kill(again)
    await kill(directory)
  })

  test.each<[string, boolean]>([
    ['an error on sync ends the directory with a code', false],
    ['an error on sync ends the directory, and a signal does nothing more', true],
  ])('%s; the register is not touched again, and keeps what it acknowledged', async (_, signalled) => {
    const stage = await newStage()
    const disk = faultyDisk(library, dirname(stage.data), 'directory.sqlite')
    const directory = await stage.startDirectory(disk.env)
    await enrol(stage)
    await using daemon = stage.startDaemon()
    const { device } = await settledDaemon(stage, daemon)
    disk.set(['sync', 'directory.sqlite', 'EIO'])
    const ordered = orderCollection(stage, device?.id ?? '').catch(() => undefined)
    if (signalled) {
      await untilFailed(disk)
      directory.kill('SIGTERM')
    }
    await ordered
    const { exitCode, stderr } = await directory.ended
    if (!signalled) {
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(
          /the database failed and is not used any more: .*disk I\/O error \(check the disk\).* \[STORE_FAILED\]$/m,
        ),
      ])
    }
    expect([syncsFailed(disk), touchedAfterFailedSync(disk.calls())]).toEqual([true, []])
    disk.set()
    await using again = await stage.startDirectory()
    expect((await settledDaemon(stage, daemon)).device).toEqual(device)
    await kill(daemon)
    await kill(again)
  })

  test('a sync that fails while a signal ends the directory is its last; nothing is lost', async () => {
    const stage = await newStage()
    const disk = faultyDisk(library, dirname(stage.data), 'directory.sqlite')
    const directory = await stage.startDirectory(disk.env)
    await enrol(stage)
    await using daemon = stage.startDaemon()
    const { device } = await settledDaemon(stage, daemon)
    disk.set(['sync', 'directory.sqlite', 'EIO'])
    directory.kill('SIGTERM')
    await directory.ended
    expect([syncsFailed(disk), touchedAfterFailedSync(disk.calls())]).toEqual([true, []])
    await using again = await stage.startDirectory()
    expect((await settledDaemon(stage, daemon)).device).toEqual(device)
    await kill(daemon)
    await kill(again)
  })

  test.each<[string, Rule]>([
    ['syncing the database from its log', ['sync', 'directory.sqlite', 'EIO', 1]],
    ['a read-only file system', ['open', '/directory/', 'EROFS']],
  ])('%s keeps a directory from starting, with a message, until it is over', async (_, rule) => {
    const stage = await newStage()
    const disk = faultyDisk(library, dirname(stage.data), '/directory/')
    await kill(await stage.startDirectory())
    disk.set(rule)
    const said = await stage.startDirectory(disk.env).then(kill, String)
    expect(said).toMatch(/(check the disk|make room|read-only).*\[STORE_FAILED\]/)
    expect(touchedAfterFailedSync(disk.calls())).toEqual([])
    disk.set()
    await kill(await stage.startDirectory(disk.env))
  })

  test.each<[string, readonly Rule[]]>([
    ['read-only', [['open', '/state/', 'EROFS']]],
    ['unreadable', [['read', 'identity.json', 'EIO']]],
  ])('a device started on a disk that is %s answers on its socket, and begins later', async (_, rules) => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    {
      await using first = stage.startDaemon()
      await settledDaemon(stage, first)
      await kill(first)
    }
    const disk = faultyDisk(library, stage.device, '/state/')
    disk.set(...rules)
    await using daemon = stage.startDaemon(disk.env)
    const waiting = await untilStatus(stage.device, daemon, ({ health }) => health.length > 0)
    expect([codesOf(waiting), waiting.directory.connected]).toEqual([['STATE_UNAVAILABLE'], false])
    disk.set()
    await untilStatus(
      stage.device,
      daemon,
      (status) => status.directory.connected && status.spool.waiting === 0 && codesOf(status).length === 0,
    )
    expect([told(stage).flat().includes('STATE_UNAVAILABLE'), told(stage).at(-1)]).toEqual([true, []])
    await kill(daemon)
    await kill(directory)
  })
})
