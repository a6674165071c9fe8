import { existsSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import { startProgram } from '../program/command.ts'

/** Stands in for an agent in a drill: a process and its child that do nothing but count. Ended when disposed, frozen or not. */
export interface Canary extends AsyncDisposable {
  /** Of the process; its child is found below it. */
  readonly pid: number
  /** How far each of the two has counted. They grow every millisecond unless they are stopped. @throws `COMMAND_FAILED` after the end. */
  counts(): readonly [bigint, bigint]
  /** Waits until both have gone on. @throws as `counts`; the reason of the signal. */
  goesOn(options: { signal: AbortSignal }): Promise<void>
}

export interface CanaryInit {
  /** Of `surety-canary`, absolute. */
  readonly program: string
  readonly args?: readonly string[]
  /** How far both have counted. Absent on Linux, where the pid leads there. */
  readonly readCounts?: () => readonly [bigint, bigint]
  /** The cgroup in which it begins: created here, and removed at its end. Its parent exists. */
  readonly cgroup?: string | undefined
}

const COUNTER_BYTES = 8
const LOOK_MS = 1
const REMOVE_TRIES = 100
const REMOVE_AGAIN_MS = 10

/** @throws `COMMAND_FAILED` when it cannot be started or moved into the cgroup; the reason of the signal. */
export async function startCanary(init: CanaryInit, options: { signal: AbortSignal }): Promise<Canary> {
  const program = await startProgram({ path: init.program, args: init.args ?? [], stdin: 'pipe' })
  let ended = false
  void program.exit.then(() => {
    ended = true
  })
  const counts = () => {
    if (ended) throw new SuretyError('COMMAND_FAILED', 'surety-canary has ended')
    return init.readCounts?.() ?? readCounts(program.pid)
  }
  const goesOn = async ({ signal }: { signal: AbortSignal }) => {
    const before = counts()
    while (!counts().every((count, at) => count > (before[at] ?? 0n))) {
      signal.throwIfAborted()
      await orAborted(new Promise((resolve) => setTimeout(resolve, LOOK_MS)), signal)
    }
  }
  const end = async () => {
    await program[Symbol.asyncDispose]()
    if (init.cgroup !== undefined) await removeFolder(init.cgroup)
  }
  try {
    if (init.cgroup !== undefined) enter(init.cgroup, program.pid)
    program.stdin?.write('.')
    await goesOn(options)
  } catch (cause) {
    await end()
    throw cause instanceof SuretyError || options.signal.aborted ? cause : failed(cause)
  }
  return { pid: program.pid, counts, goesOn, [Symbol.asyncDispose]: end }
}

function failed(cause: unknown): SuretyError {
  return new SuretyError('COMMAND_FAILED', 'surety-canary could not be started', { cause })
}

function enter(cgroup: string, pid: number): void {
  // Not `recursive`: Node tries for ever where a folder refuses new ones with ENOENT.
  if (!existsSync(cgroup)) mkdirSync(cgroup, { mode: 0o755 })
  writeFileSync(join(cgroup, 'cgroup.procs'), String(pid), { flag: 'r+' })
}

/** The child ends right after its parent, and its folder is busy until then. */
async function removeFolder(cgroup: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    try {
      return rmdirSync(cgroup)
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY') return
      await new Promise((resolve) => setTimeout(resolve, REMOVE_AGAIN_MS))
    }
  }
}

/** Both are 0 before the canary has made its memory. */
function readCounts(pid: number): readonly [bigint, bigint] {
  let bytes: Buffer
  const path = `/proc/${pid}/fd/3`
  try {
    // The same number is a library while the program is loaded.
    if (!readlinkSync(path).startsWith('/memfd:surety-canary')) return [0n, 0n]
    bytes = readFileSync(path)
  } catch {
    return [0n, 0n]
  }
  return countsIn(bytes)
}

export function countsIn(bytes: Buffer): readonly [bigint, bigint] {
  if (bytes.length < 2 * COUNTER_BYTES) return [0n, 0n]
  return [bytes.readBigUInt64LE(0), bytes.readBigUInt64LE(COUNTER_BYTES)]
}
