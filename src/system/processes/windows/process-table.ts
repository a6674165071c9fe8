import { Buffer } from 'node:buffer'
import { pathKey } from '../../../base/absolute-path.ts'
import { SuretyError } from '../../../base/errors.ts'
import { toPortablePath } from '../../files/windows-path.ts'
import { environmentNamesIn, readEnvironmentBlock } from '../environment-block.ts'
import type { ProcessIdentity, ProcessLister } from '../polled-events.ts'
import type { ProcessEntry, ProcessTable } from '../process-table.ts'
import { MICROSECONDS } from '../start-ticks.ts'
import { splitCommandLine } from './command-line.ts'
import { microsecondsOf, parseSid, parseWindowsProcesses, type WindowsProcess } from './process-list.ts'

/** What the addon offers on Windows; see `native/windows/`. */
export interface WindowsAddon {
  /** Bytes that the list takes: more than there are when it did not fit, 0 when Windows does not tell. */
  listProcesses(bytes: Uint8Array): number
  /** False when the process has ended or may not be seen. */
  readProcess(pid: number, numbers: Float64Array, text: Uint8Array, environment: boolean): boolean
  bootTime(halves: Float64Array): boolean
  /** Where Windows itself lies, such as `C:\\Windows`. Undefined when it does not tell. */
  systemFolder(): string | undefined
}

export const WINDOWS_LIST_FUNCTIONS: readonly (keyof WindowsAddon)[] = [
  ...(['listProcesses', 'readProcess', 'bootTime', 'systemFolder'] as const),
]

/** What `readProcess` fills, and where it puts each part of the text; see `native/windows/addon/processes/processes.h`. */
const NUMBERS = 8
/** Of the numbers. */
const PARENT_AT = 6
const FOLDER_AT = 8_192
const SID_AT = 16_384
const REST_AT = 16_512
/** A command line has at most 32,767 characters. */
const REST_BYTES = 128 * 1024
const FIRST_LIST_BYTES = 512 * 1024
const MAX_LIST_BYTES = 64 * 1024 * 1024
const GROWTH_TURNS = 8

/** What of a process never changes: on Windows none becomes another program. */
interface Details {
  readonly userId: string
  readonly executable: string | undefined
  readonly argv: readonly string[]
  readonly argumentsUnread?: true
}

/**
 * The processes of Windows. Start times are microseconds since 1970, sessions those of the log-on; of terminals Windows tells nothing
 * here. Paths are as in `files/windows-path.ts`; of a program on another computer there is none.
 */
export function windowsProcesses({ addon }: { readonly addon: WindowsAddon }): ProcessTable & ProcessLister {
  return new WindowsProcesses(addon)
}

class WindowsProcesses implements ProcessTable, ProcessLister {
  readonly ticks = MICROSECONDS
  readonly #addon: WindowsAddon
  readonly #known = new Map<number, { readonly startedUs: number; readonly details: Details }>()
  readonly #numbers = new Float64Array(NUMBERS)
  readonly #userIds = new Map<string, string>()
  #systemFolder: string | undefined
  #list = Buffer.alloc(0)
  /** Made when first needed. */
  #text = Buffer.alloc(0)

  constructor(addon: WindowsAddon) {
    this.#addon = addon
  }

  async bootId(): Promise<string> {
    const halves = new Float64Array(2)
    if (!this.#addon.bootTime(halves)) throw unreadable('when the system started')
    return String(fileTimeOf(halves[0], halves[1]))
  }

  isPartOfSystem(executable: string): boolean {
    this.#systemFolder ??= toPortablePath(this.#addon.systemFolder() ?? '')
    return this.#systemFolder !== undefined && isPartOfWindows(executable, this.#systemFolder)
  }

  identities(): readonly ProcessIdentity[] {
    return this.#processes().map(identityOf)
  }

  async scan({ signal }: { readonly signal?: AbortSignal }): Promise<readonly ProcessEntry[]> {
    signal?.throwIfAborted()
    const listed = this.#processes()
    const present = new Map(listed.map((process) => [process.pid, process]))
    for (const [pid, { startedUs }] of this.#known) {
      if (present.get(pid)?.startedUs !== startedUs) this.#known.delete(pid)
    }
    return listed.flatMap((process) => this.#entryOf(process, present.get(process.parentPid)) ?? [])
  }

  entry(pid: number): ProcessEntry | undefined {
    const found = this.#read(pid, false)
    const name = found?.nativeExecutable?.split('\\').at(-1)
    // Of Idle, System and what is protected only the list tells.
    if (found === undefined || name === undefined || found.sessionId < 0) return this.#listedEntry(pid)
    const { startedUs, sessionId, parentId } = found
    const parent = this.#started(parentId)
    return {
      pid,
      parentPid: parent !== undefined && parent <= startedUs ? parentId : 0,
      startTicks: startedUs,
      sessionId,
      ttyNumber: 0,
      comm: name,
      ...this.#keep(pid, startedUs, detailsIn(found)),
    }
  }

  async environmentNames(pid: number): Promise<readonly string[] | undefined> {
    const text = this.#read(pid, true)?.rest
    return text === undefined ? undefined : environmentNamesIn(text)
  }

  surroundings(pid: number, variables: ReadonlySet<string>) {
    const found = this.#read(pid, true)
    if (found === undefined) return undefined
    const block = found.rest === undefined ? undefined : readEnvironmentBlock(found.rest, variables)
    return {
      startTicks: found.startedUs,
      environmentNames: block?.names,
      sessionMarkers: block?.markers ?? {},
      workingFolder: found.folder,
    }
  }

  #listedEntry(pid: number): ProcessEntry | undefined {
    const listed = this.#processes()
    const process = listed.find((each) => each.pid === pid)
    if (process === undefined) return undefined
    return this.#entryOf(
      process,
      listed.find((each) => each.pid === process.parentPid),
    )
  }

