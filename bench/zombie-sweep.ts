import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { AGENTS, fillRegister, NOW } from './fill-register.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'
import { sweeping } from './zombie-sweep-process.ts'

const LIMIT_S = 60
/** The sweep asks for one sighting of an agent, so more would only take time to make. */
const FILLED_SIGHTINGS = sizeOf(500_000, { small: 50_000 })

/** Another process begins the sweep and is killed in the middle. The figure is the time of both together. */
export const zombieSweep: Benchmark = {
  name: 'zombie-sweep',
  about: `a sweep of ${AGENTS} registrations, killed in the middle and resumed`,
  unit: 's',
  limit: `under ${LIMIT_S} s`,
  async run(report) {
    using folder = temporaryBenchFolder()
    const file = join(folder.path, 'directory.sqlite')
    {
      using database = openStore(file)
      fillRegister(database, { sightings: FILLED_SIGHTINGS })
      // One in twenty was not used for long.
      database.exec(`UPDATE registrations SET used_at = ${NOW} WHERE number % 20 <> 0`)
    }
    const killedAfter = await sweepAndKill(file)
    const start = performance.now()
    using database = openStore(file)
    const store = directoryStore(sqliteDatabase(database))
    const before = (await store.zombies.sweep()).lookedAt
    const swept = sweeping(store)
    const again = await swept.begin()
    if (!again.running || before === 0) throw new Error('the sweep did not go on')
    while (await swept.sweepSome());
    const { lookedAt, zombies, registrations } = await swept.sweep()
    if (lookedAt !== AGENTS) throw new Error(`${lookedAt} of ${registrations} were looked at`)
    const value = (killedAfter + performance.now() - start) / 1000
    report({
      name: 'zombie-sweep',
      value: rounded(value),
      unit: 's',
      ratio: rounded(value / LIMIT_S),
      against: `${LIMIT_S} s; killed after ${before} of ${AGENTS}; ${zombies} zombies`,
    })
  },
}

/** @returns how long it ran, in milliseconds. */
async function sweepAndKill(file: string): Promise<number> {
  const script = resolve(import.meta.dirname, 'zombie-sweep-process.ts')
  const child = spawn(process.execPath, ['--no-warnings', script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  let begun = 0
  for await (const chunk of child.stdout) {
    const last = Number(String(chunk).trim().split('\n').at(-1))
    if (begun === 0) begun = performance.now()
    if (last < AGENTS / 2) continue
    child.kill('SIGKILL')
    break
  }
  const ran = performance.now() - begun
  await exit
  return ran
}
