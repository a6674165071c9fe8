import { Buffer } from 'node:buffer'
import { statSync } from 'node:fs'
import { userIdOf } from '../../../base/text/user-id.ts'
import type {
  CodeSignature,
  Login,
  ProcessDetails,
  ProcessName,
  ProcessSockets,
  StreamKind,
} from '../process-details.ts'
import {
  type DarwinDescriptor,
  DESCRIPTOR_BYTES,
  LIST_DESCRIPTORS,
  parseDescriptors,
  parseTcpSocket,
  parseVnode,
  SOCKET_BYTES,
  SOCKET_FLAVOR,
  streamKindOf,
  VNODE_BYTES,
  VNODE_FLAVOR,
} from './descriptors.ts'
import { LOGIN_BYTES, parseLogins } from './logins.ts'
import type { DarwinProcessesAddon } from './process-table.ts'
import {
  BSD_INFO_BYTES,
  parseBsdInfo,
  parseSignatureStatus,
  parseSignatureText,
  parseTaskActivity,
  SIGNATURE_BYTES,
  SIGNATURE_IDENTITY,
  SIGNATURE_STATUS,
  SIGNATURE_TEAM,
  TASK_INFO,
  TASK_INFO_BYTES,
} from './structs.ts'

/** What the addon offers on macOS besides; see `native/darwin/`. */
export interface DarwinDetailsAddon
  extends Pick<DarwinProcessesAddon, 'readProcess' | 'executable' | 'workingFolder' | 'processInfo'> {
  /** What proc_pidfdinfo(pid, descriptor, flavor) writes. @returns bytes; 0 or less when it may not be seen. */
  descriptorInfo(pid: number, descriptor: number, flavor: number, bytes: Uint8Array): number
  /** Fills the bytes with what csops(pid, operation) answers. @returns 0, or -1 when it answers nothing. */
  codeSignature(pid: number, operation: number, bytes: Uint8Array): number
  /** @returns -1 when macOS does not tell. */
  responsiblePid(pid: number): number
  /** As many of struct utmpx as fit. @returns bytes. */
  listLogins(bytes: Uint8Array): number
}

const MAX_LOGINS = 64
/** Of all processes that are looked at together. */
const MAX_DESCRIPTORS = 4_096
const MAX_SOCKETS = 64
const MAX_FILES = 256
const PATH_BYTES = 4_096
const STREAMS = [0, 1, 2] as const

/**
 * What libproc tells of single processes. macOS tells neither who logged in before a process changed its user, nor groups, nor
 * namespaces.
 */
export function darwinProcessDetails({ addon }: { readonly addon: DarwinDetailsAddon }): ProcessDetails {
  return new DarwinDetails(addon)
}

class DarwinDetails implements ProcessDetails {
  readonly ownPidNamespace = undefined
  readonly insideWsl = false
  readonly #addon: DarwinDetailsAddon
  readonly #info = Buffer.alloc(BSD_INFO_BYTES)
  readonly #path = Buffer.alloc(PATH_BYTES)
  readonly #list = Buffer.alloc(MAX_DESCRIPTORS * DESCRIPTOR_BYTES)
  readonly #vnode = Buffer.alloc(VNODE_BYTES)
  readonly #socket = Buffer.alloc(SOCKET_BYTES)

  constructor(addon: DarwinDetailsAddon) {
    this.#addon = addon
  }

