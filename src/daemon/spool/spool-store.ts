import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { counter, reader, Type } from '../../base/schema.ts'
import { sha256 } from '../../crypto/hash.ts'
import { isMadeBy } from '../../system/sqlite/schema.ts'
import type { Database, Row, SqlValue } from '../../system/sqlite/sqlite.ts'
import type { Batch, Chain, ChainPosition } from './chain.ts'
import { chainOfRow, hashSchema } from './chain-row.ts'

/** The spool's tables and every statement on them; each runs inside the caller's transaction. */
export interface SpoolStore {
  /** Undefined when the chain is not known: a new file, or one that replaces a damaged one. */
  readChain(): Chain | undefined
  writeChain(chain: Chain): void
  /** The newest acknowledgement, as the directory signed it; undefined takes it away. */
  writeReceipt(ack: string | undefined): void
  readReceipt(): KeptReceipt
  insert(batch: Batch): void
  /** The held batch at `sequence`. */
  read(sequence: number): Batch | undefined
  /** The held batch whose `gap` tells of exactly this range. */
  readGap(range: { firstSequence: number; lastSequence: number }): Batch | undefined
  /** The oldest held batch. */
  oldest(): (ChainPosition & { readonly bytes: number }) | undefined
  remove(sequence: number): void
  clear(): void
  /** How many batches are held, and whether each is as long as it is counted. */
  held(): { readonly batches: number; readonly counted: boolean }
  /** Bytes of held batches: all, and those up to `sequence`. */
  bytes(): number
  bytesUpTo(sequence: number): number
}

