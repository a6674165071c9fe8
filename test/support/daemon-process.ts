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
  /** Resolves when it has said so on standard error. */
  said(words: RegExp): Promise<void>
  /** Resolves when it listens on its socket. */
  listening(): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>
}

export function daemonProcess(init: {
  readonly folder: string
  readonly args?: readonly string[]
  /** For the runtime. */
  readonly nodeArgs?: readonly string[]
  /** Its standard input. */
  readonly input?: string
  /** Passed on as descriptor 3. */
  readonly descriptor?: number
}): DaemonProcess {
  const { folder } = init
  const socket = join(folder, 'run', 'control.sock')
  const places = ['--state-folder', join(folder, 'state'), '--socket', socket]
  const enrolment = ['--enrolment-file', join(folder, 'enrolment'), ...(init.args ?? ['--keys', 'software'])]
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...(init.nodeArgs ?? []), MAIN, 'run', ...places, ...enrolment],
    { stdio: ['pipe', 'ignore', 'pipe', ...(init.descriptor === undefined ? [] : [init.descriptor])] },
  )
  child.stdin?.on('error', () => undefined).end(init.input ?? '')
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const exit = once(child, 'exit').then(([code, signal]) => code ?? signal)
  let over = false
  void exit.then(() => {
    over = true
  })
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      if (over) throw new Error(`the daemon ended: ${stderr}`)
      await delay(10)
    }
  }
  return {
    pid: child.pid ?? 0,
    stderr: () => stderr,
    said: (words) => until(() => words.test(stderr)),
    listening: () => until(() => existsSync(socket)),
    kill: (signal) => void child.kill(signal),
    exit,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
    },
  }
}
