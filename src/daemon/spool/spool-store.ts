import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { counter, reader, Type } from '../../base/schema.ts'
import { sha256 } from '../../crypto/hash.ts'
import { isMadeBy } from '../../system/sqlite/schema.ts'
import type { Database, Row, SqlValue } from '../../system/sqlite/sqlite.ts'
import type { Batch, Chain, ChainPosition } from './chain.ts'
import { chainOfRow, hashSchema } from './chain-row.ts'

/** The spool's tables and all statements on them. Each statement runs inside the caller's transaction. */
export interface SpoolStore {
  /** Undefined in a new file, and in one that replaces a damaged file. */
  readChain(): Chain | undefined
  writeChain(chain: Chain): void
  /** Stores the newest acknowledgement as signed, or removes it. */
  writeAcknowledgement(jws: string | undefined): void
  readAcknowledgement(): StoredAcknowledgement
  insert(batch: Batch): void
  read(sequence: number): Batch | undefined
  /** The gap record of exactly this range. */
  readGap(range: { firstSequence: number; lastSequence: number }): Batch | undefined
  oldest(): (ChainPosition & { readonly bytes: number }) | undefined
  remove(sequence: number): void
  clear(): void
  /** The number of batches, and whether each has its recorded size. */
  held(): { readonly batches: number; readonly sizesMatch: boolean }
  bytes(): number
  bytesUpTo(sequence: number): number
}

export interface StoredAcknowledgement {
  /** Undefined when there is none, or it is damaged: it would prove nothing, and the directory would refuse a hello with it. */
  readonly jws: string | undefined
  readonly isDamaged: boolean
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS chain (
  id INTEGER PRIMARY KEY CHECK (id = 1), device TEXT NOT NULL, epoch INTEGER NOT NULL,
  floor_sequence INTEGER NOT NULL, floor_hash TEXT NOT NULL,
  head_sequence INTEGER NOT NULL, head_hash TEXT NOT NULL,
  acknowledged_sequence INTEGER NOT NULL, acknowledged_hash TEXT NOT NULL,
  posture TEXT NOT NULL, acknowledgement TEXT, acknowledgement_hash TEXT) STRICT;
CREATE TABLE IF NOT EXISTS batch (
  sequence INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, hash TEXT NOT NULL, previous TEXT NOT NULL,
  jws TEXT NOT NULL, bytes INTEGER NOT NULL, gap_first INTEGER, gap_last INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS batch_gap ON batch (gap_first) WHERE gap_first IS NOT NULL;
PRAGMA journal_size_limit = 4194304;
`

// Statements return columns by alias. A row that breaks its schema means a damaged file.
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

/** @throws `STORE_CORRUPT` when `check` is set and finds damage. */
export function openSpoolStore(database: Database, { check }: { check: boolean }): SpoolStore {
  if (check && database.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') {
    throw new SuretyError('STORE_CORRUPT', 'the spool database is damaged')
  }
  database.exec(SCHEMA)
  if (check && !isMadeBy([SCHEMA], database)) {
    throw new SuretyError('STORE_CORRUPT', 'the tables of the spool were changed')
  }
  const chain = database.prepare(
    `SELECT device, epoch, floor_sequence AS floorSequence, floor_hash AS floorHash, head_sequence AS headSequence,
     head_hash AS headHash, acknowledged_sequence AS acknowledgedSequence, acknowledged_hash AS acknowledgedHash,
     posture FROM chain`,
  )
  const putChain = database.prepare(
    `INSERT INTO chain VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)
     ON CONFLICT (id) DO UPDATE SET device = excluded.device, epoch = excluded.epoch,
     floor_sequence = excluded.floor_sequence, floor_hash = excluded.floor_hash,
     head_sequence = excluded.head_sequence, head_hash = excluded.head_hash,
     acknowledged_sequence = excluded.acknowledged_sequence, acknowledged_hash = excluded.acknowledged_hash,
     posture = excluded.posture`,
  )
  const putAcknowledgement = database.prepare('UPDATE chain SET acknowledgement = ?, acknowledgement_hash = ?')
  const acknowledgement = database.prepare('SELECT acknowledgement AS jws, acknowledgement_hash AS hash FROM chain')
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
    writeAcknowledgement: (jws) => void putAcknowledgement.run(jws ?? null, jws === undefined ? null : hashOf(jws)),
    readAcknowledgement: () => toAcknowledgement(acknowledgement.get()),
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
      return { batches: Number(n), sizesMatch: wrong === 0 }
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
  // SQLite does not notice a flipped bit inside a text. The directory would refuse such a batch for ever.
  if (hashOf(batch.jws) !== batch.hash) {
    throw new SuretyError('STORE_CORRUPT', `batch ${batch.sequence} of the spool is not what this device signed`)
  }
  if (gapFirst === null || gapLast === null) return batch
  return { ...batch, gap: { firstSequence: gapFirst, lastSequence: gapLast } }
}

function toAcknowledgement(row: Row | undefined): StoredAcknowledgement {
  const { jws = null, hash = null } = row ?? {}
  if (jws === null && hash === null) return { jws: undefined, isDamaged: false }
  if (typeof jws !== 'string' || hashOf(jws) !== hash) return { jws: undefined, isDamaged: true }
  return { jws, isDamaged: false }
}

function hashOf(text: string): string {
  return toBase64Url(sha256(text))
}

/** What can still be read of the chain in a damaged spool. */
export function salvage(
  open: () => Database,
): { readonly chain: Chain; readonly acknowledgement: string | undefined } | undefined {
  try {
    using database = open()
    const store = openSpoolStore(database, { check: false })
    const chain = store.readChain()
    return chain === undefined ? undefined : { chain, acknowledgement: store.readAcknowledgement().jws }
  } catch {
    return undefined
  }
}
