import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** `hostile.c`, compiled: what a hostile device does and a script cannot. */
export interface HostileProgram {
  /** Resolves once it does what it was asked to; disposing of it ends that. */
  start(...words: readonly string[]): Promise<HostileAct>
}

export interface HostileAct extends AsyncDisposable {
  readonly pid: number
  /** Ends its input, and resolves with what it said since `ready`. */
  finish(): Promise<string>
}

/** @returns why there is none instead: the suite then skips aloud. */
export function compileHostileProgram(folder: string): HostileProgram | { readonly missing: string } {
  if (process.platform !== 'linux') return { missing: 'Linux' }
  if (!existsSync('/usr/bin/gcc')) return { missing: 'gcc (apt install gcc libc6-dev)' }
  const path = join(folder, 'hostile')
  const source = join(import.meta.dirname, 'hostile.c')
  execFileSync('/usr/bin/gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', path, source])
  return { start: (...words) => start(path, words) }
}

async function start(path: string, words: readonly string[]): Promise<HostileAct> {
  const child = spawn(path, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  child.stdin.on('error', () => undefined)
  // A death before `ready` is its own message: it stands on standard error.
  const said = await Promise.race([once(child.stdout, 'data'), closed])
  if (String(said[0]) !== 'ready\n') throw new Error(`hostile ${words[0]} did not start`)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  const finish = async () => {
    child.stdin.end()
    await closed
    return text
  }
  return {
    pid: child.pid ?? 0,
    finish,
    async [Symbol.asyncDispose]() {
      await finish()
    },
  }
}

/** Says once why a suite is left out. */
export function sayMissing(what: string, missing: string): void {
  process.stderr.write(`skipped: ${what} needs ${missing}\n`)
}

/** For what only root can do: tests are left out, aloud, where we are not or nothing can be compiled. @param what it is for. */
export function hostileForRoot(
  folder: string,
  what: string,
): { readonly hostile: HostileProgram | undefined; readonly whenPossible: typeof test | typeof test.skip } {
  const compiled = process.geteuid?.() === 0 ? compileHostileProgram(folder) : { missing: 'root' }
  if (!('missing' in compiled)) return { hostile: compiled, whenPossible: test }
  sayMissing(what, compiled.missing)
  return { hostile: undefined, whenPossible: test.skip }
}
