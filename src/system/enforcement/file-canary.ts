import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Canary, countsIn, startCanary } from './canary.ts'

const COUNTS_BYTES = 16

/** As `startCanary`, with a program that counts in a file. @throws as `startCanary`; `COMMAND_FAILED` without a temporary folder. */
export async function startFileCanary(program: string, options: { signal: AbortSignal }): Promise<Canary> {
  const folder = mkdtempSync(join(tmpdir(), 'surety-canary-'))
  const remove = () => {
    try {
      // The child ends right after its parent, and its file is busy until then.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 })
    } catch {
      // An empty folder of 16 bytes is no reason to fail a drill.
    }
  }
  try {
    const file = join(folder, 'counts')
    writeFileSync(file, new Uint8Array(COUNTS_BYTES))
    const readCounts = () => countsIn(readFileSync(file))
    const canary = await startCanary({ program, args: [file], readCounts }, options)
    return {
      ...canary,
      async [Symbol.asyncDispose]() {
        await canary[Symbol.asyncDispose]()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
