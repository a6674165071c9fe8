import { join } from 'node:path'
import fc from 'fast-check'
import { systemClock } from '../../../src/base/clock.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import { CHAIN_START, type ChainPosition } from '../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import { openSpool } from '../../../src/daemon/spool/sqlite-spool.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { batchAfter, unsignedBatch } from '../../support/daemon/unsigned-batch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { appendTo, chainOf, MAX_BYTES, OWNER, open } from './spool-fixture.ts'

/** Batches that each continue the one before. None is appended yet. */
function chained(head: ChainPosition, texts: readonly string[]) {
  let at = head
  return texts.map((text) => {
    const batch = batchAfter(OWNER.epoch, at, text)
    at = batch
    return batch
  })
}

test('stays within its limit for any appends, acknowledgements and restarts', async () => {
  const operation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), size: fc.nat(900) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('acknowledge' as const),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      using folder = temporaryFolder()
      let spool = open(folder.path, { keepAcknowledgedBytes: 0 })
      spool.begin(OWNER)
      const signed: (ChainPosition & { jws: string })[] = []
      let acknowledged = 0
      try {
        for (const op of operations) {
          if (op.do === 'append') {
            const batch = unsignedBatch(chainOf(spool), `${signed.length}:${'x'.repeat(op.size)}`)
            await spool.append(batch)
            signed.push(batch)
          } else if (op.do === 'acknowledge') {
            acknowledged = Math.max(acknowledged, Math.floor(op.part * signed.length))
            spool.acknowledge(signed[acknowledged - 1] ?? CHAIN_START)
          } else {
            spool[Symbol.dispose]()
            spool = open(folder.path, { keepAcknowledgedBytes: 0 })
          }
          const { floor, head, acknowledged: acked } = chainOf(spool)
          const at = (sequence: number) => signed[sequence - 1]?.hash ?? CHAIN_START.hash
          expect([head.sequence, head.hash]).toEqual([signed.length, at(signed.length)])
          expect([acked.sequence, acked.hash]).toEqual([acknowledged, at(acknowledged)])
          expect(floor.hash).toBe(at(floor.sequence))
          expect(spool.read(floor.sequence)).toBeUndefined()
          const held = signed.slice(floor.sequence)
          expect(held.map(({ sequence }) => spool.read(sequence)?.jws)).toEqual(held.map(({ jws }) => jws))
          const bytes = held.reduce((sum, { jws }) => sum + jws.length, 0)
          expect(spool.bytes()).toBe(bytes)
          expect(held.length <= 1 || bytes <= MAX_BYTES).toBe(true)
          // No unacknowledged batch is dropped while there is room.
          expect(
            floor.sequence <= acknowledged || signed.reduce((sum, { jws }) => sum + jws.length, 0) > MAX_BYTES * 0.9,
          ).toBe(true)
        }
      } finally {
        spool[Symbol.dispose]()
      }
    }),
    { numRuns: 40 },
  )
})

test('makes appends wait for room while it drains, and drops no unacknowledged batch', async () => {
  using folder = temporaryFolder()
  const dropped: unknown[] = []
  using spool = openSpoolFiles(
    { clock: systemClock, onDropped: (drop) => dropped.push(drop) },
    { stateFolder: folder.path, maxBytes: MAX_BYTES, keepAcknowledgedBytes: 0 },
  )
  spool.begin(OWNER)
  const texts = Array.from({ length: 6 }, (_, i) => `${i}${'x'.repeat(900)}`)
  const batches = chained(chainOf(spool).head, texts)
  const held = () => chainOf(spool).head.sequence
  const drain = spool.drain()
  const appended = batches.map((batch) => spool.append(batch))
  await appended[0]
  const first = held()
  expect(first).toBeLessThan(texts.length)
  spool.acknowledge(batches[0] ?? CHAIN_START)
  await appended[first]
  expect([held(), dropped]).toEqual([first + 1, []])
  // After the drain the oldest batch may be dropped again.
  drain[Symbol.dispose]()
  await Promise.all(appended)
  expect([held(), dropped.length]).toEqual([texts.length, 1])
})

test('accepts a batch larger than the spool once nothing else is unacknowledged', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path, { maxBytes: 500, keepAcknowledgedBytes: 0 })
  spool.begin(OWNER)
  using _ = spool.drain()
  const [first, second] = chained(chainOf(spool).head, ['x'.repeat(900), 'y'.repeat(900)])
  if (first === undefined || second === undefined) throw new Error('expected two batches')
  await spool.append(first)
  const later = spool.append(second)
  await new Promise(setImmediate)
  expect(chainOf(spool).head.sequence).toBe(1)
  spool.acknowledge(first)
  await later
  expect(chainOf(spool).head.sequence).toBe(2)
})