  /** When a process started that runs now. */
  #started(pid: number): number | undefined {
    if (!this.#addon.readProcess(pid, this.#numbers, this.#textBuffer(), false)) return undefined
    const [low, high] = this.#numbers
    return microsecondsOf(fileTimeOf(low, high))
  }

  #processes(): WindowsProcess[] {
    for (let turn = 0; turn < GROWTH_TURNS; turn++) {
      if (this.#list.length === 0) this.#list = Buffer.allocUnsafeSlow(FIRST_LIST_BYTES)
      const bytes = this.#addon.listProcesses(this.#list)
      if (bytes === 0) break
      if (bytes <= this.#list.length) return parseWindowsProcesses(this.#list.subarray(0, bytes))
      if (bytes > MAX_LIST_BYTES) break
      // More start while we ask.
      this.#list = Buffer.allocUnsafeSlow(Math.min(MAX_LIST_BYTES, bytes + bytes / 4))
    }
    throw unreadable('the list of processes')
  }

  #entryOf(process: WindowsProcess, parent: WindowsProcess | undefined): ProcessEntry | undefined {
    const details = this.#detailsOf(process)
    if (details === undefined) return undefined
    const { pid, startedUs, sessionId, name } = process
    // The pid of a parent that has ended may be another's by now: one that is younger than its child.
    const parentPid = parent !== undefined && parent.startedUs <= startedUs ? parent.pid : 0
    return { pid, parentPid, startTicks: startedUs, sessionId, ttyNumber: 0, comm: name, ...details }
  }

  #detailsOf({ pid, startedUs }: WindowsProcess): Details | undefined {
    const known = this.#known.get(pid)
    if (known !== undefined && known.startedUs === startedUs) return known.details
    const found = this.#read(pid, false)
    // Idle, System and what is protected: they are there, and nothing more is told.
    if (found === undefined) return { userId: NOBODY_ID, executable: undefined, argv: [] }
    if (found.startedUs !== startedUs) return undefined
    return this.#keep(pid, startedUs, detailsIn(found))
  }

  #keep(pid: number, startedUs: number, details: Details): Details {
    this.#known.set(pid, { startedUs, details })
    return details
  }

  #read(pid: number, environment: boolean) {
    const text = this.#textBuffer()
    if (!this.#addon.readProcess(pid, this.#numbers, text, environment)) return undefined
    const [low = 0, high = 0, sidBytes = -1, executableBytes = -1, folderBytes = -1, restBytes = -1] = this.#numbers
    const [parentId = 0, sessionId = -1] = this.#numbers.subarray(PARENT_AT)
    const part = (at: number, bytes: number) => (bytes < 0 ? undefined : text.toString('utf16le', at, at + bytes))
    const folder = part(FOLDER_AT, folderBytes)
    return {
      startedUs: microsecondsOf(fileTimeOf(low, high)),
      userId: this.#userId(sidBytes),
      nativeExecutable: part(0, executableBytes),
      folder: folder === undefined ? undefined : toPortablePath(folder),
      rest: part(REST_AT, restBytes),
      parentId,
      sessionId,
    }
  }

  #textBuffer(): Buffer {
    if (this.#text.length === 0) this.#text = Buffer.allocUnsafeSlow(REST_AT + REST_BYTES)
    return this.#text
  }

  /** One string for each user, whatever number of processes they have. */
  #userId(sidBytes: number): string {
    const id = parseSid(this.#text.subarray(SID_AT, SID_AT + Math.max(0, sidBytes))) ?? NOBODY_ID
    const known = this.#userIds.get(id)
    if (known !== undefined) return known
    if (this.#userIds.size >= MAX_USER_IDS) this.#userIds.clear()
    this.#userIds.set(id, id)
    return id
  }
}

/** The SID of Windows that stands for no user. */
const NOBODY_ID = 'S-1-0-0'
const MAX_USER_IDS = 1_024

function detailsIn({
  userId,
  nativeExecutable,
  rest,
}: {
  readonly userId: string
  readonly nativeExecutable: string | undefined
  readonly rest: string | undefined
}): Details {
  return {
    userId,
    executable: nativeExecutable === undefined ? undefined : toPortablePath(nativeExecutable),
    argv: rest === undefined ? [] : splitCommandLine(rest),
    ...(rest === undefined ? { argumentsUnread: true as const } : {}),
  }
}

function identityOf({ pid, parentPid, startedUs }: WindowsProcess): ProcessIdentity {
  return { pid, parentPid, startTicks: startedUs }
}

function fileTimeOf(low = 0, high = 0): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

function unreadable(what: string): SuretyError {
  return new SuretyError('FILE_UNREADABLE', `Windows does not tell ${what}`)
}

/** Programs that the session or every service needs. They lie where only administrators and the system can write. */
const PROGRAMS =
  /^(explorer|system32\/(smss|csrss|wininit|winlogon|services|lsass|lsaiso|svchost|dwm|fontdrvhost|logonui|userinit|sihost|taskhostw|ctfmon|spoolsv|runtimebroker|dllhost|wudfhost|audiodg|wbem\/wmiprvse))\.exe$/i

/** @param folder where Windows lies, as a portable path: a folder of that name on another drive is any user's. */
function isPartOfWindows(executable: string, folder: string): boolean {
  const above = `${folder.replace(/\/$/, '')}/`
  return pathKey(executable).startsWith(pathKey(above)) && PROGRAMS.test(executable.slice(above.length))
}
