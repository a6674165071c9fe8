import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import type { ChainPosition } from '../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { appendTo, chainOf, OWNER, open } from './spool-fixture.ts'

test.each<[string, ChainPosition]>([
  ['other bytes at a held position', { sequence: 1, hash: 'B'.repeat(43) }],
  ['a position that was never signed', { sequence: 3, hash: 'B'.repeat(43) }],
])('refuses an acknowledgement of %s, and removes nothing', async (_, position) => {
  using folder = temporaryFolder()
  using spool = open(folder.path, { keepAcknowledgedBytes: 0 })
  spool.begin(OWNER)
  await appendTo(spool, 'one', 'two')
  expect(await codeThrown(() => spool.acknowledge(position))).toBe('EVIDENCE_FORKED')
  expect([chainOf(spool).acknowledged.sequence, spool.read(1)?.jws]).toEqual([0, 'one'])
})

test('ignores an older acknowledgement and keeps the newest as signed', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(OWNER)
  await appendTo(spool, 'one', 'two')
  const [one, two] = [spool.read(1), spool.read(2)]
  if (one === undefined || two === undefined) throw new Error('not held')
  spool.acknowledge(two, 'ack of two')
  spool.acknowledge(one, 'ack of one')
  expect([chainOf(spool).acknowledged.sequence, spool.acknowledgement()]).toEqual([2, 'ack of two'])
})

test('keeps the signed acknowledgement of a position that a welcome named before', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(OWNER)
  await appendTo(spool, 'one')
  const position = { sequence: 1, hash: spool.read(1)?.hash ?? '' }
  spool.acknowledge(position)
  expect(spool.acknowledgement()).toBeUndefined()
  spool.acknowledge(position, 'ack of one')
  expect(spool.acknowledgement()).toBe('ack of one')
})

test('keeps the acknowledgement through a restart, and drops it with the epoch', async () => {
  using folder = temporaryFolder()
  {
    using spool = open(folder.path)
    spool.begin(OWNER)
    await appendTo(spool, 'one')
    spool.acknowledge({ sequence: 1, hash: spool.read(1)?.hash ?? '' }, 'ack of one')
  }
  using again = open(folder.path)
  expect(again.acknowledgement()).toBe('ack of one')
  again.begin({ ...OWNER, epoch: OWNER.epoch + 1 })
  expect(again.acknowledgement()).toBeUndefined()
})

test('drops its batches for a new epoch, and not for the same epoch', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(OWNER)
  await appendTo(spool, 'one')
  spool.begin(OWNER)
  expect(chainOf(spool).head.sequence).toBe(1)
  spool.begin({ ...OWNER, epoch: 2 })
  expect([chainOf(spool).head.sequence, spool.read(1), spool.bytes()]).toEqual([0, undefined, 0])
})

test.each([
  ['acknowledged', 1],
  ['held', 0],
])('sets a spool aside that lost the newest %s batch, which its watermark names', async (what, acknowledged) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'spool.db')
  {
    using spool = open(folder.path)
    spool.begin(OWNER)
    await appendTo(spool, 'one')
  }
  const before = readFileSync(path)
  {
    using spool = open(folder.path)
    if (what === 'held') await appendTo(spool, 'two')
    else spool.acknowledge({ sequence: 1, hash: spool.read(1)?.hash ?? '' }, 'ack of one')
  }
  // SQLite leaves the file like this when the last frames of its log are invalid.
  writeFileSync(path, before)
  const asides: string[] = []
  using spool = openSpoolFiles(
    { clock: systemClock, onSetAside: (aside) => void asides.push(aside) },
    { stateFolder: folder.path, maxBytes: 4_000 },
  )
  expect([asides.length, chainOf(spool).acknowledged.sequence]).toEqual([1, acknowledged])
})

test('finds a flipped bit in a batch, and continues the chain after a gap', async () => {
  using folder = temporaryFolder()
  {
    using spool = open(folder.path, { maxBytes: 100_000 })
    spool.begin(OWNER)
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
  ['truncated', (bytes: Buffer) => bytes.subarray(0, 5_000)],
  [
    'zeroed after the header',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100)]),
  ],
])('sets a spool file aside that is %s, and opens', async (_, spoil) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'spool.db')
  {
    using spool = open(folder.path)
    spool.begin(OWNER)
    await appendTo(spool, 'one', 'two')
  }
  writeFileSync(path, spoil(readFileSync(path)))
  using spool = open(folder.path)
  spool.begin({ ...OWNER, epoch: 2 })
  await appendTo(spool, 'anew')
  expect(readdirSync(folder.path).filter((name) => name.startsWith('spool.db.damaged-'))).toHaveLength(1)
})

function damage(path: string, marker: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(marker)
  expect(at).toBeGreaterThan(0)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
