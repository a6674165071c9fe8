import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Held } from './measured.ts'

/** A program of ours that tells what it holds. */
export interface WatchedProcess extends AsyncDisposable {
  /** Open descriptors, and what it says itself. */
  measure(): Promise<Held & { readonly descriptors: number }>
  /** The next line of its standard output. */
  line(): Promise<string>
  say(line: string): void
}

const MEASURED = resolve(import.meta.dirname, 'measured.ts')

export function watchedProcess(
  command: readonly string[],
  { environment = {} }: { readonly environment?: Readonly<Record<string, string | undefined>> } = {},
): WatchedProcess {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', MEASURED, ...command],
    { stdio: ['pipe', 'pipe', 'pipe', 'ipc'], env: { PATH: process.env.PATH, ...environment } },
  )
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000)
  })
  child.stdin?.on('error', () => undefined)
  const ended = once(child, 'close').then(() => {
    throw new Error(`${command.join(' ')} ended: ${stderr}`)
  })
  ended.catch(() => undefined)
  if (child.stdout === null) throw new TypeError('it has a standard output')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async measure() {
      child.send('measure')
      // The preloaded file sends nothing else.
      const [held] = (await Promise.race([once(child, 'message'), ended])) as [Held]
      return { ...held, descriptors: readdirSync(`/proc/${child.pid}/fd`).length }
    },
    async line() {
      const { done, value } = await Promise.race([lines.next(), ended])
      return done === true ? await ended : value
    },
    say: (line) => void child.stdin?.write(`${line}\n`),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended.catch(() => undefined)
    },
  }
}
