import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../../src/directory/store/open-store.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const NAME = 'directory.sqlite'

/** The files of an empty store that was closed. */
let files: ReadonlyMap<string, Uint8Array> | undefined

/** An empty store with all its tables, which are made once for each file of tests. Without a path it is gone when it is closed. */
export function migratedStore(path?: string): Database {
  if (path !== undefined) {
    writeMigratedStore(path)
    return openStore(path)
  }
  const folder = temporaryFolder({ inMemory: true })
  const database = migratedStore(join(folder.path, NAME))
  const close = () => {
    database.close()
    folder[Symbol.dispose]()
  }
  return { ...database, close, [Symbol.dispose]: close }
}

/** Puts its files where a store will be opened. */
export function writeMigratedStore(path: string): void {
  files ??= migratedFiles()
  for (const [ending, bytes] of files) writeFileSync(`${path}${ending}`, bytes, { mode: 0o600 })
}

function migratedFiles(): ReadonlyMap<string, Uint8Array> {
  using folder = temporaryFolder({ inMemory: true })
  const path = join(folder.path, NAME)
  openStore(path).close()
  return new Map(['', '-witness'].map((ending) => [ending, readFileSync(`${path}${ending}`)]))
}
