import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { startProgram } from '../../src/system/program/command.ts'

/** A shell under the path of a known agent, which is what the catalogue recognises. It prints a line a second, and does nothing else. */
export interface StandInAgent extends AsyncDisposable {
  /** The leader of its process group. */
  readonly pid: number
  /** How many lines it has printed. */
  readonly lines: number
  /** Resolves once it has printed more. Rejects with the reason of the signal. */
  next(options: { signal: AbortSignal }): Promise<void>
}

/** Below any folder. `catalogue.json` has the rest of the path. */
const PROGRAM = 'node_modules/@openai/codex-linux/vendor/demo/bin/codex'
/** The name that it appears under. */
export const STAND_IN_ID = 'codex'
const SHELL = '/bin/sh'
const SCRIPT = 'line=0; while :; do line=$((line + 1)); echo "line $line"; sleep 1; done'

export async function startStandInAgent(folder: string, { say }: { say(line: string): void }): Promise<StandInAgent> {
  const path = join(folder, PROGRAM)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await copyFile(SHELL, path)
  await chmod(path, 0o700)
  const program = await startProgram({ path, args: ['-c', SCRIPT], stdout: 'pipe' })
  let lines = 0
  const waiting = new Set<() => void>()
  if (program.stdout !== undefined) {
    createInterface({ input: program.stdout }).on('line', (text) => {
      lines++
      say(`  the agent prints: ${text}`)
      for (const wake of waiting) wake()
      waiting.clear()
    })
  }
  return {
    pid: program.pid,
    get lines() {
      return lines
    },
    next: ({ signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        waiting.add(resolve)
      }),
    async [Symbol.asyncDispose]() {
      program.kill('SIGKILL')
      await program.exit
    },
  }
}
