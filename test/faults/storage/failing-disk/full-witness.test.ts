import { dirname, join } from 'node:path'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { codesOf, enrol, kill, orderCollection, type Stage, settledDaemon, stagesIn, untilStatus } from '../stage.ts'
import { faultyDisk, type Rule } from './faulty-disk.ts'
import { prepareFaultyDisks } from './faulty-disks.ts'

/** The disk fills between a commit and the witness beside it, which then says less than there is. */

const { folder, library, describeDisk } = prepareFaultyDisks()

const newStage = stagesIn(folder)

const FULL: readonly Rule[] = [
  ['write', '-witness', 'ENOSPC'],
  ['sync', '-witness', 'EIO'],
]
const FULL_FROM_THE_START: readonly Rule[] = [['open', '-witness', 'ENOSPC'], ...FULL]

function tokensIn({ data }: Stage): number {
  using database = openDatabase(join(data, 'directory.sqlite'), { readOnly: true })
  return Number(database.prepare('SELECT count(*) AS n FROM tokens').get()?.n)
}

/** Has the daemon write evidence once more. */
async function oneMore(stage: Stage, daemon: ReturnType<Stage['startDaemon']>): Promise<void> {
  const { device, spool } = await settledDaemon(stage, daemon)
  await orderCollection(stage, device?.id ?? '')
  const written = await untilStatus(
    stage.device,
    daemon,
    (status) => status.spool.sequence > spool.sequence && status.spool.waiting === 0,
  )
  expect(codesOf(written)).toEqual([])
}

describeDisk('a witness that finds no room', () => {
  test.each<[when: string, signal: 'SIGTERM' | 'SIGKILL', rules: readonly Rule[]]>([
    ['after its start', 'SIGKILL', FULL],
    ['before its start', 'SIGTERM', FULL_FROM_THE_START],
  ])('a register whose disk was full %s is believed after %s', async (when, signal, rules) => {
    const stage = await newStage()
    const disk = faultyDisk(library, dirname(stage.data), '/directory/')
    {
      await using _sealed = await stage.startDirectory()
    }
    if (when === 'before its start') disk.set(...rules)
    for (let start = 1; start <= 2; start++) {
      const directory = await stage.startDirectory(disk.env)
      disk.set(...rules)
      await enrol(stage)
      directory.kill(signal)
      const { stderr } = await directory.ended
      expect([tokensIn(stage), stderr]).toEqual([start, ''])
    }
    expect(disk.calls().some(({ failed }) => failed)).toBe(true)
    disk.set()
    await kill(await stage.startDirectory())
    expect(tokensIn(stage)).toBe(2)
  })

  test('does not open a register with a seal that can be neither rewritten nor removed', async () => {
    const stage = await newStage()
    {
      await using _sealed = await stage.startDirectory()
    }
    const disk = faultyDisk(library, dirname(stage.data), '/directory/')
    disk.set(...FULL, ['unlink', '-witness', 'EROFS'])
    const said = await stage.startDirectory(disk.env).then(kill, String)
    expect(said).toMatch(/cannot remove ".*-witness": EROFS \[STORE_FAILED\]/)
    disk.set()
    await kill(await stage.startDirectory(disk.env))
  })

  test('a directory whose register cannot be read at its end loses nothing and ends well', async () => {
    const stage = await newStage()
    const disk = faultyDisk(library, dirname(stage.data), '/directory/')
    const directory = await stage.startDirectory(disk.env)
    disk.set(['read', 'directory.sqlite', 'EIO'])
    directory.kill('SIGTERM')
    const { exitCode, stderr } = await directory.ended
    expect([exitCode, stderr]).toEqual([0, ''])
    disk.set()
    await kill(await stage.startDirectory(disk.env))
  })

  test.each<[when: string, signal: 'SIGTERM' | 'SIGKILL', rules: readonly Rule[]]>([
    ['after its start', 'SIGTERM', FULL],
    ['before its start', 'SIGKILL', FULL_FROM_THE_START],
  ])('the chain of a device whose disk was full %s continues after %s', async (when, signal, rules) => {
    const stage = await newStage()
    await using directory = await stage.startDirectory()
    await enrol(stage)
    const disk = faultyDisk(library, stage.device, '/state/')
    if (when === 'before its start') disk.set(...rules)
    for (let start = 0; start < 2; start++) {
      await using daemon = stage.startDaemon(disk.env)
      await settledDaemon(stage, daemon)
      disk.set(...rules)
      await oneMore(stage, daemon)
      daemon.kill(signal)
      await daemon.exit
    }
    expect(disk.calls().some(({ failed }) => failed)).toBe(true)
    disk.set()
    await using well = stage.startDaemon()
    await oneMore(stage, well)
    await kill(directory)
  })
})
