import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const MAIN = join(import.meta.dirname, '../../src/main-daemon.ts')

/** `suretyd run` in a process of its own, all its places below `folder`; it is killed when disposed. */
export interface DaemonProcess extends AsyncDisposable {
  readonly pid: number
  /** What it wrote to standard error so far. */
  stderr(): string
  /** Resolves when it listens on its socket. */
  listening(): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>
}

export function daemonProcess(init: {
  readonly folder: string
  readonly args?: readonly string[]
  /** Passed on as descriptor 3. */
  readonly descriptor?: number
}): DaemonProcess {
  const { folder } = init
  const socket = join(folder, 'run', 'control.sock')
  const places = ['--state-folder', join(folder, 'state'), '--socket', socket]
  const enrolment = ['--enrolment-file', join(folder, 'enrolment'), '--keys', 'software']
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'run', ...places, ...enrolment, ...(init.args ?? [])],
    { stdio: ['ignore', 'ignore', 'pipe', ...(init.descriptor === undefined ? [] : [init.descriptor])] },
  )
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const exit = once(child, 'exit').then(([code, signal]) => code ?? signal)
  let over = false
  void exit.then(() => {
    over = true
  })
  return {
    pid: child.pid ?? 0,
    stderr: () => stderr,
    async listening() {
      while (!existsSync(socket)) {
        if (over) throw new Error(`the daemon ended: ${stderr}`)
        await delay(10)
      }
    },
    kill: (signal) => void child.kill(signal),
    exit,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
    },
  }
}
