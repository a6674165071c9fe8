import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory, where there is one. */
const MEMORY = '/dev/shm'

/**
 * A folder of mode 0700 that goes when the scope does.
 *
 * @param init.inMemory for what is written durably and read again only while it is there: no write waits for the disk. The tests of power
 *   cuts and full disks use the disk. Nothing can be run from there.
 */
export function temporaryFolder({ inMemory = false } = {}): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(inMemory && hasMemory() ? MEMORY : tmpdir(), 'surety-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function hasMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK)
    return true
  } catch {
    return false
  }
}
