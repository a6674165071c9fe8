import { Buffer } from 'node:buffer'
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { describeError, SuretyError } from '../../../base/errors.ts'
import { userIdOf } from '../../../base/text/user-id.ts'
import { errnoOf, fileError } from '../../files/file-errors.ts'
import type { NativeAddon } from '../../native/native-addon.ts'
import { type EnvironmentBlock, environmentNamesIn, readEnvironmentBlock } from '../environment-block.ts'
import type { ProcessEntry, ProcessSurroundings, ProcessTable } from '../process-table.ts'
import { splitArguments, withoutMark } from './process-text.ts'

/** Reads /proc with one buffer and no thread pool: ten times faster than `fs.promises`, measured. */

/** After so many processes the rest of the program gets a turn; the addon reads as many at once. */
const PROCESSES_A_TURN = 256
/** include/linux/sched.h */
const PF_KTHREAD = 0x00200000
const MAX_ARGUMENT_BYTES = 128 * 1024
const SHORTAGES: readonly string[] = ['EMFILE', 'ENFILE', 'ENOMEM']

export interface LinuxProcessesComponents {
  /** Reads processes three times faster, measured; without it we do. */
  readonly addon?: Pick<NativeAddon, 'readProcess' | 'readProcesses'> | undefined
}

export function linuxProcesses({ addon }: LinuxProcessesComponents = {}): ProcessTable {
  // Shared by all reads, because each ends before another one begins.
  const buffer = Buffer.allocUnsafe(NATIVE_ARGUMENTS_AT + MAX_ARGUMENT_BYTES)
  const read = addon === undefined ? (pid: number) => readProcess(pid, buffer) : nativeReader(addon, buffer)
  const readMany = addon === undefined ? (pids: Int32Array) => pids.values().map(read) : nativeBatches(addon, read)
  const environment = addon === undefined ? readEnvironment(buffer) : nativeEnvironment(addon, buffer)
  return {
    async bootId() {
      return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    },
    async scan({ signal }) {
      const entries: ProcessEntry[] = []
      const pids = Int32Array.from(listProcesses().map(Number).filter(Number.isInteger))
      for (let at = 0; at < pids.length; at += PROCESSES_A_TURN) {
        if (at > 0) await turn()
        signal?.throwIfAborted()
        for (const entry of readMany(pids.subarray(at, at + PROCESSES_A_TURN))) {
          if (entry !== undefined) entries.push(entry)
        }
      }
      // We run: a look at all processes that does not see us saw nothing.
      const self = Number(readlinkSync('/proc/self'))
      if (!entries.some(({ pid }) => pid === self)) {
        throw new SuretyError('FILE_UNREADABLE', '/proc does not show this very process')
      }
      return entries
    },
    entry: read,
    async environmentNames(pid) {
      try {
        const text = environment(pid)?.text
        return text === undefined ? undefined : environmentNamesIn(text)
      } catch {
        return undefined
      }
    },
    surroundings(pid, variables) {
      const found = environment(pid)
      return found === undefined ? undefined : surroundingsOf(pid, found, variables)
    },
  }
}

function listProcesses(): readonly string[] {
  try {
    return readdirSync('/proc')
  } catch (cause) {
    throw fileError(cause, '/proc')
  }
}

/** What the addon fills, and where it puts each part of the text; see `native/linux/addon/processes/read-process.c`. */
const NATIVE_NUMBERS = 13
const NATIVE_EXECUTABLE_AT = 4096
const NATIVE_ARGUMENTS_AT = 8192
const NATIVE_COMM_BYTES = 5
const NATIVE_EXECUTABLE_BYTES = 6
const NATIVE_ARGUMENT_BYTES = 7
const NATIVE_STACK_START = 8
const NATIVE_PROGRAM_FILE = 9
/** Of a batch; see `native/linux/addon/processes/read-processes.c`. */
const NATIVE_TEXT_BYTES = 1024 * 1024

