import { createInterface } from 'node:readline'
import { SuretyError } from '../../src/base/errors.ts'
import { type RunningProgram, startProgram } from '../../src/system/program/command.ts'

/** One of our programs as a child process that prints JSON lines on standard output. */
export interface StartedProgram extends AsyncDisposable {
  /** The leader of its process group. */
  readonly pid: number
  /** The first result of `wanted` that is not undefined. @throws `COMMAND_FAILED` if the program ends before. */
  line<T>(wanted: (line: Readonly<Record<string, unknown>>) => T | undefined): Promise<T>
  /** Resolves when the program has ended. */
  readonly ended: Promise<void>
  /** Sends SIGTERM and waits; sends SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export async function startOwnProgram(init: {
  /** For messages. */
  readonly name: string
  readonly script: string
  readonly args: readonly string[]
  /** Named in messages. */
  readonly logFile: string
}): Promise<StartedProgram> {
  const program = await startProgram({
    path: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', init.script, ...init.args],
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const lastErrors = lastLines(program)
  const seen: Readonly<Record<string, unknown>>[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const each of waiting) each()
  }
  let ended = false
  const exit = program.exit.then(() => {
    ended = true
    wake()
  })
  if (program.stdout !== undefined) {
    createInterface({ input: program.stdout }).on('line', (text) => {
      const line = asObject(text)
      if (line !== undefined) seen.push(line)
      wake()
    })
  }
  return {
    pid: program.pid,
    async line(wanted) {
      for (let at = 0; ; ) {
        for (; at < seen.length; at++) {
          const found = wanted(seen[at] ?? {})
          if (found !== undefined) return found
        }
        if (ended) {
          const why = lastErrors()
          throw new SuretyError(
            'COMMAND_FAILED',
            `${init.name} ended${why === '' ? '' : `: ${why}`} (log: ${init.logFile})`,
          )
        }
        await new Promise<void>((resolve) => {
          const done = () => {
            waiting.delete(done)
            resolve()
          }
          waiting.add(done)
        })
      }
    },
    ended: exit,
    stop: (graceMs) => stop(program, graceMs),
    [Symbol.asyncDispose]: () => stop(program, 10_000),
  }
}

async function stop(program: RunningProgram, graceMs: number): Promise<void> {
  program.kill('SIGTERM')
  const timer = setTimeout(() => program.kill('SIGKILL'), graceMs)
  await program.exit
  clearTimeout(timer)
}

/** The last lines on standard error, usually the reason for the end. */
function lastLines(program: RunningProgram): () => string {
  let tail = ''
  program.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-2000)
  })
  return () => tail.trim().split('\n').slice(-3).join(' / ')
}

function asObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // JSON objects have only string keys.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
