import { Buffer } from 'node:buffer'
import { SuretyError } from '../../../base/errors.ts'
import { userIdOf } from '../../../base/text/user-id.ts'
import { environmentNamesIn, readEnvironmentBlock } from '../environment-block.ts'
import type { ProcessIdentity, ProcessLister } from '../polled-events.ts'
import type { ProcessEntry, ProcessTable } from '../process-table.ts'
import { MICROSECONDS } from '../start-ticks.ts'
import {
  BSD_INFO_BYTES,
  type DarwinArguments,
  type DarwinProcess,
  parseBsdInfo,
  parseProcessArguments,
} from './structs.ts'

/** What the addon offers on macOS; see `native/darwin/`. Each answers with the bytes it wrote. */
export interface DarwinProcessesAddon {
  /** 32-bit numbers, as many as fit; 0 when macOS does not tell. */
  listPids(bytes: Uint8Array): number
  /** struct proc_bsdinfo; answers with the id of the session, -1 when the process has ended or may not be seen. */
  readProcess(pid: number, bytes: Uint8Array): number
  executable(pid: number, bytes: Uint8Array): number
  workingFolder(pid: number, bytes: Uint8Array): number
  /** What KERN_PROCARGS2 tells; -1 when that may not be seen. */
  arguments(pid: number, bytes: Uint8Array): number
  /** What proc_pidinfo(pid, flavor) writes; 0 or less when the process has ended or may not be seen. */
  processInfo(pid: number, flavor: number, bytes: Uint8Array): number
  /** The text that sysctl(3) has under a name; -1 when it has none. */
  systemText(name: string, bytes: Uint8Array): number
}

const FIRST_PIDS = 4_096
const MAX_PIDS = 1_048_576
/** PROC_PIDPATHINFO_MAXSIZE */
const PATH_BYTES = 4_096
/** ARG_MAX: what KERN_PROCARGS2 may tell. */
const ARGUMENTS_BYTES = 1024 * 1024

const SYSTEM_FOLDERS = ['/System/', '/Library/Apple/', '/usr/libexec/', '/usr/sbin/', '/sbin/'] as const

/** What a process was, as long as it runs the same program. */
interface Details {
  readonly startedUs: number
  readonly name: string
  readonly executable: string | undefined
  readonly argv: readonly string[]
  readonly argumentsUnread?: true
}

/** The processes of macOS, through libproc. Start times are microseconds since 1970. */
export function darwinProcesses({ addon }: { readonly addon: DarwinProcessesAddon }): ProcessTable & ProcessLister {
  return new DarwinProcesses(addon)
}

class DarwinProcesses implements ProcessTable, ProcessLister {
  readonly ticks = MICROSECONDS
  readonly #addon: DarwinProcessesAddon
  readonly #known = new Map<number, Details>()
  readonly #info = Buffer.alloc(BSD_INFO_BYTES)
  readonly #path = Buffer.alloc(PATH_BYTES)
  #pids = Buffer.alloc(FIRST_PIDS * 4)
  /** Made when first needed. */
  #text = Buffer.alloc(0)

  constructor(addon: DarwinProcessesAddon) {
    this.#addon = addon
  }

  async bootId(): Promise<string> {
    const bytes = this.#addon.systemText('kern.bootsessionuuid', this.#path)
    if (bytes <= 0) throw unreadable('which boot this is')
    return this.#path.toString('utf8', 0, bytes)
  }

