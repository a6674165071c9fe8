import { Buffer } from 'node:buffer'
import { toPortablePath } from '../../files/windows-path.ts'
import type { Login, ProcessDetails, ProcessName, ProcessSockets, ProcessStanding } from '../process-details.ts'
import type { ProcessTable } from '../process-table.ts'
import { parseWindowsTcpTable, type WindowsTcpSocket } from './tcp-table.ts'

/** What the addon offers on Windows; see `native/windows/`. Start times are microseconds since 1970. */
export interface WindowsDetailsAddon {
  /** Below zero when the process has ended, or Windows does not tell. */
  processCycles(pid: number, started: number): number
  processImageNow(pid: number, started: number): string | undefined
  /** Bytes that the table takes: more than there are when it did not fit, 0 when Windows does not tell. */
  tcpTable(bytes: Uint8Array, isVersion6: boolean): number
  /** `protocol` is WTSClientProtocolType. */
  loginList(): readonly { readonly userId: string; readonly sessionId: number; readonly protocol: number }[]
}

export const WINDOWS_DETAILS_FUNCTIONS: readonly (keyof WindowsDetailsAddon)[] = [
  ...(['processCycles', 'processImageNow', 'tcpTable', 'loginList'] as const),
]

export interface WindowsDetailsComponents {
  readonly addon: WindowsDetailsAddon
  readonly processes: Pick<ProcessTable, 'entry' | 'surroundings'>
}

const CONSOLE = 0
const REMOTE_DESKTOP = 2
const FIRST_TABLE_BYTES = 64 * 1024
/** 100,000 sockets, so that none can be hidden behind many others. */
const MAX_TABLE_BYTES = 8 * 1024 * 1024
const MAX_SOCKETS = 64
const MAX_PROCESSES = 64
const NO_VARIABLES: ReadonlySet<string> = new Set()

/**
 * Files that a process has open and what its standard streams are stay unknown: Windows answers such a question only after the
 * read that the process waits in.
 */
export function windowsProcessDetails(components: WindowsDetailsComponents): ProcessDetails {
  const { addon } = components
  return {
    ownPidNamespace: undefined,
    insideWsl: false,
    standing: (process) => quietly(() => standingOf(components, process)),
    streams: () => undefined,
    executableNow: (process) =>
      quietly(() => portable(addon.processImageNow(process.pid, process.startTicks) ?? undefined)),
    openFiles: () => new Map(),
    sockets: (processes) => quietly(() => socketsOf(components, processes)) ?? new Map(),
    activity: ({ pid, startTicks }) =>
      quietly(() => {
        const cycles = addon.processCycles(pid, startTicks)
        // None at all is the answer of a system that does not count.
        return cycles > 0 ? String(cycles) : undefined
      }),
    logins: () => quietly(() => loginsOf(addon)) ?? [],
  }
}

/** Details never throw: what Windows does not tell is left out. */
function quietly<T>(ask: () => T | undefined): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

function portable(path: string | undefined): string | undefined {
  return path === undefined ? undefined : toPortablePath(path)
}

/** A process keeps the session in which it began, whoever it runs as since. */
function standingOf({ addon, processes }: WindowsDetailsComponents, process: ProcessName): ProcessStanding | undefined {
  const entry = processes.entry(process.pid)
  if (entry === undefined || entry.startTicks !== process.startTicks) return undefined
  const surroundings = processes.surroundings(process.pid, NO_VARIABLES)
  const isSame = surroundings?.startTicks === process.startTicks
  const login = loginsOf(addon).find(({ session }) => session === String(entry.sessionId))
  return {
    cgroup: undefined,
    loginUserId: login?.userId,
    auditSession: login === undefined ? undefined : entry.sessionId,
    pidNamespace: undefined,
    rootMount: undefined,
    workingFolder: isSame ? surroundings.workingFolder : undefined,
  }
}

function loginsOf(addon: WindowsDetailsAddon): readonly Login[] {
  return addon.loginList().map(({ userId, sessionId, protocol }) => {
    const kind = protocol === CONSOLE ? 'graphical' : protocol === REMOTE_DESKTOP ? 'remote' : 'unknown'
    return { userId, session: String(sessionId), kind, tty: undefined }
  })
}

function socketsOf(
  { addon, processes }: WindowsDetailsComponents,
  asked: readonly ProcessName[],
): ReadonlyMap<number, ProcessSockets> {
  const table = [...readTable(addon, 4), ...readTable(addon, 6)]
  const served = new Set(table.filter(({ state }) => state === 'listening').map(({ local }) => local.port))
  const found = new Map<number, ProcessSockets>()
  for (const { pid, startTicks } of asked.slice(0, MAX_PROCESSES)) {
    // Looked at after the table was read: a pid in it was still that of the process.
    if (processes.entry(pid)?.startTicks !== startTicks) continue
    const own = table.filter((socket) => socket.pid === pid).slice(0, MAX_SOCKETS)
    found.set(pid, {
      connected: own
        .filter(({ state, local }) => state === 'connected' && !served.has(local.port))
        .map(({ remote }) => remote),
      listening: own.filter(({ state }) => state === 'listening').map(({ local }) => local),
    })
  }
  return found
}

function readTable(addon: WindowsDetailsAddon, version: 4 | 6): readonly WindowsTcpSocket[] {
  for (let bytes = FIRST_TABLE_BYTES; bytes <= MAX_TABLE_BYTES; bytes *= 2) {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    const used = addon.tcpTable(buffer, version === 6)
    if (used <= bytes) return parseWindowsTcpTable(buffer.subarray(0, used), version)
  }
  return []
}
