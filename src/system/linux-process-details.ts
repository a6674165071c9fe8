import { Buffer } from 'node:buffer'
import { closeSync, constants, opendirSync, openSync, readlinkSync, readSync } from 'node:fs'
import { parseStat } from './linux-processes.ts'
import type {
  Login,
  ProcessDetails,
  ProcessName,
  ProcessSockets,
  ProcessStanding,
  StreamKind,
} from './process-details.ts'
import { parseTcpTable, type TcpSocket } from './tcp-table.ts'

/**
 * Only files of /proc that the kernel answers without the process: neither its memory nor a file system it could hold back
 * is touched, so that nothing here can be made to wait.
 */

const SMALL_BYTES = 16 * 1024
/** So much of a table of mounts is looked at. */
const TABLE_BYTES = 512 * 1024
/** 100,000 sockets, those that are over and only wait among them: nobody hides one behind many. */
const SOCKET_TABLE_BYTES = 16 * 1024 * 1024
/** Descriptors of one process, and of all that are asked for at once. A millisecond for some 200. */
const MAX_DESCRIPTORS = 16_384
const MAX_DESCRIPTORS_AT_ONCE = 32_768
const MAX_SOCKETS = 64
const MAX_LOGINS = 64
const MAX_PROCESSES = 64
const MAX_NETWORKS = 8
/** (uid_t)-1: nobody logged in. */
const UNSET = 4294967295
const LOGIN_FOLDER = '/run/systemd/sessions'
const STREAMS = [0, 1, 2] as const

/** Who has the same sockets as when they were looked up last, so lately, is not looked up again. */
const KNOWN_FOR_MS = 10 * 60_000
const MAX_KNOWN = 256

export function linuxProcessDetails(): ProcessDetails {
  const known = new Map<number, KnownSockets>()
  return {
    ownPidNamespace: link('/proc/self/ns/pid'),
    insideWsl: /microsoft/i.test(read('/proc/sys/kernel/osrelease') ?? ''),
    standing: (process) => whileItIs(process, () => standingOf(process.pid)),
    streams: (process) =>
      whileItIs(process, () => {
        const [input, output, error] = STREAMS.map((fd) => link(`/proc/${process.pid}/fd/${fd}`))
        if (input === undefined && output === undefined && error === undefined) return undefined
        return [kindOf(input), kindOf(output), kindOf(error)]
      }),
    openFiles: (process) => whileItIs(process, () => [...descriptors(process.pid)].filter(isFile)),
    sockets(processes) {
      const asked = processes.slice(0, MAX_PROCESSES)
      const found = socketsOf(asked, known)
      // Several ask, each for processes of their own: what the others know stays.
      for (const { pid } of asked) known.delete(pid)
      for (const [pid, sockets] of found) known.set(pid, sockets)
      for (const pid of known.keys()) if (known.size > MAX_KNOWN) known.delete(pid)
      return new Map([...found].map(([pid, { sockets }]) => [pid, sockets]))
    },
    logins: readLogins,
  }
}

/** Runs `look` while the process is the one that is meant: its `stat` cannot be read once it has ended. */
function whileItIs<T>({ pid, startTicks }: ProcessName, look: () => T): T | undefined {
  let stat: number | undefined
  try {
    stat = openSync(`/proc/${pid}/stat`, constants.O_RDONLY)
    const buffer = Buffer.allocUnsafe(4096)
    const fields = parseStat(buffer.toString('latin1', 0, readSync(stat, buffer, 0, 4096, 0)))
    if (fields?.startTicks !== startTicks) return undefined
    const found = look()
    readSync(stat, buffer, 0, 1, 0)
    return found
  } catch {
    return undefined
  } finally {
    if (stat !== undefined) closeSync(stat)
  }
}

function standingOf(pid: number): ProcessStanding {
  const pidNamespace = link(`/proc/${pid}/ns/pid`)
  const elsewhere = link(`/proc/${pid}/ns/mnt`) !== link('/proc/self/ns/mnt')
  return {
    cgroup: cgroupIn(read(`/proc/${pid}/cgroup`) ?? ''),
    loginUid: idIn(read(`/proc/${pid}/loginuid`)),
    auditSession: idIn(read(`/proc/${pid}/sessionid`)),
    pidNamespace,
    rootMount: elsewhere ? rootMountIn(read(`/proc/${pid}/mountinfo`, TABLE_BYTES) ?? '') : undefined,
    workingFolder: link(`/proc/${pid}/cwd`),
  }
}

/** See cgroups(7): `0::/path` is the unified hierarchy, `N:name=systemd:/path` that of systemd before it. */
export function cgroupIn(text: string): string | undefined {
  const lines = text.split('\n')
  const unified = lines.find((line) => line.startsWith('0::'))?.slice(3)
  const ofSystemd = lines.find((line) => /^\d+:name=systemd:/.test(line))?.replace(/^\d+:name=systemd:/, '')
  const path = unified === undefined || unified === '/' ? (ofSystemd ?? unified) : unified
  return path?.startsWith('/') === true ? path.slice(0, 4096) : undefined
}

function idIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text.trim())) return undefined
  const id = Number(text)
  return id === UNSET ? undefined : id
}

/** See proc_pid_mountinfo(5). The last mount at the root is the one that is seen. */
export function rootMountIn(text: string): string | undefined {
  const line = text.split('\n').findLast((each) => each.split(' ')[4] === '/')
  const after = line?.split(' - ', 2)[1]
  return after?.slice(0, 4096)
}

