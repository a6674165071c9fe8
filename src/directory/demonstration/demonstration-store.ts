import { numberOf, textOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'

/** Says that the directory has made-up data. */
export interface Demonstration {
  readonly madeAt: number
  /** What the data was drawn from. */
  readonly seed: number
  /** How many devices were made. */
  readonly devices: number
}

export interface DemonstrationStore {
  /** Undefined for a real directory. */
  get(): Promise<Demonstration | undefined>
  /** @throws `CONFLICT` if it is marked already. */
  mark(demonstration: Demonstration): Promise<void>
  /** Ids of devices that are not retired and were heard since then. */
  heardSince(time: number): Promise<readonly string[]>
}

export function demonstrationStore(database: Database): DemonstrationStore {
  const find = database.prepare('SELECT made_at, seed, devices FROM demonstration')
  const insert = database.prepare('INSERT INTO demonstration (id, made_at, seed, devices) VALUES (1, ?, ?, ?)')
  const heard = database.prepare("SELECT id FROM devices WHERE status = 'active' AND last_seen >= ? ORDER BY id")
  return {
    async get() {
      const row = await find.get()
      return row && { madeAt: numberOf(row, 'made_at'), seed: numberOf(row, 'seed'), devices: numberOf(row, 'devices') }
    },
    async mark({ madeAt, seed, devices }) {
      await insert.run(madeAt, seed, devices)
    },
    heardSince: async (time) => (await heard.all(time)).map((row) => textOf(row, 'id')),
  }
}