/** A whole batch is read at a time; of a process that ends one the rest is read alone, without what it does not tell in time. */
function nativeBatches(
  addon: Pick<NativeAddon, 'readProcesses'>,
  readAlone: (pid: number) => ProcessEntry | undefined,
): (pids: Int32Array) => Iterable<ProcessEntry | undefined> {
  return function* read(pids) {
    const numbers = new Float64Array(PROCESSES_A_TURN * NATIVE_NUMBERS)
    const text = Buffer.allocUnsafe(NATIVE_TEXT_BYTES)
    for (let from = 0; from < pids.length; ) {
      const rest = pids.subarray(from)
      let done: number
      try {
        done = addon.readProcesses(rest, numbers, text)
      } catch (cause) {
        throw shortage(cause)
      }
      yield* entriesOf(rest.subarray(0, done), numbers, text)
      from += done
      // Where nothing was done at once, the first of the rest keeps its reader waiting.
      if (done === 0) yield readAlone(pids[from++] ?? 0)
    }
  }
}

function* entriesOf(pids: Int32Array, numbers: Float64Array, text: Buffer): Generator<ProcessEntry | undefined> {
  let at = 0
  const part = (bytes: number) => {
    const from = at
    at += Math.max(0, bytes)
    return text.toString('utf8', from, at)
  }
  for (let index = 0; index < pids.length; index++) {
    const first = index * NATIVE_NUMBERS
    const commBytes = numbers[first + NATIVE_COMM_BYTES] ?? -1
    if (commBytes < 0) {
      yield undefined
      continue
    }
    const comm = part(commBytes)
    const argv = part(numbers[first + NATIVE_ARGUMENT_BYTES] ?? 0)
    const executableBytes = numbers[first + NATIVE_EXECUTABLE_BYTES] ?? -1
    const executable = executableBytes < 0 ? undefined : part(executableBytes)
    yield entryOf(pids[index] ?? 0, { numbers, first }, { comm, executable, argv })
  }
}

/** By place and not taken apart: that would ask the array for an iterator, for each of hundreds of processes. */
function entryOf(
  pid: number,
  { numbers, first }: { readonly numbers: Float64Array; readonly first: number },
  { comm, executable, argv }: { readonly comm: string; readonly executable: string | undefined; readonly argv: string },
): ProcessEntry {
  const stackStart = numbers[first + NATIVE_STACK_START] ?? 0
  return {
    pid,
    parentPid: numbers[first] ?? 0,
    sessionId: numbers[first + 1] ?? 0,
    ttyNumber: numbers[first + 2] ?? 0,
    startTicks: numbers[first + 3] ?? 0,
    comm,
    userId: userIdOf(numbers[first + 4] ?? 0),
    executable: executable === undefined ? undefined : withoutMark(executable),
    argv: splitArguments(argv),
    ...((numbers[first + NATIVE_ARGUMENT_BYTES] ?? 0) < 0 ? { argumentsUnread: true as const } : {}),
    ...(stackStart > 0 ? { stackStart } : {}),
    ...programFileAt(numbers, first + NATIVE_PROGRAM_FILE),
  }
}

/** Four numbers of the addon; no file has inode 0. */
export function programFileAt(numbers: Float64Array, first: number): Pick<ProcessEntry, 'programFile'> {
  const inode = numbers[first + 1] ?? 0
  if (inode === 0) return {}
  const [device, born] = [numbers[first] ?? 0, numbers[first + 2] ?? 0]
  return { programFile: { device, inode, born, ownerId: userIdOf(numbers[first + 3] ?? 0) } }
}

function nativeReader(addon: Pick<NativeAddon, 'readProcess'>, text: Buffer) {
  const numbers = new Float64Array(NATIVE_NUMBERS)
  const part = (at: number, bytes: number) => text.toString('utf8', at, at + bytes)
  return (pid: number): ProcessEntry | undefined => {
    try {
      if (!addon.readProcess(pid, numbers, text, false)) return undefined
    } catch (cause) {
      throw shortage(cause)
    }
    const [, , , , , commBytes = 0, executableBytes = 0, argumentsBytes = 0] = numbers
    return entryOf(
      pid,
      { numbers, first: 0 },
      {
        comm: part(0, commBytes),
        executable: executableBytes < 0 ? undefined : part(NATIVE_EXECUTABLE_AT, executableBytes),
        argv: part(NATIVE_ARGUMENTS_AT, Math.max(0, argumentsBytes)),
      },
    )
  }
}

interface RawEnvironment {
  readonly startTicks: number
  /** Undefined when it may not be seen. */
  readonly text: string | undefined
}