function kindOf(target: string | undefined): StreamKind {
  if (target === undefined) return 'other'
  if (target.startsWith('socket:[')) return 'socket'
  if (target.startsWith('pipe:[')) return 'pipe'
  if (target === '/dev/null') return 'null'
  return /^\/dev\/(pts\/|tty|console)/.test(target) ? 'terminal' : 'other'
}

interface KnownSockets {
  readonly startTicks: number
  /** Inodes of its sockets. */
  readonly own: string
  readonly sockets: ProcessSockets
  readonly at: number
}

/** The kernel walks all that there is room for to tell of the few there are: 20 ms, so nobody asks without a reason. */
function socketsOf(
  processes: Parameters<ProcessDetails['sockets']>[0],
  known: ReadonlyMap<number, KnownSockets>,
): ReadonlyMap<number, KnownSockets> {
  const tables = new Map<string, readonly TcpSocket[]>()
  const budget = { left: MAX_DESCRIPTORS_AT_ONCE }
  const found = new Map<number, KnownSockets>()
  for (const process of processes) {
    const { pid, startTicks } = process
    const sockets = whileItIs(process, (): KnownSockets | undefined => {
      const inodes = socketInodes(pid, budget)
      const own = [...inodes].join()
      const at = performance.now()
      const last = known.get(pid)
      if (last?.startTicks === startTicks && last.own === own && at - last.at < KNOWN_FOR_MS) return last
      if (inodes.size === 0) return { startTicks, own, at, sockets: { connected: [], listening: [] } }
      const network = link(`/proc/${pid}/ns/net`)
      if (network === undefined || (!tables.has(network) && tables.size === MAX_NETWORKS)) return undefined
      const table = tables.get(network) ?? readTcpTables(pid)
      tables.set(network, table)
      return { startTicks, own, at, sockets: ofProcess(process.uid, inodes, table) }
    })
    if (sockets !== undefined) found.set(pid, sockets)
  }
  return found
}

function readTcpTables(pid: number): TcpSocket[] {
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

function socketInodes(pid: number, budget: { left: number }): ReadonlySet<string> {
  const inodes = new Set<string>()
  for (const target of descriptors(pid, Math.min(budget.left, MAX_DESCRIPTORS))) {
    budget.left--
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined) inodes.add(inode)
  }
  return inodes
}

/** A regular file by its path; what the kernel makes up has none, and a device holds nothing. */
function isFile(target: string): boolean {
  return target.startsWith('/') && !target.startsWith('/dev/') && !target.startsWith('/proc/')
}

/** What the descriptors of a process lead to. */
function* descriptors(pid: number, most = MAX_DESCRIPTORS): Generator<string> {
  const folder = opendirSync(`/proc/${pid}/fd`, { bufferSize: 64 })
  try {
    for (let count = 0; count < most; count++) {
      const entry = folder.readSync()
      if (entry === null) return
      const target = link(`/proc/${pid}/fd/${entry.name}`)
      if (target !== undefined) yield target
    }
  } finally {
    folder.closeSync()
  }
}

/** Of systemd-logind, which alone writes there. */
function readLogins(): readonly Login[] {
  try {
    const folder = opendirSync(LOGIN_FOLDER)
    const logins: Login[] = []
    try {
      for (let count = 0; count < MAX_LOGINS; count++) {
        const entry = folder.readSync()
        if (entry === null) break
        if (!entry.isFile() || !/^[a-z0-9]{1,64}$/.test(entry.name)) continue
        const login = parseLogin(entry.name, read(`${LOGIN_FOLDER}/${entry.name}`) ?? '')
        if (login !== undefined) logins.push(login)
      }
    } finally {
      folder.closeSync()
    }
    return logins
  } catch {
    return []
  }
}

/** Sessions of people that have not ended; of those of greeters and of managers nothing is told. See sd-login(3). */
export function parseLogin(session: string, text: string): Login | undefined {
  const members = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
  const uid = members.get('UID') ?? ''
  if (!/^\d{1,10}$/.test(uid) || members.get('CLASS') !== 'user' || members.get('STATE') === 'closing') return undefined
  return { uid: Number(uid), session, kind: loginKind(members), tty: members.get('TTY')?.slice(0, 64) }
}

function loginKind(members: ReadonlyMap<string, string>): Login['kind'] {
  if (members.get('REMOTE') === '1') return 'remote'
  switch (members.get('TYPE')) {
    case 'x11':
    case 'wayland':
    case 'mir':
      return 'graphical'
    case 'tty':
      return 'terminal'
    default:
      return 'unknown'
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** The beginning of a file of the kernel's. */
function read(path: string, maxBytes = SMALL_BYTES): string | undefined {
  try {
    const parts = [...partsOf(path, maxBytes)]
    return (parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString('utf8')
  } catch {
    return undefined
  }
}

/** Comes a page at a time, and never in one piece: what is large and short-lived tears holes into the heap. */
function* partsOf(path: string, maxBytes: number): Generator<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    for (let left = maxBytes; left > 0; ) {
      const part = Buffer.allocUnsafe(Math.min(left, SMALL_BYTES))
      let filled = 0
      for (let got = -1; got !== 0 && filled < part.length; filled += got) {
        got = readSync(fd, part, filled, part.length - filled, null)
      }
      yield part.subarray(0, filled)
      if (filled < part.length) return
      left -= filled
    }
  } finally {
    closeSync(fd)
  }
}