/** One that is not what was signed proves nothing; nor does one that an older program kept, without its hash. */
export interface KeptReceipt {
  readonly ack: string | undefined
  readonly damaged: boolean
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS chain (
  id INTEGER PRIMARY KEY CHECK (id = 1), device TEXT NOT NULL, epoch INTEGER NOT NULL,
  floor_sequence INTEGER NOT NULL, floor_hash TEXT NOT NULL,
  head_sequence INTEGER NOT NULL, head_hash TEXT NOT NULL,
  acknowledged_sequence INTEGER NOT NULL, acknowledged_hash TEXT NOT NULL,
  posture TEXT NOT NULL, receipt TEXT) STRICT;
CREATE TABLE IF NOT EXISTS receipt_hash (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS batch (
  sequence INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, hash TEXT NOT NULL, previous TEXT NOT NULL,
  jws TEXT NOT NULL, bytes INTEGER NOT NULL, gap_first INTEGER, gap_last INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS batch_gap ON batch (gap_first) WHERE gap_first IS NOT NULL;
PRAGMA journal_size_limit = 4194304;
`

// Statements return columns by alias; a row that does not fit is a damaged file.
const batchRow = reader(
  Type.Object({
    sequence: counter(),
    epoch: counter(),
    hash: hashSchema,
    previous: hashSchema,
    jws: Type.String(),
    gapFirst: Type.Union([counter(), Type.Null()]),
    gapLast: Type.Union([counter(), Type.Null()]),
  }),
  { name: 'batch of the spool', code: 'STORE_CORRUPT' },
)
const oldestRow = reader(Type.Object({ sequence: counter(), hash: hashSchema, bytes: counter() }), {
  name: 'batch of the spool',
  code: 'STORE_CORRUPT',
})

const BATCH = `SELECT sequence, epoch, hash, previous, jws, gap_first AS gapFirst, gap_last AS gapLast FROM batch`

/** @throws `STORE_CORRUPT` when `check` finds damage. */
export function openSpoolStore(database: Database, { check }: { check: boolean }): SpoolStore {
  if (check && database.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') {
    throw new SuretyError('STORE_CORRUPT', 'the spool fails its own check')
  }
  database.exec(SCHEMA)
  if (check && !isMadeBy([SCHEMA], database)) {
    throw new SuretyError('STORE_CORRUPT', 'the tables of the spool are not as they were made')
  }
  const chain = database.prepare(
    `SELECT device, epoch, floor_sequence AS floorSequence, floor_hash AS floorHash, head_sequence AS headSequence,
     head_hash AS headHash, acknowledged_sequence AS acknowledgedSequence, acknowledged_hash AS acknowledgedHash,
     posture FROM chain`,
  )
  const putChain = database.prepare(
    `INSERT INTO chain VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
     ON CONFLICT (id) DO UPDATE SET device = excluded.device, epoch = excluded.epoch,
     floor_sequence = excluded.floor_sequence, floor_hash = excluded.floor_hash,
     head_sequence = excluded.head_sequence, head_hash = excluded.head_hash,
     acknowledged_sequence = excluded.acknowledged_sequence, acknowledged_hash = excluded.acknowledged_hash,
     posture = excluded.posture`,
  )
  const putReceipt = database.prepare('UPDATE chain SET receipt = ?')
  const putReceiptHash = database.prepare('INSERT OR REPLACE INTO receipt_hash VALUES (1, ?)')
  const removeReceiptHash = database.prepare('DELETE FROM receipt_hash')
  const receipt = database.prepare('SELECT receipt, hash FROM receipt_hash LEFT JOIN chain')
  const insert = database.prepare('INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const one = database.prepare(`${BATCH} WHERE sequence = ?`)
  const gap = database.prepare(`${BATCH} WHERE gap_first = ? AND gap_last = ? ORDER BY sequence DESC LIMIT 1`)
  const oldest = database.prepare('SELECT sequence, hash, bytes FROM batch ORDER BY sequence LIMIT 1')
  const remove = database.prepare('DELETE FROM batch WHERE sequence = ?')
  const clear = database.prepare('DELETE FROM batch')
  const sum = database.prepare('SELECT coalesce(sum(bytes), 0) AS bytes FROM batch WHERE sequence <= ?')
  const held = database.prepare('SELECT count(*) AS n, total(bytes <> octet_length(jws)) AS wrong FROM batch')
  const sumOf = (sequence: number) => Number(sum.get(sequence)?.bytes)
  return {
    readChain() {
      const row = chain.get()
      return row === undefined ? undefined : chainOfRow(row)
    },
    writeChain(next) {
      const positions = [next.floor, next.head, next.acknowledged].flatMap(({ sequence, hash }) => [sequence, hash])
      putChain.run(next.device, next.epoch, ...positions, next.posture)
    },
    writeReceipt(ack) {
      putReceipt.run(ack ?? null)
      if (ack === undefined) removeReceiptHash.run()
      else putReceiptHash.run(hashOf(ack))
    },
    readReceipt: () => toReceipt(receipt.get()),
    insert: (batch) => void insert.run(...columnsOf(batch)),
    read: (sequence) => toBatch(one.get(sequence)),
    readGap: ({ firstSequence, lastSequence }) => toBatch(gap.get(firstSequence, lastSequence)),
    oldest() {
      const row = oldest.get()
      return row === undefined ? undefined : oldestRow.read({ ...row })
    },
    remove: (sequence) => void remove.run(sequence),
    clear: () => void clear.run(),
    held() {
      const { n, wrong } = held.get() ?? {}
      return { batches: Number(n), counted: wrong === 0 }
    },
    bytes: () => sumOf(Number.MAX_SAFE_INTEGER),
    bytesUpTo: sumOf,
  }
}

function columnsOf(batch: Batch): readonly SqlValue[] {
  const { sequence, epoch, hash, previous, jws, gap } = batch
  return [sequence, epoch, hash, previous, jws, jws.length, gap?.firstSequence ?? null, gap?.lastSequence ?? null]
}

function toBatch(row: Row | undefined): Batch | undefined {
  if (row === undefined) return undefined
  const { gapFirst, gapLast, ...batch } = batchRow.read({ ...row })
  // A flipped bit inside the text is nothing that SQLite would see; sent on, it would be refused for ever.
  if (hashOf(batch.jws) !== batch.hash) {
    throw new SuretyError('STORE_CORRUPT', `batch ${batch.sequence} of the spool is not what was signed`)
  }
  if (gapFirst === null || gapLast === null) return batch
  return { ...batch, gap: { firstSequence: gapFirst, lastSequence: gapLast } }
}

function toReceipt(row: Row | undefined): KeptReceipt {
  if (row === undefined) return { ack: undefined, damaged: false }
  const { receipt, hash } = row
  if (typeof receipt !== 'string' || hashOf(receipt) !== hash) return { ack: undefined, damaged: true }
  return { ack: receipt, damaged: false }
}

function hashOf(text: string): string {
  return toBase64Url(sha256(text))
}

/** What a damaged spool still says of its chain. */
export function salvage(
  open: () => Database,
): { readonly chain: Chain; readonly receipt: string | undefined } | undefined {
  try {
    using database = open()
    const store = openSpoolStore(database, { check: false })
    const chain = store.readChain()
    return chain === undefined ? undefined : { chain, receipt: store.readReceipt().ack }
  } catch {
    return undefined
  }
}
