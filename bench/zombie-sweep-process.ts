import { silentLog } from '../src/base/log.ts'
import { DEFAULT_ZOMBIE_RULES } from '../src/directory/rule-set/zombie-rules.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { Changes } from '../src/directory/workers/changes.ts'
import { type Zombies, zombies } from '../src/directory/zombies/zombies.ts'
import { NOW } from './fill-register.ts'

/** Sweeps the database that is named, and says how far it is, one number a line. */

export function sweeping(store: DirectoryStore): Zombies {
  return zombies({
    store,
    clock: { now: () => NOW },
    log: silentLog,
    changes: new Changes(),
    rules: { zombies: DEFAULT_ZOMBIE_RULES, version: 0 },
    registrations: { move: async () => undefined },
  })
}

const [, , file] = process.argv
if (import.meta.main && file !== undefined) {
  using database = openStore(file)
  const store = directoryStore(sqliteDatabase(database))
  const swept = sweeping(store)
  await swept.begin()
  process.stdout.write('0\n')
  while (await swept.sweepSome()) process.stdout.write(`${(await store.zombies.sweep()).lookedAt}\n`)
}
