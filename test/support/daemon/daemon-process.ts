import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../wait-for.ts'

/** Asking apt takes seconds of a core, which tests of anything else would spend by the hundred. */
const QUICK = ['--posture-skip', 'os.security-updates']
/** The daemon would not obey the variable, and start once more without it. */
const { NODE_COMPILE_CACHE: CACHE } = process.env
const ENABLE = `import { enableCompileCache } from 'node:module'; enableCompileCache(${JSON.stringify(CACHE)})`
const COMPILED = CACHE === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(ENABLE)}`]
const MAIN = join(import.meta.dirname, '../../../src/main-daemon.ts')

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
  /** Another program that becomes the daemon: absolute path, then arguments. */
  readonly prefix?: readonly string[]
  readonly cwd?: string
  /** Instead of the sources. */
  readonly main?: string
  /** Passed on as descriptor 3. */
  readonly descriptor?: number
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>
}): DaemonProcess {
  const { folder } = init
  const socket = join(folder, 'run', 'control.sock')
  const places = ['--state-folder', join(folder, 'state'), '--socket', socket]
  // What it is given beside our own environment it shall obey.
  const obey = init.env === undefined ? [] : ['--keep-environment']
  const enrolment = ['--enrolment-file', join(folder, 'enrolment'), ...(init.args ?? ['--keys', 'software'])]
  const runtime = [process.execPath, '--disable-warning=ExperimentalWarning', ...COMPILED, ...(init.nodeArgs ?? [])]
  const settings = [...obey, ...places, ...QUICK, ...enrolment]
  const command = [...(init.prefix ?? []), ...runtime, init.main ?? MAIN, 'run', ...settings]
  const child: ChildProcess = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['pipe', 'ignore', 'pipe', ...(init.descriptor === undefined ? [] : [init.descriptor])],
    env: { ...process.env, NODE_COMPILE_CACHE: undefined, ...init.env },
    ...(init.cwd === undefined ? {} : { cwd: init.cwd }),
  })
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
  const until = async (what: string, holds: () => boolean) => {
    const look = () => {
      if (holds()) return true
      if (over) throw new Error(`the daemon ended: ${stderr}`)
      return false
    }
    await waitFor(what, look, { show: () => stderr.slice(-4_000) })
  }
  return {
    pid: child.pid ?? 0,
    stderr: () => stderr,
    said: (words) => until(`${words} of the daemon`, () => words.test(stderr)),
    listening: () => until('the socket of the daemon', () => existsSync(socket)),
    kill: (signal) => void child.kill(signal),
    exit,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
    },
  }
}
