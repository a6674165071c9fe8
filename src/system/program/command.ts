import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { SuretyError } from '../../base/errors.ts'
import { windowsFolder } from '../files/this-system.ts'
import { ALLOWED_COMMANDS, type AllowedCommand } from './allowed-commands.ts'
import type { CommandRunner } from './command-runner.ts'

/** The only place that starts a program. Always an absolute path, never a shell, never our own environment. */

const UNIX_ENVIRONMENT = { LC_ALL: 'C.UTF-8', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
const DEFAULT_MAX_OUTPUT_BYTES = 1024 * 1024
const END_WITHIN_MS = 1_000

/** @param init.paths for tests: other programs under the allowed names. */
export function commandRunner(
  init: { readonly paths?: Partial<Readonly<Record<AllowedCommand, readonly string[]>>> } = {},
): CommandRunner {
  // Killed, and still there: the kernel waits for something that does not answer.
  const hanging = new Set<string>()
  return {
    async run(command, args, options) {
      if (!Object.hasOwn(ALLOWED_COMMANDS, command)) {
        throw new SuretyError('COMMAND_NOT_ALLOWED', `${command} is not an allowed command`)
      }
      const candidates = init.paths?.[command] ?? ALLOWED_COMMANDS[command]
      const path = candidates.find(isExecutable)
      if (path === undefined) throw new SuretyError('COMMAND_ABSENT', `${command} is not installed`)
      options.signal?.throwIfAborted()
      if (hanging.has(command)) throw new SuretyError('COMMAND_TIMED_OUT', `an earlier ${command} still hangs`)
      const child = start({ path, args, env: {}, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
      const { exitCode, stdout, stderr } = await runToEnd(command, child, options, () => {
        killGroup(child)
        noteHanging(hanging, command, child)
      })
      return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
    },
  }
}

export interface WindowsProgramInit {
  /** For messages. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly args: readonly string[]
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Runs a program of Windows to its end, without a window. It has a console: some programs cannot set their code page without one.
 *
 * @returns bytes, since their encoding is the program's own.
 * @throws as `CommandRunner.run`.
 */
export async function runWindowsProgram(
  { name, path, args, env }: WindowsProgramInit,
  options: RunOptions,
): Promise<{ readonly exitCode: number; readonly stdout: Uint8Array }> {
  options.signal?.throwIfAborted()
  if (!isExecutable(path)) throw new SuretyError('COMMAND_ABSENT', `${name} is not installed`)
  let child: ChildProcess
  try {
    child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'], shell: false, windowsHide: true })
  } catch (cause) {
    throw new SuretyError('COMMAND_FAILED', `${name} could not be run`, { cause })
  }
  return await runToEnd(name, child, options, () => child.kill('SIGKILL'))
}

/** No second one is started on top of one that hangs. */
function noteHanging(hanging: Set<string>, command: string, child: ChildProcess): void {
  const timer = setTimeout(() => {
    if (isRunning(child)) hanging.add(command)
  }, END_WITHIN_MS)
  timer.unref()
  child.once('exit', () => {
    clearTimeout(timer)
    hanging.delete(command)
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

interface RunOptions {
  readonly timeoutMs: number
  readonly maxOutputBytes?: number
  readonly signal?: AbortSignal
}

interface ProgramOutput {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** Resolves when the program has ended and its pipes are closed, or it was killed. */
function runToEnd(name: string, child: ChildProcess, options: RunOptions, kill: () => void): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const stop = (error: unknown) => {
      if (isRunning(child)) kill()
      // A grandchild that left the group may hold the pipes open for ever; we do not wait for it.
      child.stdout?.destroy()
      child.stderr?.destroy()
      done(() => reject(error))
    }
    const done = (settle: () => void) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => stop(options.signal?.reason)
    const timer = setTimeout(
      () => stop(new SuretyError('COMMAND_TIMED_OUT', `${name} did not end within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    )
    options.signal?.addEventListener('abort', onAbort, { once: true })
    const output = collectOutput(child, options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES, (limit) =>
      stop(new SuretyError('COMMAND_OUTPUT_TOO_LARGE', `${name} wrote more than ${limit} bytes`)),
    )
    child.once('error', (cause) => stop(new SuretyError('COMMAND_FAILED', `${name} could not be run`, { cause })))
    child.once('close', (exitCode, signal) => {
      if (exitCode !== null) return done(() => resolve({ exitCode, ...output() }))
      done(() => reject(new SuretyError('COMMAND_FAILED', `${name} was ended by ${signal}`)))
    })
  })
}

/** Counts standard output and error together against one limit. */
function collectOutput(child: ChildProcess, limit: number, onOverflow: (limit: number) => void) {
  let size = 0
  const gather = (stream: Readable | null): Buffer[] => {
    const chunks: Buffer[] = []
    stream?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) onOverflow(limit)
      else chunks.push(chunk)
    })
    return chunks
  }
  const stdout = gather(child.stdout)
  const stderr = gather(child.stderr)
  return () => ({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) })
}

export interface ProgramInit {
  /** Absolute. */
  readonly path: string
  readonly args: readonly string[]
  /** Added to a minimal environment (`LC_ALL`, `PATH`); nothing of ours is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** `/` when absent. */
  readonly cwd?: string
  readonly stdin?: 'pipe' | 'ignore'
  readonly stdout?: 'pipe' | 'ignore' | 'inherit'
  readonly stderr?: 'pipe' | 'ignore' | 'inherit'
  /** Runs it as another user; only root may. Supplementary groups are dropped. */
  readonly uid?: number
  readonly gid?: number
}

/** A program of our own that runs beside us. Killed with everything in its group when disposed. */
export interface RunningProgram extends AsyncDisposable {
  readonly pid: number
  readonly stdin: Writable | undefined
  readonly stdout: Readable | undefined
  readonly stderr: Readable | undefined
  /** Never rejects. */
  readonly exit: Promise<{ readonly exitCode: number | undefined; readonly signal: string | undefined }>
  /** To the whole group. */
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts one of our own helpers: the reader child, a TPM simulator, the two programs of `npm start`.
 *
 * @throws `COMMAND_NOT_ALLOWED` for a path that is not absolute, `COMMAND_FAILED` when it cannot be started.
 */
export async function startProgram(init: ProgramInit): Promise<RunningProgram> {
  if (!isAbsolute(init.path)) {
    throw new SuretyError('COMMAND_NOT_ALLOWED', `${JSON.stringify(init.path)} is not an absolute path`)
  }
  const child = start(init)
  const exit = new Promise<{ exitCode: number | undefined; signal: string | undefined }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }))
  })
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0))
    child.once('error', (cause) => {
      reject(new SuretyError('COMMAND_FAILED', `${JSON.stringify(init.path)} could not be started`, { cause }))
    })
  })
  // A child that dies closes its pipe under our write; its exit says so, the stream need not.
  child.stdin?.on('error', () => undefined)
  const kill = (signal: NodeJS.Signals) => {
    if (isRunning(child)) killGroup(child, signal)
  }
  return {
    pid,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout ?? undefined,
    stderr: child.stderr ?? undefined,
    exit,
    kill,
    async [Symbol.asyncDispose]() {
      kill('SIGKILL')
      await exit
    },
  }
}

/** In a process group of its own; Node marks every other descriptor close-on-exec. */
function start(init: ProgramInit): ChildProcess {
  const { path, args, env, cwd, stdin, stdout, stderr, uid, gid } = init
  try {
    const child = spawn(path, args, {
      cwd: cwd ?? '/',
      env: { ...minimalEnvironment(), ...env },
      stdio: [stdin ?? 'ignore', stdout ?? 'ignore', stderr ?? 'ignore'],
      detached: true,
      shell: false,
      windowsHide: true,
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    })
    // What it leaves behind in its group goes with it: at once, for later the number may be another group's.
    child.once('exit', () => killGroup(child))
    return child
  } catch (cause) {
    throw new SuretyError('COMMAND_FAILED', `${JSON.stringify(path)} could not be started`, { cause })
  }
}

function minimalEnvironment(): Readonly<Record<string, string>> {
  const windows = windowsFolder()
  if (windows === undefined) return UNIX_ENVIRONMENT
  return { SystemRoot: windows, PATH: `${windows}\\System32;${windows};${windows}\\System32\\Wbem` }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is empty, or this is Windows, which has none.
    child.kill(signal)
  }
}
