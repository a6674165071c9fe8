import { numberOf, textOf, wordOf } from '../../sql/columns.ts'
import { cutPage } from '../../sql/cut-page.ts'
import type { Database } from '../../sql/database.ts'
import type { ChainStore, EvidenceQueries } from '../evidence-store.ts'

const LAST = Number.MAX_SAFE_INTEGER

/** Chains, and their batches as they arrived. */
export function evidenceStore(database: Database): ChainStore & EvidenceQueries {
  const chain = database.prepare(
    `SELECT status, epoch, sequence, head, evidence_bytes,
       coalesce((SELECT max(sequence) FROM evidence WHERE device = id AND epoch = devices.epoch), 0) AS newest
     FROM devices WHERE id = ?`,
  )
  const hash = database.prepare('SELECT hash FROM evidence WHERE device = ? AND epoch = ? AND sequence = ?')
  const batch = database.prepare(
    'SELECT hash, previous, jws FROM evidence WHERE device = ? AND epoch = ? AND sequence = ?',
  )
  const insert = database.prepare(
    `INSERT INTO evidence (device, epoch, sequence, hash, previous, jws, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const move = database.prepare(
    `UPDATE devices SET sequence = ?1, head = ?2, evidence_bytes = ?3, last_seen = ?4,
       confirmed_at = coalesce(confirmed_at, ?4) WHERE id = ?5`,
  )
  const list = database.prepare(
    `SELECT epoch, sequence, hash, received_at, octet_length(jws) AS size FROM evidence
     WHERE device = ? AND (epoch, sequence) < (?, ?) ORDER BY epoch DESC, sequence DESC LIMIT ?`,
  )
  const after = database.prepare(
    `SELECT epoch, sequence, jws AS json FROM evidence
     WHERE device = ? AND (epoch, sequence) > (?, ?) ORDER BY epoch, sequence LIMIT ?`,
  )
  const epochs = database.prepare(
    `SELECT k.epoch, k.application_key, count(e.sequence) AS batches, coalesce(max(e.sequence), 0) AS last
     FROM device_keys k LEFT JOIN evidence e ON e.device = k.device AND e.epoch = k.epoch
     WHERE k.device = ? GROUP BY k.epoch ORDER BY k.epoch`,
  )
  return {
    async chain(device) {
      const row = await chain.get(device)
      if (row === undefined) return undefined
      return {
        status: wordOf(row, 'status', ['active', 'retired']),
        epoch: numberOf(row, 'epoch'),
        sequence: numberOf(row, 'sequence'),
        head: textOf(row, 'head'),
        bytes: numberOf(row, 'evidence_bytes'),
        newest: numberOf(row, 'newest'),
      }
    },
    async hashAt(device, epoch, sequence) {
      const row = await hash.get(device, epoch, sequence)
      return row && textOf(row, 'hash')
    },
    async batchAt(device, epoch, sequence) {
      const row = await batch.get(device, epoch, sequence)
      if (row === undefined) return undefined
      const [hash, previous, compact] = [textOf(row, 'hash'), textOf(row, 'previous'), textOf(row, 'jws')]
      return { device, epoch, sequence, hash, previous, compact }
    },
    async putBatch({ device, epoch, sequence, hash, previous, compact }, at) {
      await insert.run(device, epoch, sequence, hash, previous, compact, at)
    },
    async putChain(device, { sequence, head, bytes, at }) {
      await move.run(sequence, head, bytes, at, device)
    },
    list: async (device, { before, limit }) =>
      (await list.all(device, before?.epoch ?? LAST, before?.sequence ?? LAST, limit)).map((row) => ({
        epoch: numberOf(row, 'epoch'),
        sequence: numberOf(row, 'sequence'),
        hash: textOf(row, 'hash'),
        receivedAt: numberOf(row, 'received_at'),
        sizeBytes: numberOf(row, 'size'),
      })),
    async jws(device, { epoch, sequence }) {
      const row = await batch.get(device, epoch, sequence)
      return row && textOf(row, 'jws')
    },
    batchesAfter: (device, { after: place, limit }) =>
      database.snapshot(() =>
        cutPage(after.iterate(device, place?.epoch ?? 0, place?.sequence ?? 0, limit + 1), limit, (row) => ({
          epoch: numberOf(row, 'epoch'),
          sequence: numberOf(row, 'sequence'),
          jws: textOf(row, 'json'),
        })),
      ),
    epochs: async (device) =>
      (await epochs.all(device)).map((row) => ({
        epoch: numberOf(row, 'epoch'),
        key: textOf(row, 'application_key'),
        batches: numberOf(row, 'batches'),
        lastSequence: numberOf(row, 'last'),
      })),
  }
}