function nativeEnvironment(addon: Pick<NativeAddon, 'readProcess'>, text: Buffer) {
  const numbers = new Float64Array(NATIVE_NUMBERS)
  return (pid: number): RawEnvironment | undefined => {
    try {
      if (!addon.readProcess(pid, numbers, text, true)) return undefined
    } catch (cause) {
      throw shortage(cause)
    }
    const [, , , startTicks = 0, , , , bytes = -1] = numbers
    const end = NATIVE_ARGUMENTS_AT + bytes
    return { startTicks, text: bytes < 0 ? undefined : text.toString('utf8', NATIVE_ARGUMENTS_AT, end) }
  }
}

function readEnvironment(buffer: Buffer) {
  return (pid: number): RawEnvironment | undefined => {
    const process = readProcess(pid, buffer)
    if (process === undefined) return undefined
    const read = () => readText(`/proc/${pid}/environ`, buffer.subarray(0, MAX_ARGUMENT_BYTES))
    return { startTicks: process.startTicks, text: attempt(read) }
  }
}

function surroundingsOf(
  pid: number,
  { startTicks, text }: RawEnvironment,
  variables: ReadonlySet<string>,
): ProcessSurroundings {
  const block: EnvironmentBlock | undefined = text === undefined ? undefined : readEnvironmentBlock(text, variables)
  return {
    startTicks,
    environmentNames: block?.names,
    sessionMarkers: block?.markers ?? {},
    workingFolder: attempt(() => readlinkSync(`/proc/${pid}/cwd`)),
  }
}

function readProcess(pid: number, buffer: Buffer): ProcessEntry | undefined {
  let stat: number | undefined
  try {
    stat = openSync(`/proc/${pid}/stat`, constants.O_RDONLY)
    const fields = parseStat(buffer.toString('latin1', 0, readSync(stat, buffer, 0, 4096, 0)))
    if (fields === undefined) return undefined
    const { kernelThread, stackStart, ...known } = fields
    // Of the folder and not of a file in it: those are root's as soon as a process forbids being dumped.
    const { uid } = statSync(`/proc/${pid}`)
    const argv = kernelThread ? [] : argumentsOf(pid, buffer)
    const executable = kernelThread ? undefined : executableOf(pid)
    // Fails when the process has ended: then the pid may be another's, and what was just read with it.
    readSync(stat, buffer, 0, 1, 0)
    return { pid, ...known, userId: userIdOf(uid), executable, argv, ...(stackStart > 0 ? { stackStart } : {}) }
  } catch (error) {
    return absentOrThrow(error)
  } finally {
    if (stat !== undefined) closeSync(stat)
  }
}

/** proc_pid_stat(5). The name may hold anything, brackets and spaces too: the last bracket ends it. */
export function parseStat(text: string) {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return undefined
  const fields = text.slice(close + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3] ?? Number.NaN)
  const parsed = {
    parentPid: field(4),
    sessionId: field(6),
    ttyNumber: field(7),
    startTicks: field(22),
    stackStart: field(28) || 0,
    comm: Buffer.from(text.slice(open + 1, close), 'latin1').toString(),
    kernelThread: (field(9) & PF_KTHREAD) !== 0,
  }
  const whole = [parsed.parentPid, parsed.sessionId, parsed.ttyNumber, parsed.startTicks].every(Number.isSafeInteger)
  return whole ? parsed : undefined
}

function argumentsOf(pid: number, buffer: Buffer): readonly string[] {
  const read = () => readText(`/proc/${pid}/cmdline`, buffer.subarray(0, MAX_ARGUMENT_BYTES))
  return splitArguments(attempt(read) ?? '')
}

function executableOf(pid: number): string | undefined {
  return attempt(() => withoutMark(readlinkSync(`/proc/${pid}/exe`)))
}

/** Undefined for what has ended or may not be seen. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    return absentOrThrow(error)
  }
}

/** A process that ended or may not be seen is left out; that we are short of something says nothing about it. */
function absentOrThrow(error: unknown): undefined {
  const errno = errnoOf(error)
  if (errno !== undefined && SHORTAGES.includes(errno)) throw shortage(error)
  return undefined
}

function shortage(cause: unknown): SuretyError {
  return new SuretyError('FILE_UNREADABLE', `the processes could not be read: ${describeError(cause)}`, { cause })
}

/** In one read: the kernel gives all there is, as much as the buffer holds. */
function readText(path: string, buffer: Buffer): string {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, null))
  } finally {
    closeSync(fd)
  }
}
