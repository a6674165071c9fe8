import type { Offer } from '../../protocol/messages/frames.ts'
import { numberOf, textOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'

/** The catalogue for devices: canonical JSON, or the JWS of its publisher. */
export interface StoredCatalogue extends Offer {
  readonly text: string
  readonly setAt: number
  readonly setBy: string
}

export interface CatalogueStore {
  get(): Promise<StoredCatalogue | undefined>
  put(catalogue: StoredCatalogue): Promise<void>
}

export function catalogueStore(database: Database): CatalogueStore {
  const select = database.prepare('SELECT version, hash, text, set_at, set_by FROM catalogue WHERE id = 1')
  const put = database.prepare(
    'INSERT OR REPLACE INTO catalogue (id, version, hash, text, set_at, set_by) VALUES (1, ?, ?, ?, ?, ?)',
  )
  return {
    async get() {
      const row = await select.get()
      if (row === undefined) return undefined
      return {
        version: numberOf(row, 'version'),
        hash: textOf(row, 'hash'),
        text: textOf(row, 'text'),
        setAt: numberOf(row, 'set_at'),
        setBy: textOf(row, 'set_by'),
      }
    },
    async put({ version, hash, text, setAt, setBy }) {
      await put.run(version, hash, text, setAt, setBy)
    },
  }
}