test('commits an append that waits for room when the spool is closed', async () => {
  using folder = temporaryFolder()
  const spool = open(folder.path, { maxBytes: 500 })
  spool.begin(OWNER)
  spool.drain()
  const appended = chained(chainOf(spool).head, ['x'.repeat(900), 'y'.repeat(900)]).map((batch) => spool.append(batch))
  await appended[0]
  spool[Symbol.dispose]()
  await Promise.all(appended)
  using again = open(folder.path)
  expect(chainOf(again).head.sequence).toBe(2)
})

test('commits appends that wait together in one transaction', async () => {
  let transactions = 0
  const spool = openSpool(
    {
      open() {
        const database = openDatabase(':memory:')
        return {
          ...database,
          transaction(work) {
            transactions++
            return database.transaction(work)
          },
        }
      },
      setAside() {},
    },
    { maxBytes: 100_000 },
  )
  spool.begin(OWNER)
  transactions = 0
  await Promise.all(
    chained(
      CHAIN_START,
      Array.from({ length: 50 }, (_, i) => `batch ${i}`),
    ).map((one) => spool.append(one)),
  )
  expect([transactions, chainOf(spool).head.sequence]).toEqual([1, 50])
})

test('adds nothing when a commit fails, opens the database again and continues', async () => {
  using folder = temporaryFolder()
  let failing = false
  let opened = 0
  using spool = openSpool(
    {
      open() {
        opened++
        const database = openDatabase(join(folder.path, 'spool.db'))
        return {
          ...database,
          transaction(work) {
            if (!failing) return database.transaction(work)
            throw new SuretyError('STORE_FAILED', 'database or disk is full')
          },
        }
      },
      setAside() {},
    },
    { maxBytes: MAX_BYTES },
  )
  spool.begin(OWNER)
  await appendTo(spool, 'one')
  failing = true
  expect(await codeThrown(() => appendTo(spool, 'two'))).toBe('STORE_FAILED')
  failing = false
  await appendTo(spool, 'two again')
  expect([chainOf(spool).head.sequence, spool.read(2)?.jws, opened]).toEqual([2, 'two again', 2])
})

test('finds a failed commit in the file when an acknowledgement comes before an append', async () => {
  using folder = temporaryFolder()
  let failing = false
  using spool = openSpool(
    {
      open() {
        const database = openDatabase(join(folder.path, 'spool.db'))
        return {
          ...database,
          transaction(work) {
            const result = database.transaction(work)
            if (failing) throw new SuretyError('STORE_FAILED', 'disk I/O error')
            return result
          },
        }
      },
      setAside() {},
    },
    { maxBytes: MAX_BYTES },
  )
  spool.begin(OWNER)
  await appendTo(spool, 'one')
  const { head } = chainOf(spool)
  failing = true
  expect(await codeThrown(() => appendTo(spool, 'two'))).toBe('STORE_FAILED')
  failing = false
  spool.acknowledge(head, 'ack of one')
  expect([chainOf(spool).head.sequence, chainOf(spool).acknowledged]).toEqual([2, head])
  await appendTo(spool, 'three')
  expect([2, 3].map((sequence) => spool.read(sequence)?.jws)).toEqual(['two', 'three'])
  const before = chainOf(spool)
  spool[Symbol.dispose]()
  using again = open(folder.path)
  expect(chainOf(again)).toEqual(before)
})

test.each<[string, Partial<ChainPosition> & { previous?: string; epoch?: number }]>([
  ['another sequence', { sequence: 3 }],
  ['a sequence that is taken', { sequence: 1 }],
  ['another previous hash', { previous: 'B'.repeat(43) }],
  ['another epoch', { epoch: 2 }],
])('refuses a batch with %s, but not the batches that wait with it', async (_, change) => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(OWNER)
  await appendTo(spool, 'first')
  const good = unsignedBatch(chainOf(spool), 'good')
  const outcomes = await Promise.allSettled([spool.append({ ...good, ...change }), spool.append(good)])
  expect(outcomes).toEqual([
    { status: 'rejected', reason: expect.objectContaining({ code: 'CONFLICT' }) },
    { status: 'fulfilled', value: undefined },
  ])
})

test('refuses a batch that is larger than a frame, and drops nothing', async () => {
  using folder = temporaryFolder()
  using spool = open(folder.path)
  spool.begin(OWNER)
  await appendTo(spool, 'first')
  const large = unsignedBatch(chainOf(spool), 'x'.repeat(LIMITS.frameBytes + 1))
  expect(await codeThrown(() => spool.append(large))).toBe('INPUT_TOO_LARGE')
  expect([chainOf(spool).head.sequence, spool.read(1)?.jws]).toEqual([1, 'first'])
})
