import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Enrolment, formatEnrolmentString } from '../src/protocol/messages/enrolment-string.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const BUNDLE = resolve(import.meta.dirname, '../dist/suretyd/suretyd.mjs')

/** The folder of a bundled `suretyd`. Its state outlives the process. */
export interface DaemonFolder extends Disposable {
  readonly path: string
  /** Starts the bundle on core 1. */
  start(): DaemonRun
}

export interface DaemonRun {
  readonly pid: number
  /** Waits for a phase. @returns milliseconds from the start to each phase so far. */
  until(phase: string): Promise<ReadonlyMap<string, number>>
  /** The same as the daemon itself counts, from the start of its runtime on. */
  ownMs(phase: string): number | undefined
  stop(): Promise<void>
}

export function daemonFolder(init: { readonly enrolment: Enrolment; readonly args: readonly string[] }): DaemonFolder {
  const folder = temporaryBenchFolder()
  const { path } = folder
  writeFileSync(join(path, 'enrolment'), formatEnrolmentString(init.enrolment), { mode: 0o600 })
  const folders = ['--state-folder', join(path, 'state'), '--socket', join(path, 'run', 'control.sock')]
  const rest = ['--enrolment-file', join(path, 'enrolment'), '--log-level', 'warn', '--ready-json', ...init.args]
  return {
    path,
    start: () => startDaemonProcess([BUNDLE, 'run', ...folders, ...rest]),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

function startDaemonProcess(args: readonly string[]): DaemonRun {
  const startedAt = performance.now()
  // taskset replaces itself with the program, so the pid is the daemon's.
  const command = ['-c', '1', process.execPath, '--disable-warning=ExperimentalWarning', ...args]
  // No variables that the daemon would refuse, which would make it execute itself again.
  const env = { PATH: process.env.PATH ?? '' }
  const child = spawn('/usr/bin/taskset', command, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const phases = new Map<string, number>()
  const own = new Map<string, number>()
  const exit = once(child, 'exit')
  let hasEnded = false
  void exit.then(() => {
    hasEnded = true
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const { phase, ms } = JSON.parse(line)
    phases.set(phase, performance.now() - startedAt)
    own.set(phase, ms)
  })
  return {
    pid: child.pid ?? 0,
    async until(phase) {
      while (!phases.has(phase)) {
        if (hasEnded) throw new Error(`the daemon ended before it was ${phase}`)
        await Promise.race([once(lines, 'line'), exit])
      }
      return phases
    },
    ownMs: (phase) => own.get(phase),
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
  }
}