  identities(): readonly ProcessIdentity[] {
    return this.#listed().flatMap((listed) => {
      const found = this.#process(listed)
      if (found === undefined) return []
      const { pid, parentPid, startedUs, name } = found.process
      return [{ pid, parentPid, startTicks: startedUs, program: name }]
    })
  }

  async scan({ signal }: { readonly signal?: AbortSignal }): Promise<readonly ProcessEntry[]> {
    signal?.throwIfAborted()
    const pids = this.#listed()
    const present = new Set(pids)
    for (const pid of this.#known.keys()) if (!present.has(pid)) this.#known.delete(pid)
    return pids.flatMap((pid) => this.entry(pid) ?? [])
  }

  entry(pid: number): ProcessEntry | undefined {
    const found = this.#process(pid)
    if (found === undefined) return undefined
    const { process, sessionId } = found
    const { startedUs: _, name: __, ...details } = this.#detailsOf(process)
    const { parentPid, startedUs, uid, ttyNumber, name } = process
    return {
      pid,
      parentPid,
      startTicks: startedUs,
      userId: userIdOf(uid),
      sessionId,
      ttyNumber,
      comm: name,
      ...details,
    }
  }

  /** Folders of the sealed system volume, but for those with shells and interpreters that agents use too. */
  isPartOfSystem(executable: string): boolean {
    return SYSTEM_FOLDERS.some((folder) => executable.startsWith(folder))
  }

  async environmentNames(pid: number): Promise<readonly string[] | undefined> {
    const told = this.#arguments(pid)
    return told === undefined ? undefined : environmentNamesIn(told.environment)
  }

  surroundings(pid: number, variables: ReadonlySet<string>) {
    const found = this.#process(pid)
    if (found === undefined) return undefined
    const told = this.#arguments(pid)
    const block = told === undefined ? undefined : readEnvironmentBlock(told.environment, variables)
    const folderBytes = this.#addon.workingFolder(pid, this.#path)
    return {
      startTicks: found.process.startedUs,
      environmentNames: block?.names,
      sessionMarkers: block?.markers ?? {},
      workingFolder: folderBytes > 0 ? this.#path.toString('utf8', 0, folderBytes) : undefined,
    }
  }

  #listed(): readonly number[] {
    for (;;) {
      const bytes = this.#addon.listPids(this.#pids)
      if (bytes <= 0) throw unreadable('its processes')
      // Full: there may be more.
      if (bytes < this.#pids.length) return numbersIn(this.#pids, bytes)
      if (this.#pids.length >= MAX_PIDS * 4) throw unreadable('too many processes')
      this.#pids = Buffer.alloc(this.#pids.length * 2)
    }
  }

  #process(pid: number): { readonly process: DarwinProcess; readonly sessionId: number } | undefined {
    const sessionId = this.#addon.readProcess(pid, this.#info)
    if (sessionId < 0) return undefined
    const process = parseBsdInfo(this.#info)
    // The kernel itself has the number 0 and no structure of its own.
    return process.pid === pid ? { process, sessionId } : undefined
  }

  /** Cached until the start time, name or executable changes. An `exec` of the same program, which changes only arguments, is missed. */
  #detailsOf({ pid, startedUs, name }: DarwinProcess): Details {
    const bytes = this.#addon.executable(pid, this.#path)
    const executable = bytes > 0 ? this.#path.toString('utf8', 0, bytes) : undefined
    const known = this.#known.get(pid)
    if (known?.startedUs === startedUs && known.name === name && known.executable === executable) return known
    const told = this.#arguments(pid)
    const details: Details = {
      startedUs,
      name,
      executable,
      argv: told?.argv ?? [],
      ...(told === undefined ? { argumentsUnread: true as const } : {}),
    }
    this.#known.set(pid, details)
    return details
  }

  /** Undefined when they may not be seen, or the process changes them while they are read. */
  #arguments(pid: number): DarwinArguments | undefined {
    if (this.#text.length === 0) this.#text = Buffer.allocUnsafeSlow(ARGUMENTS_BYTES)
    const bytes = this.#addon.arguments(pid, this.#text)
    if (bytes < 0) return undefined
    try {
      return parseProcessArguments(this.#text.subarray(0, bytes))
    } catch {
      return undefined
    }
  }
}

function numbersIn(bytes: Buffer, length: number): readonly number[] {
  const numbers: number[] = []
  for (let at = 0; at + 4 <= length; at += 4) numbers.push(bytes.readUInt32LE(at))
  return numbers
}

function unreadable(what: string): SuretyError {
  return new SuretyError('FILE_UNREADABLE', `macOS does not tell ${what}`)
}
