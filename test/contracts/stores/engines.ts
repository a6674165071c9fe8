import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../src/directory/store/directory-store.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

/** A database that can keep the stores of the directory. */
export interface Engine {
  readonly name: string
  /** The stores of an empty directory, until the test ends. */
  open(): Promise<DirectoryStore>
}

/** Runs the contracts on each engine that the directory has. */
export function describeStores(contracts: (engine: Engine) => void): void {
  for (const engine of [sqlite()]) contracts(engine)
}

function sqlite(): Engine {
  const opened: Database[] = []
  afterEach(() => {
    for (const database of opened.splice(0)) database.close()
  })
  return {
    name: 'SQLite',
    async open() {
      const database = migratedStore()
      opened.push(database)
      return directoryStore(sqliteDatabase(database))
    },
  }
}
