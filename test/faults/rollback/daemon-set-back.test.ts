import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { bundledPrograms, type Programs, Stage } from './stage.ts'
import { brokenAt, codesOf, idOf, kindsOf, stop } from './told-of-rollbacks.ts'

const folder = temporaryFolder()
let programs: Programs
beforeAll(async () => {
  programs = await bundledPrograms(folder.path)
})
afterAll(() => folder[Symbol.dispose]())

/** Both ends say so, and a new epoch is the way out. What was held stays as it was. */
async function expectFork(stage: Stage, device: string, held: readonly unknown[]): Promise<void> {
  const flagged = await stage.daemon.until((status) => codesOf(status).includes('CHAIN_FORKED'))
  expect([flagged.directory.connected, flagged.directory.lastError?.code]).toEqual([false, 'EVIDENCE_FORKED'])
  expect(await stage.ask('GET', `/devices/${device}`)).toMatchObject({
    forked: true,
    result: { verdict: 'not-compliant' },
  })
  expect(await kindsOf(stage)).toEqual(['forked'])
  await stage.enrolAnew()
  await stage.daemon.tell(1)
  await stage.drained()
  const healed = await stage.daemon.status()
  expect([healed.device, codesOf(healed)]).toEqual([{ id: device, tier: 'software', epoch: 2 }, []])
  expect(await stage.ask('GET', `/devices/${device}`)).toMatchObject({ forked: false, epoch: 2 })
  await stop(stage)
  expect(stage.rows('SELECT sequence, jws FROM evidence WHERE epoch = 1 ORDER BY sequence')).toEqual(held)
  expect([brokenAt(stage, 1), brokenAt(stage, 2)]).toEqual([undefined, undefined])
}

describe("a daemon's state set back", () => {
  async function setBack(what: 'all' | 'spool') {
    const stage = await Stage.set(programs, { batches: 3 })
    const device = await idOf(stage)
    await stop(stage)
    stage.copy('state', 'snapshot')
    await stage.startDirectory()
    await stage.startDaemon()
    await stage.daemon.tell(4)
    await stage.drained()
    await stop(stage)
    const held = stage.rows('SELECT sequence, jws FROM evidence ORDER BY sequence')
    stage.restore('state', 'snapshot', what === 'spool' ? 'spool.db' : undefined)
    return { stage, device, held }
  }

  test.each(['all', 'spool'] as const)('%s of it: found at once by the directory, both ends flagged', async (what) => {
    const { stage, device, held } = await setBack(what)
    await using _ = stage
    await stage.startDirectory()
    await stage.startDaemon()
    await expectFork(stage, device, held)
  })

  test('and continued beyond the directory: the device detects it, and both ends flag it', async () => {
    const { stage, device, held } = await setBack('all')
    await using _ = stage
    await stage.startDaemon()
    await stage.daemon.tell(9)
    await stage.startDirectory()
    await expectFork(stage, device, held)
  })

  test('the spool gone altogether: both ends flagged', async () => {
    const { stage, device, held } = await setBack('all')
    await using _ = stage
    for (const file of ['', '-wal', '-shm', '-witness']) rmSync(join(stage.state, `spool.db${file}`), { force: true })
    await stage.startDirectory()
    await stage.startDaemon()
    await expectFork(stage, device, held)
  })

  test('all but the spool: learns the newest order number first, and repeats no order', async () => {
    await using stage = await Stage.set(programs, { batches: 1 })
    const device = await idOf(stage)
    await stage.killDaemon()
    stage.copy('state', 'snapshot')
    await stage.startDaemon()
    await stage.order(device)
    await stage.order(device)
    await stage.answered(device)
    await stage.drained()
    await stage.killDaemon()
    stage.restore('state', 'snapshot', 'progress.json')
    const third = await stage.order(device)

    await stage.startDaemon()
    const orders = await stage.answered(device)
    expect(orders.map(({ number, status }) => [number, status])).toEqual([
      [3, 'done'],
      [2, 'done'],
      [1, 'done'],
    ])
    await stage.drained()
    expect([await kindsOf(stage), codesOf(await stage.daemon.status())]).toEqual([[], []])
    await stop(stage)
    const receipts = stage
      .rows('SELECT jws FROM evidence ORDER BY sequence')
      .flatMap(
        ({ jws }) => JSON.parse(Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString()).receipts ?? [],
      )
    expect(receipts.map(({ number }: { number: number }) => number)).toEqual([1, 2, third.number])
    expect(JSON.parse(readFileSync(join(stage.state, 'progress.json'), 'utf8'))).toMatchObject({ order: 3, open: [] })
  })
})
