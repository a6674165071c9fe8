import { opendirSync } from 'node:fs'
import { userIdOf } from '../../../base/text/user-id.ts'
import { parseMountinfo } from '../../mounts/mountinfo.ts'
import type { Login, ProcessDetails, ProcessStanding, StreamKind } from '../process-details.ts'
import { descriptors, link, MAX_DESCRIPTORS, read, shareOf, whileItIs } from './proc-files.ts'
import { processSockets } from './sockets.ts'

const MAX_LOGINS = 64
/** Of a process that has more it is cheaper to look at what it has open. */
const MAX_THREADS = 32
/** (uid_t)-1: no login. */
const UNSET = 4294967295
const LOGIN_FOLDER = '/run/systemd/sessions'
const STREAMS = [0, 1, 2] as const

export function linuxProcessDetails(): ProcessDetails {
  const rootMountOf = rootMounts()
  return {
    ownPidNamespace: link('/proc/self/ns/pid'),
    insideWsl: /microsoft/i.test(read('/proc/sys/kernel/osrelease') ?? ''),
    standing: (process) => whileItIs(process, () => standingOf(process.pid, rootMountOf)),
    streams: (process) =>
      whileItIs(process, () => {
        const [input, output, error] = STREAMS.map((fd) => link(`/proc/${process.pid}/fd/${fd}`))
        if (input === undefined && output === undefined && error === undefined) return undefined
        return [kindOf(input), kindOf(output), kindOf(error)]
      }),
    executableNow: (process) => whileItIs(process, () => link(`/proc/${process.pid}/exe`)),
    sharesMounts: (process) => whileItIs(process, () => isOurs(`/proc/${process.pid}/ns/mnt`)),
    openFiles: openFilesOf,
    sockets: processSockets(),
    activity: (process) => whileItIs(process, () => activityOf(process.pid)),
    logins: readLogins,
  }
}

function isOurs(namespace: string): boolean {
  const own = link('/proc/self/ns/mnt')
  return own !== undefined && link(namespace) === own
}

function standingOf(pid: number, rootMountOf: ReturnType<typeof rootMounts>): ProcessStanding {
  const pidNamespace = link(`/proc/${pid}/ns/pid`)
  return {
    cgroup: cgroupIn(read(`/proc/${pid}/cgroup`) ?? ''),
    loginUserId: loginIn(read(`/proc/${pid}/loginuid`)),
    auditSession: idIn(read(`/proc/${pid}/sessionid`)),
    pidNamespace,
    rootMount: rootMountOf(pid),
    workingFolder: link(`/proc/${pid}/cwd`),
  }
}

/** How often each of its threads was given a processor: the last number of `schedstat` (sched-stats.rst). */
function activityOf(pid: number): string | undefined {
  const threads = threadsOf(pid)
  if (threads === undefined) return undefined
  const turns = threads.map((id) => /^\d+ \d+ (\d+)$/m.exec(read(`/proc/${pid}/task/${id}/schedstat`) ?? '')?.[1])
  return turns.includes(undefined) ? undefined : threads.map((id, at) => `${id}:${turns[at]}`).join()
}

/** Undefined if there are very many, so that listing them cannot be used to cost time. */
function threadsOf(pid: number): readonly string[] | undefined {
  const folder = opendirSync(`/proc/${pid}/task`)
  try {
    const threads: string[] = []
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      if (threads.length === MAX_THREADS) return undefined
      threads.push(entry.name)
    }
    return threads
  } finally {
    folder.closeSync()
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

function loginIn(text: string | undefined): string | undefined {
  const uid = idIn(text)
  return uid === undefined ? undefined : userIdOf(uid)
}

function kindOf(target: string | undefined): StreamKind {
  if (target === undefined) return 'other'
  if (target.startsWith('socket:[')) return 'socket'
  if (target.startsWith('pipe:[')) return 'pipe'
  if (target === '/dev/null') return 'null'
  return /^\/dev\/(pts\/|tty|console)/.test(target) ? 'terminal' : 'other'
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
  return { userId: userIdOf(Number(uid)), session, kind: loginKind(members), tty: members.get('TTY')?.slice(0, 64) }
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

/** See `ProcessDetails.openFiles`. @param init.most descriptors. */
export function openFilesOf(
  processes: Parameters<ProcessDetails['openFiles']>[0],
  init = { most: MAX_DESCRIPTORS },
): ReturnType<ProcessDetails['openFiles']> {
  const found = new Map<number, readonly string[]>()
  let left = init.most
  for (const [at, process] of processes.entries()) {
    if (left === 0) break
    const targets = whileItIs(process, () => [...descriptors(process.pid, shareOf(left, processes.length - at))])
    if (targets === undefined) continue
    left -= targets.length
    found.set(process.pid, targets.filter(isFile))
  }
  return found
}

/** A regular file by its path; what the kernel makes up has none, and a device holds nothing. */
function isFile(target: string): boolean {
  return target.startsWith('/') && !target.startsWith('/dev/') && !target.startsWith('/proc/')
}

/** The root comes first. Usual tables are shorter; a user with thousands of mounts would make this slow. */
const TABLE_BYTES = 64 * 1024
/** A namespace has a number that another one gets when it is gone. */
const KNOWN_FOR_MS = 2_000
const MAX_KNOWN = 256

interface RootMountsComponents {
  readonly link: (path: string) => string | undefined
  readonly read: (path: string, maxBytes: number) => string | undefined
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

/**
 * What is mounted at the root of a process, where it sees other mounts than we do; empty where that cannot be told. Of many that see the same it is read once
 * in two seconds: a table of mounts costs the kernel milliseconds, and anybody may start hundreds of agents beside one.
 */
export function rootMounts(
  { link: linkAt, read: readAt, now }: RootMountsComponents = { link, read, now: () => performance.now() },
): (pid: number) => string | undefined {
  const known = new Map<string, { readonly at: number; readonly mount: string }>()
  return (pid) => {
    const [namespace, root] = [linkAt(`/proc/${pid}/ns/mnt`), linkAt(`/proc/${pid}/root`)]
    if (namespace === linkAt('/proc/self/ns/mnt')) return undefined
    const readNow = () => rootMountIn(readAt(`/proc/${pid}/mountinfo`, TABLE_BYTES) ?? '') ?? ''
    if (namespace === undefined || root === undefined) return readNow()
    const key = `${namespace} ${root}`
    const last = known.get(key)
    if (last !== undefined && now() - last.at < KNOWN_FOR_MS) return last.mount
    const mount = readNow()
    known.delete(key)
    known.set(key, { at: now(), mount })
    for (const each of known.keys()) if (known.size > MAX_KNOWN) known.delete(each)
    return mount
  }
}

/** See proc_pid_mountinfo(5). The last mount at the root is the one that is seen. */
export function rootMountIn(text: string): string | undefined {
  const root = parseMountinfo(text).mounts.findLast(({ mountPoint }) => mountPoint === '/')
  return root && `${root.type} ${root.source} ${root.superOptions}`.slice(0, 4096)
}
