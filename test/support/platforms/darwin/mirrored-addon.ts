import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { loadNativeAddon } from '../../../../src/system/native/native-addon.ts'
import type { DarwinAddon } from '../../../../src/system/platform/darwin.ts'
import { parseTcpTable } from '../../../../src/system/processes/linux/tcp-table.ts'
import { fakeDarwinFiles } from './files.ts'
import {
  auditToken,
  bsdInfo,
  descriptorList,
  loginList,
  type MountFacts,
  mountList,
  processArguments,
  put,
  taskInfo,
  tcpSocket,
  uniqueInfo,
  vnodeInfo,
} from './structures.ts'

/**
 * An addon of macOS that shows the processes, sockets and peers of this Linux machine in the structures of macOS, and stops and resumes
 * them by signals. With it the implementation for macOS meets real processes. What the kernel of macOS answers, it cannot show.
 */

/** A Mac as it is delivered; see README.md. */
const MOUNTS: readonly MountFacts[] = [
  { type: 'apfs', mountPoint: '/', source: '/dev/disk3s1s1' },
  { type: 'devfs', mountPoint: '/dev', source: 'devfs' },
  { type: 'apfs', mountPoint: '/System/Volumes/Data', source: '/dev/disk3s5' },
]
const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const BOOT_SECONDS = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
const TICK_US = 10_000
/** PROC_PIDLISTFDS, PROC_PIDTASKINFO, PROC_PIDUNIQIDENTIFIERINFO */
const FLAVORS = { descriptors: 1, task: 4, unique: 17 } as const
const ESRCH = 3
const ENOTSUP = 45

export interface MirrorInit {
  readonly mounts?: readonly MountFacts[]
  /** Processes that pid_suspend refuses, as macOS refuses for programs of its own. */
  readonly refusesToSuspend?: (pid: number) => boolean
  /** False for a system without pid_suspend. */
  readonly hasSuspend?: boolean
}

export function mirroredDarwinAddon(init: MirrorInit = {}): DarwinAddon & { readonly announced: readonly string[] } {
  const announced: string[] = []
  /** The hold of pid_suspend is one flag, whoever set it. */
  const suspended = new Set<number>()
  const native = loadNativeAddon()
  return {
    announced,
    ...fakeDarwinFiles(),
    listPids: (bytes) => put(bytes, Buffer.from(Uint32Array.from(pids()).buffer)),
    readProcess(pid, bytes) {
      const stat = statOf(pid)
      if (stat === undefined) return -1
      put(bytes, bsdInfo({ ...stat, started: startedOf(stat.startTicks) }))
      return stat.session
    },
    executable: (pid, bytes) => putText(bytes, linkOf(`/proc/${pid}/exe`)),
    workingFolder: (pid, bytes) => putText(bytes, linkOf(`/proc/${pid}/cwd`)),
    arguments(pid, bytes) {
      const [argv, environment] = [textOf(`/proc/${pid}/cmdline`), textOf(`/proc/${pid}/environ`)]
      if (argv === undefined || environment === undefined) return -1
      const told = processArguments(linkOf(`/proc/${pid}/exe`) ?? '', textsIn(argv), textsIn(environment))
      return told.length > bytes.length ? -1 : put(bytes, told)
    },
    processInfo(pid, flavor, bytes) {
      const stat = statOf(pid)
      if (stat === undefined) return 0
      switch (flavor) {
        case FLAVORS.descriptors:
          return put(bytes, descriptorList(descriptorsOf(pid)))
        case FLAVORS.task:
          return put(bytes, taskInfo({ user: BigInt(stat.userTicks), system: 0n, switches: switchesOf(pid) }))
        case FLAVORS.unique:
          return put(bytes, uniqueInfo(versionOf(stat.startTicks)))
        default:
          return 0
      }
    },
    descriptorInfo(pid, descriptor, flavor, bytes) {
      const target = linkOf(`/proc/${pid}/fd/${descriptor}`)
      if (target === undefined) return 0
      if (flavor === 2) return put(bytes, vnodeInfo({ type: vnodeTypeOf(pid, descriptor), path: macPath(target) }))
      const socket = flavor === 3 ? tcpSocketOf(pid, target) : undefined
      return socket === undefined ? 0 : put(bytes, socket)
    },
    systemText: (name, bytes) => (name === 'kern.bootsessionuuid' ? putText(bytes, BOOT) : -1),
    listMounts(bytes) {
      const mounts = init.mounts ?? MOUNTS
      put(bytes, mountList(mounts))
      return mounts.length
    },
    codeSignature: () => -1,
    responsiblePid: () => -1,
    listLogins: (bytes) => put(bytes, loginList([{ user: 'root', line: 'null', pid: process.pid }])),
    peerToken(descriptor, bytes) {
      const { uid, pid } = native.peerCredentials(descriptor)
      const stat = statOf(pid)
      return stat === undefined ? -1 : put(bytes, auditToken({ uid, pid, version: versionOf(stat.startTicks) }))
    },
    suspendProcess(pid) {
      if (init.hasSuspend === false) return ENOTSUP
      if (statOf(pid) === undefined) return ESRCH
      if (suspended.has(pid) || init.refusesToSuspend?.(pid) === true) return 1
      suspended.add(pid)
      process.kill(pid, 'SIGSTOP')
      waitUntilStopped(pid)
      return 0
    },
    resumeProcess(pid) {
      if (!suspended.delete(pid)) return 1
      process.kill(pid, 'SIGCONT')
      return 0
    },
    announce(name) {
      announced.push(name)
      return 0
    },
  }
}

