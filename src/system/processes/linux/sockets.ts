import type { ProcessDetails, ProcessSockets } from '../process-details.ts'
import { descriptors, link, MAX_DESCRIPTORS, partsOf, shareOf, whileItIs } from './proc-files.ts'
import { parseTcpTable, type TcpSocket } from './tcp-table.ts'

/** Where the sockets of processes lead, found in the tables of their networks. */

/** 100,000 sockets, those in TIME_WAIT included, so that none can be hidden behind many others. */
const SOCKET_TABLE_BYTES = 16 * 1024 * 1024
const MAX_SOCKETS = 64
const MAX_PROCESSES = 64
const MAX_NETWORKS = 8

/** Who has the same sockets as when they were looked up last, so lately, is not looked up again. */
const KNOWN_FOR_MS = 10 * 60_000
const MAX_KNOWN = 256

type Asked = Parameters<ProcessDetails['sockets']>[0]

export function processSockets(): ProcessDetails['sockets'] {
  const known = new Map<number, KnownSockets>()
  const pace = new TablePace<Asked[number]>({ now: () => performance.now(), spentMs })
  return (processes) => {
    const asked = processes.slice(0, MAX_PROCESSES)
    const pids = new Set(asked.map(({ pid }) => pid))
    // Requests that were deferred because a table was not due are answered with those of the next read.
    const waiting = [...pace.waiting.values()].filter(({ pid }) => !pids.has(pid)).slice(0, MAX_PROCESSES)
    pace.waiting.clear()
    const all = [...asked, ...waiting]
    const found = socketsOf(all, known, pace)
    // Several ask, each for processes of their own: what the others know stays.
    for (const { pid } of all) known.delete(pid)
    for (const [pid, sockets] of found) known.set(pid, sockets)
    for (const pid of known.keys()) if (known.size > MAX_KNOWN) known.delete(pid)
    return new Map([...found].flatMap(([pid, { sockets }]) => (pids.has(pid) ? [[pid, sockets]] : [])))
  }
}

function spentMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

interface KnownSockets {
  readonly startTicks: number
  /** Inodes of its sockets. */
  readonly own: string
  readonly sockets: ProcessSockets
  readonly at: number
}

/** The kernel walks its whole table to list a few sockets: 20 ms, so it is read only with a reason. */
function socketsOf(
  processes: Asked,
  known: ReadonlyMap<number, KnownSockets>,
  pace: TablePace<Asked[number]>,
): ReadonlyMap<number, KnownSockets> {
  const tables = new Map<string, readonly TcpSocket[]>()
  let left = MAX_DESCRIPTORS
  const found = new Map<number, KnownSockets>()
  for (const [at, one] of processes.entries()) {
    // Processes whose sockets were not read have no answer.
    if (left === 0) break
    const { pid, startTicks } = one
    const sockets = whileItIs(one, (): KnownSockets | undefined => {
      const targets = [...descriptors(pid, shareOf(left, processes.length - at))]
      left -= targets.length
      const inodes = socketInodes(targets)
      const own = [...inodes].join()
      const now = performance.now()
      const last = known.get(pid)
      if (last?.startTicks === startTicks && last.own === own && now - last.at < KNOWN_FOR_MS) return last
      if (inodes.size === 0) return { startTicks, own, at: now, sockets: { connected: [], listening: [] } }
      const network = link(`/proc/${pid}/ns/net`)
      if (network === undefined || (!tables.has(network) && tables.size === MAX_NETWORKS)) return undefined
      const table = tables.get(network) ?? pace.readInTurn(network, () => readTcpTables(pid))
      if (table === undefined) {
        pace.waiting.set(pid, one)
        return last?.startTicks === startTicks ? last : undefined
      }
      tables.set(network, table)
      return { startTicks, own, at: now, sockets: ofProcess(Number(one.userId), inodes, table) }
    })
    if (sockets !== undefined) found.set(pid, sockets)
  }
  return found
}

export function readTcpTables(pid: number): TcpSocket[] {
  return ['tcp', 'tcp6'].flatMap((name) => readTcpTable(`/proc/${pid}/net/${name}`))
}

/** Most lines of a long table are of connections that are over: they are dropped as they come. */
function readTcpTable(path: string): TcpSocket[] {
  const sockets: TcpSocket[] = []
  let rest = ''
  try {
    for (const part of partsOf(path, SOCKET_TABLE_BYTES)) {
      const text = rest + part.toString('latin1')
      const end = text.lastIndexOf('\n') + 1
      for (const socket of parseTcpTable(text.slice(0, end))) sockets.push(socket)
      rest = text.slice(end)
    }
  } catch {
    // What was read before the network went is told.
  }
  return sockets
}

function ofProcess(uid: number, own: ReadonlySet<string>, table: readonly TcpSocket[]): ProcessSockets {
  const mine = table.filter((socket) => socket.uid === uid && own.has(socket.inode)).slice(0, MAX_SOCKETS)
  const served = new Set(table.filter(({ state }) => state === 'listening').map(({ local }) => local.port))
  return {
    connected: mine
      .filter(({ state, local }) => state === 'connected' && !served.has(local.port))
      .map(({ remote }) => remote),
    listening: mine.filter(({ state }) => state === 'listening').map(({ local }) => local),
  }
}

function socketInodes(targets: readonly string[]): ReadonlySet<string> {
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []))
}

/** What takes so long of a core does more harm than an answer that comes late. */
const SLOW_MS = 100
/** A slow table is read for at most one hundredth of the time. */
const SHARE = 100
const MAX_TABLES = 64

interface TablePaceComponents {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** Of a core that this thread has used: a busy machine makes no table slow. */
  readonly spentMs: () => number
}

/**
 * Reads tables that are large only now and then. One of 100,000 sockets takes 0.6 s of a core: every ten seconds that would be
 * 6 %, for each who asks.
 */
export class TablePace<Waiting> {
  /** Those who were not answered, by process id. */
  readonly waiting = new Map<number, Waiting>()
  readonly #components: TablePaceComponents
  readonly #dueAt = new Map<string, number>()

  constructor(components: TablePaceComponents) {
    this.#components = components
  }

  /** @returns undefined when it is too early to read the table called `name` again. */
  readInTurn<T>(name: string, read: () => T): T | undefined {
    const { now, spentMs } = this.#components
    if (now() < (this.#dueAt.get(name) ?? 0)) return undefined
    const before = spentMs()
    const table = read()
    const tookMs = spentMs() - before
    this.#dueAt.delete(name)
    for (const each of this.#dueAt.keys()) if (this.#dueAt.size >= MAX_TABLES) this.#dueAt.delete(each)
    if (tookMs >= SLOW_MS) this.#dueAt.set(name, now() + tookMs * SHARE)
    return table
  }
}
