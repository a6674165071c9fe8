import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder, removed when it is disposed. */
export function temporaryBenchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'surety-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
