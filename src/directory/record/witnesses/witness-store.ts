import { numberOf, optionalNumberOf, optionalTextOf, textOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'

/** How far a witness has followed the record. */
export interface WitnessState {
  /** The name in its key. */
  readonly name: string
  /** Of the newest checkpoint that it cosigned. 0 before the first. */
  readonly size: number
  readonly cosignedAt: number | undefined
  /** Why it did not cosign the last one that it was asked to. */
  readonly problem: string | undefined
  readonly failingSince: number | undefined
}

/** A checkpoint with the cosignatures that it has. */
export interface CosignedCheckpoint {
  readonly size: number
  readonly note: string
  readonly at: number
}

export interface WitnessStore {
  all(): Promise<readonly WitnessState[]>
  put(state: WitnessState): Promise<void>
  cosigned(): Promise<CosignedCheckpoint | undefined>
  putCosigned(checkpoint: CosignedCheckpoint): Promise<void>
  /** For another log. */
  clear(): Promise<void>
}

export function witnessStore(database: Database): WitnessStore {
  const all = database.prepare('SELECT * FROM record_witnesses ORDER BY name')
  const put = database.prepare('INSERT OR REPLACE INTO record_witnesses VALUES (?, ?, ?, ?, ?)')
  const cosigned = database.prepare('SELECT size, note, at FROM record_cosigned')
  const putCosigned = database.prepare('INSERT OR REPLACE INTO record_cosigned VALUES (1, ?, ?, ?)')
  const clearStates = database.prepare('DELETE FROM record_witnesses')
  const clearCosigned = database.prepare('DELETE FROM record_cosigned')
  return {
    all: async () => (await all.all()).map(stateOf),
    async put({ name, size, cosignedAt, problem, failingSince }) {
      await put.run(name, size, cosignedAt ?? null, problem ?? null, failingSince ?? null)
    },
    async cosigned() {
      const row = await cosigned.get()
      return row && { size: numberOf(row, 'size'), note: textOf(row, 'note'), at: numberOf(row, 'at') }
    },
    async clear() {
      await clearStates.run()
      await clearCosigned.run()
    },
    async putCosigned({ size, note, at }) {
      await putCosigned.run(size, note, at)
    },
  }
}

function stateOf(row: Row): WitnessState {
  return {
    name: textOf(row, 'name'),
    size: numberOf(row, 'size'),
    cosignedAt: optionalNumberOf(row, 'cosigned_at'),
    problem: optionalTextOf(row, 'problem'),
    failingSince: optionalNumberOf(row, 'failing_since'),
  }
}
