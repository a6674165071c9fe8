import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Enrolment, formatEnrolmentString } from '../src/protocol/enrolment-string.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const BUNDLE = resolve(import.meta.dirname, '../dist/suretyd/suretyd.mjs')

/** `suretyd` from its bundle, with a state folder of its own that outlives the process. */
export interface DaemonFolder extends Disposable {
  readonly path: string
  /** A bundle's process, on core 1. */
  start(): DaemonRun
}

export interface DaemonRun {
  readonly pid: number
  /** Milliseconds since it was started, as whoever started it sees them, by phase. */
  until(phase: string): Promise<ReadonlyMap<string, number>>
  stop(): Promise<void>
}

export function daemonFolder(init: { readonly enrolment: Enrolment; readonly args: readonly string[] }): DaemonFolder {
  const folder = temporaryBenchFolder()
  const { path } = folder
  writeFileSync(join(path, 'enrolment'), formatEnrolmentString(init.enrolment), { mode: 0o600 })
  const places = ['--state-folder', join(path, 'state'), '--socket', join(path, 'run', 'control.sock')]
  const rest = ['--enrolment-file', join(path, 'enrolment'), '--log-level', 'warn', '--ready-json', ...init.args]
  return {
    path,
    start: () => startDaemonProcess([BUNDLE, 'run', ...places, ...rest]),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

function startDaemonProcess(args: readonly string[]): DaemonRun {
  const startedAt = performance.now()
  // taskset executes the program in its own place: the process is the daemon's.
  const command = ['-c', '1', process.execPath, '--disable-warning=ExperimentalWarning', ...args]
  // As a service starts it: nothing that the daemon would refuse and start again without.
  const env = { PATH: process.env.PATH ?? '' }
  const child = spawn('/usr/bin/taskset', command, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const phases = new Map<string, number>()
  const exit = once(child, 'exit')
  let over = false
  void exit.then(() => {
    over = true
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => phases.set(JSON.parse(line).phase, performance.now() - startedAt))
  return {
    pid: child.pid ?? 0,
    async until(phase) {
      while (!phases.has(phase)) {
        if (over) throw new Error(`the daemon ended before it was ${phase}`)
        await Promise.race([once(lines, 'line'), exit])
      }
      return phases
    },
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
  }
}
