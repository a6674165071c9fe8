import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory, where there is one. */
const MEMORY = '/dev/shm'
/** In the environment of a run of tests: its folder in memory. */
const OF_RUN = 'SURETY_TEST_MEMORY'

/**
 * A folder of mode 0700 that goes when the scope does.
 *
 * @param init.inMemory for what is written durably and read again only while it is there: no write waits for the disk. The tests of power
 *   cuts and full disks use the disk. Nothing can be run from there.
 */
export function temporaryFolder({ inMemory = false } = {}): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(inMemory && hasMemory() ? (process.env[OF_RUN] ?? MEMORY) : tmpdir(), 'surety-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/**
 * A folder for all that a run of tests keeps in memory: what a test leaves there would take memory until the machine starts again.
 * Removes the folders of runs that were killed.
 *
 * @returns what the environment of its tests needs.
 */
export function memoryOfRun(): { readonly env: Readonly<Record<string, string>> } & Disposable {
  if (!hasMemory()) return { env: {}, [Symbol.dispose]: () => undefined }
  for (const name of readdirSync(MEMORY)) {
    const pid = /^surety-run-([1-9][0-9]{0,9})$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(MEMORY, name), { recursive: true, force: true })
  }
  const path = join(MEMORY, `surety-run-${process.pid}`)
  mkdirSync(path, { mode: 0o700, recursive: true })
  return { env: { [OF_RUN]: path }, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function hasMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK)
    return true
  } catch {
    return false
  }
}
