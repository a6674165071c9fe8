import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import type { ChainPosition } from '../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { appendTo, chainOf, LINE, open } from './spooled.ts'

test.each<[string, ChainPosition]>([
  ['other bytes at a held place', { sequence: 1, hash: 'B'.repeat(43) }],
  ['a place that was never signed', { sequence: 3, hash: 'B'.repeat(43) }],
])('an acknowledgement of %s removes nothing', async (_, place) => {
  using folder = temporaryFolder()
  using spool = open(folder.path, { keepAcknowledgedBytes: 0 })
  spool.begin(LINE)
  await appendTo(spool, 'one', 'two')
  expect(await codeThrown(() => spool.acknowledge(place))).toBe('EVIDENCE_FORKED')
  expect([chainOf(spool).acknowledged.sequence, spool.read(1)?.jws]).toEqual([0, 'one'])
})

test('an older acknowledgement changes nothing; the newest is kept as it was signed', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(LINE)
  await appendTo(spool, 'one', 'two')
  const [one, two] = [spool.read(1), spool.read(2)]
  if (one === undefined || two === undefined) throw new Error('not held')
  spool.acknowledge(two, 'ack of two')
  spool.acknowledge(one, 'ack of one')
  expect([chainOf(spool).acknowledged.sequence, spool.receipt()]).toEqual([2, 'ack of two'])
})

test('an acknowledgement of what a welcome has told is kept as the proof of it', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(LINE)
  await appendTo(spool, 'one')
  const place = { sequence: 1, hash: spool.read(1)?.hash ?? '' }
  spool.acknowledge(place)
  expect(spool.receipt()).toBeUndefined()
  spool.acknowledge(place, 'ack of one')
  expect(spool.receipt()).toBe('ack of one')
})

test('the proof outlives the process, and not its epoch', async () => {
  using folder = temporaryFolder()
  {
    using spool = open(folder.path)
    spool.begin(LINE)
    await appendTo(spool, 'one')
    spool.acknowledge({ sequence: 1, hash: spool.read(1)?.hash ?? '' }, 'ack of one')
  }
  using again = open(folder.path)
  expect(again.receipt()).toBe('ack of one')
  again.begin({ ...LINE, epoch: LINE.epoch + 1 })
  expect(again.receipt()).toBeUndefined()
})

test('a new epoch begins anew; the same one does not', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(LINE)
  await appendTo(spool, 'one')
  spool.begin(LINE)
  expect(chainOf(spool).head.sequence).toBe(1)
  spool.begin({ ...LINE, epoch: 2 })
  expect([chainOf(spool).head.sequence, spool.read(1), spool.bytes()]).toEqual([0, undefined, 0])
})

test.each([
  ['acknowledged', 1],
  ['held', 0],
])('a spool that lost the newest of what was %s is set aside: its witness saw it', async (what, acknowledged) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'spool.db')
  {
    using spool = open(folder.path)
    spool.begin(LINE)
    await appendTo(spool, 'one')
  }
  const before = readFileSync(path)
  {
    using spool = open(folder.path)
    if (what === 'held') await appendTo(spool, 'two')
    else spool.acknowledge({ sequence: 1, hash: spool.read(1)?.hash ?? '' }, 'ack of one')
  }
  // As SQLite leaves it when the last frames of its log do not hold.
  writeFileSync(path, before)
  const asides: string[] = []
  using spool = openSpoolFiles(
    { clock: systemClock, onSetAside: (aside) => void asides.push(aside) },
    { stateFolder: folder.path, maxBytes: 4_000 },
  )
  expect([asides.length, chainOf(spool).acknowledged.sequence]).toEqual([1, acknowledged])
})

test('a flipped bit in a batch is found; the chain goes on behind a gap', async () => {
  using folder = temporaryFolder()
  {
    using spool = open(folder.path, { maxBytes: 100_000 })
    spool.begin(LINE)
    await appendTo(spool, 'first batch', 'marker in the second batch', 'third batch')
  }
  damage(join(folder.path, 'spool.db'), 'marker in the second')
  const asides: string[] = []
  using spool = openSpoolFiles(
    { clock: systemClock, onSetAside: (path) => void asides.push(path) },
    { stateFolder: folder.path, maxBytes: 100_000 },
  )
  expect(await codeThrown(() => spool.read(2))).toBe('STORE_CORRUPT')
  const { floor, head, acknowledged } = chainOf(spool)
  expect([floor.sequence, head.sequence, acknowledged.sequence, asides.length]).toEqual([3, 3, 0, 1])
  await appendTo(spool, 'fourth batch')
  expect(spool.read(4)?.previous).toBe(head.hash)
})

test.each([
  ['overwritten', (bytes: Buffer) => bytes.fill(0x5a)],
  ['cut off', (bytes: Buffer) => bytes.subarray(0, 5_000)],
  [
    'empty of everything but a header',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100)]),
  ],
])('a spool file that is %s is set aside, and the spool opens', async (_, spoil) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'spool.db')
  {
    using spool = open(folder.path)
    spool.begin(LINE)
    await appendTo(spool, 'one', 'two')
  }
  writeFileSync(path, spoil(readFileSync(path)))
  using spool = open(folder.path)
  spool.begin({ ...LINE, epoch: 2 })
  await appendTo(spool, 'anew')
  expect(readdirSync(folder.path).filter((name) => name.startsWith('spool.db.damaged-'))).toHaveLength(1)
})

test('what append resolved for survives kill -9 at any moment', async () => {
  using folder = temporaryFolder()
  const root = join(import.meta.dirname, '../../..')
  const program = `
    const { openSpoolFiles } = await import('${root}/src/daemon/spool/open-spool-files.ts')
    const { unsignedBatch } = await import('${root}/test/support/unsigned-batch.ts')
    const { systemClock } = await import('${root}/src/base/clock.ts')
    const spool = openSpoolFiles({ clock: systemClock }, { stateFolder: process.argv[1], maxBytes: 1e9 })
    spool.begin({ device: 'dev', epoch: 1 })
    for (;;) {
      const batch = unsignedBatch(spool.chain, 'batch ' + (spool.chain.head.sequence + 1))
      await spool.append(batch)
      process.stdout.write(batch.sequence + '\\n')
    }`
  for (const until of [1, 50, 200]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = 0
    let killed = false
    child.stdout.on('data', (chunk: Buffer) => {
      told = Math.max(told, ...String(chunk).split('\n').map(Number))
      if (told >= until && !killed) killed = child.kill('SIGKILL')
    })
    await once(child, 'close')
    using spool = open(folder.path, { maxBytes: 1e9 })
    const { head } = chainOf(spool)
    expect(head.sequence).toBeGreaterThanOrEqual(told)
    expect(spool.read(told)?.jws).toBe(`batch ${told}`)
    expect(spool.read(head.sequence)?.hash).toBe(head.hash)
  }
})

function damage(path: string, marker: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(marker)
  expect(at).toBeGreaterThan(0)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