/** As pid_suspend, which returns when the threads have stopped. A signal alone returns before. */
function waitUntilStopped(pid: number): void {
  const until = performance.now() + 20_000
  while (performance.now() < until && !/^State:\s+[TtZX]/m.test(textOf(`/proc/${pid}/status`) ?? 'State: X')) {}
}

function pids(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
}

/** See proc_pid_stat(5). */
function statOf(pid: number) {
  const text = textOf(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const field = (index: number) => Number(fields[index - 3])
  const status = textOf(`/proc/${pid}/status`) ?? ''
  // A process that has ended and was not waited for: macOS lists it no more.
  if (fields[0] === 'Z') return undefined
  return {
    pid,
    parentPid: field(4),
    session: field(6),
    terminal: field(7) === 0 ? 0xffff_ffff : field(7),
    userTicks: field(14) + field(15),
    startTicks: field(22),
    uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]),
    name: text.slice(text.indexOf('(') + 1, end),
  }
}

function startedOf(startTicks: number): readonly [bigint, bigint] {
  const startedUs = BigInt(BOOT_SECONDS) * 1_000_000n + BigInt(startTicks * TICK_US)
  return [startedUs / 1_000_000n, startedUs % 1_000_000n]
}

/** As a Mac counts processes: another number for another start. */
function versionOf(startTicks: number): number {
  return startTicks % 2 ** 31
}

function switchesOf(pid: number): number {
  const status = textOf(`/proc/${pid}/status`) ?? ''
  return [...status.matchAll(/ctxt_switches:\s+(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
}

function descriptorsOf(pid: number) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => [Number(name), typeOf(pid, name)] as const)
  } catch {
    return []
  }
}

function typeOf(pid: number, name: string) {
  const target = linkOf(`/proc/${pid}/fd/${name}`) ?? ''
  if (target.startsWith('socket:')) return 'socket'
  if (target.startsWith('pipe:')) return 'pipe'
  return target.startsWith('/') ? 'vnode' : 'kqueue'
}

function vnodeTypeOf(pid: number, descriptor: number): number {
  const stat = statSync(`/proc/${pid}/fd/${descriptor}`)
  return stat.isFile() ? 1 : stat.isDirectory() ? 2 : 4
}

/** Terminals of macOS lie in /dev itself. */
function macPath(path: string): string {
  return path.replace(/^\/dev\/pts\/(\d+)$/, '/dev/ttys00$1')
}

function tcpSocketOf(pid: number, target: string): Buffer | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
  const found = parseTcpTable(textOf(`/proc/${pid}/net/tcp`) ?? '').find((socket) => socket.inode === inode)
  if (found === undefined) return undefined
  const end = ({ address, port }: { readonly address: string; readonly port: number }) => ({
    address: address.split('.').map(Number),
    port,
  })
  const state = found.state === 'listening' ? 1 : 4
  return tcpSocket({ state, family: 4, local: end(found.local), remote: end(found.remote) })
}

function textsIn(block: string): readonly string[] {
  return block === '' ? [] : block.replace(/\0$/, '').split('\0')
}

function putText(bytes: Uint8Array, text: string | undefined): number {
  return text === undefined ? -1 : put(bytes, Buffer.from(text))
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