  standing(process: ProcessName) {
    return this.#whileItIs(process, () => ({
      cgroup: undefined,
      loginUserId: undefined,
      auditSession: undefined,
      pidNamespace: undefined,
      rootMount: undefined,
      workingFolder: this.#text(this.#addon.workingFolder(process.pid, this.#path)),
    }))
  }

  streams(process: ProcessName) {
    return this.#whileItIs(process, (): readonly [StreamKind, StreamKind, StreamKind] | undefined => {
      const open = new Map(this.#descriptors(process.pid, MAX_DESCRIPTORS).map((one) => [one.descriptor, one]))
      const [input, output, error] = STREAMS.map((stream) => open.get(stream))
      if (input === undefined && output === undefined && error === undefined) return undefined
      const kind = (one: DarwinDescriptor | undefined) => this.#streamKind(process.pid, one)
      return [kind(input), kind(output), kind(error)]
    })
  }

  executableNow(process: ProcessName): string | undefined {
    return this.#whileItIs(process, () => this.#text(this.#addon.executable(process.pid, this.#path)))
  }

  openFiles(processes: readonly ProcessName[]): ReadonlyMap<number, readonly string[]> {
    return this.#each(processes, 'vnode', (pid, descriptors) => {
      const paths = new Set<string>()
      for (const { descriptor } of descriptors) {
        if (paths.size === MAX_FILES) break
        const vnode = this.#vnodeOf(pid, descriptor)
        if (vnode?.isRegular === true && vnode.path !== '') paths.add(vnode.path)
      }
      return [...paths]
    })
  }

  sockets(processes: readonly ProcessName[]): ReadonlyMap<number, ProcessSockets> {
    return this.#each(processes, 'socket', (pid, descriptors) => {
      const sockets = descriptors
        .flatMap(({ descriptor }) => this.#socketOf(pid, descriptor) ?? [])
        .slice(0, MAX_SOCKETS)
      const listening = sockets.filter(({ state }) => state === 'listening').map(({ local }) => local)
      const served = new Set(listening.map(({ port }) => port))
      const connected = sockets
        .filter(({ state, local }) => state === 'connected' && !served.has(local.port))
        .map(({ remote }) => remote)
      return { connected, listening }
    })
  }

  activity(process: ProcessName): string | undefined {
    return this.#whileItIs(process, () => {
      const bytes = Buffer.alloc(TASK_INFO_BYTES)
      if (this.#addon.processInfo(process.pid, TASK_INFO, bytes) !== TASK_INFO_BYTES) return undefined
      return parseTaskActivity(bytes)
    })
  }

  signature(process: ProcessName): CodeSignature | undefined {
    return this.#whileItIs(process, () => {
      const status = this.#signed(process.pid, SIGNATURE_STATUS)
      const identity = this.#signed(process.pid, SIGNATURE_IDENTITY)
      if (status === undefined || identity === undefined) return undefined
      const { isValid, isAdHoc, isOfSystem } = parseSignatureStatus(status)
      const identifier = parseSignatureText(identity)
      if (!isValid || identifier === '') return undefined
      const told = this.#signed(process.pid, SIGNATURE_TEAM)
      const team = told === undefined || isAdHoc ? undefined : parseSignatureText(told)
      const kind = isOfSystem ? 'system' : team === undefined || team === '' ? 'ad-hoc' : 'team'
      return { identifier, team: kind === 'team' ? team : undefined, kind }
    })
  }

  responsible(process: ProcessName): number | undefined {
    return this.#whileItIs(process, () => {
      const pid = this.#addon.responsiblePid(process.pid)
      return pid > 0 ? pid : undefined
    })
  }

  logins(): readonly Login[] {
    const bytes = Buffer.alloc(MAX_LOGINS * LOGIN_BYTES)
    const written = this.#addon.listLogins(bytes)
    return parseLogins(bytes.subarray(0, Math.max(0, written)), ownerOfDevice)
  }

  #each<T>(
    processes: readonly ProcessName[],
    kind: DarwinDescriptor['kind'],
    look: (pid: number, descriptors: readonly DarwinDescriptor[]) => T,
  ): ReadonlyMap<number, T> {
    const found = new Map<number, T>()
    let left = MAX_DESCRIPTORS
    for (const [at, process] of processes.entries()) {
      // One with very many descriptors does not use up what the others need.
      const share = Math.ceil(left / (processes.length - at))
      if (share === 0) break
      const seen = this.#whileItIs(process, () => {
        const descriptors = this.#descriptors(process.pid, share)
        left -= descriptors.length
        return look(
          process.pid,
          descriptors.filter((one) => one.kind === kind),
        )
      })
      if (seen !== undefined) found.set(process.pid, seen)
    }
    return found
  }

  #descriptors(pid: number, most: number): readonly DarwinDescriptor[] {
    const bytes = this.#list.subarray(0, most * DESCRIPTOR_BYTES)
    const written = this.#addon.processInfo(pid, LIST_DESCRIPTORS, bytes)
    return written <= 0 ? [] : parseDescriptors(bytes.subarray(0, written))
  }

  #vnodeOf(pid: number, descriptor: number) {
    if (this.#addon.descriptorInfo(pid, descriptor, VNODE_FLAVOR, this.#vnode) !== VNODE_BYTES) return undefined
    return parseVnode(this.#vnode)
  }

  #socketOf(pid: number, descriptor: number) {
    if (this.#addon.descriptorInfo(pid, descriptor, SOCKET_FLAVOR, this.#socket) !== SOCKET_BYTES) return undefined
    return parseTcpSocket(this.#socket)
  }

  #signed(pid: number, operation: number): Buffer | undefined {
    const bytes = Buffer.alloc(SIGNATURE_BYTES)
    return this.#addon.codeSignature(pid, operation, bytes) === 0 ? bytes : undefined
  }

  #streamKind(pid: number, one: DarwinDescriptor | undefined): StreamKind {
    if (one?.kind === 'socket' || one?.kind === 'pipe') return one.kind
    const vnode = one?.kind === 'vnode' ? this.#vnodeOf(pid, one.descriptor) : undefined
    return vnode === undefined ? 'other' : streamKindOf(vnode)
  }

  /** Of this very process, before and after it is looked at. */
  #whileItIs<T>({ pid, startTicks }: ProcessName, look: () => T | undefined): T | undefined {
    try {
      if (this.#startedUs(pid) !== startTicks) return undefined
      const seen = look()
      return this.#startedUs(pid) === startTicks ? seen : undefined
    } catch {
      // Structures that are cut or make no sense.
      return undefined
    }
  }

  #startedUs(pid: number): number | undefined {
    return this.#addon.readProcess(pid, this.#info) < 0 ? undefined : parseBsdInfo(this.#info).startedUs
  }

  #text(bytes: number): string | undefined {
    return bytes > 0 ? this.#path.toString('utf8', 0, bytes) : undefined
  }
}

/** Whoever is logged in owns the device of the session. */
function ownerOfDevice(line: string): string | undefined {
  try {
    return userIdOf(statSync(`/dev/${line}`).uid)
  } catch {
    return undefined
  }
}
