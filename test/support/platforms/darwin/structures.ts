import { STATFS_BYTES } from '../../../../src/system/mounts/darwin.ts'
import { DESCRIPTOR_BYTES, SOCKET_BYTES, VNODE_BYTES } from '../../../../src/system/processes/darwin/descriptors.ts'
import { LOGIN_BYTES } from '../../../../src/system/processes/darwin/logins.ts'
import { BSD_INFO_BYTES, TASK_INFO_BYTES } from '../../../../src/system/processes/darwin/structs.ts'
import { AUDIT_TOKEN_BYTES } from '../../../../src/system/socket/darwin-peers.ts'

/**
 * Structures as the kernel of macOS writes them, laid out after the headers of xnu-11417.101.15 (macOS 15.5):
 * bsd/sys/{proc_info,proc_info_private,mount}.h, and utmpx.h of Libc. No bytes of a real Mac were to be had.
 */

export interface BsdInfo {
  readonly pid: number
  readonly parentPid?: number
  readonly uid?: number
  readonly started?: readonly [seconds: bigint, microseconds: bigint]
  /** 0xffffffff: none. */
  readonly terminal?: number
  readonly name?: string
}

/** struct proc_bsdinfo */
export function bsdInfo(facts: BsdInfo): Buffer {
  const bytes = Buffer.alloc(BSD_INFO_BYTES)
  const [seconds, microseconds] = facts.started ?? [1_795_000_000n, 250_000n]
  bytes.writeUInt32LE(facts.pid, 12)
  bytes.writeUInt32LE(facts.parentPid ?? 1, 16)
  bytes.writeUInt32LE(facts.uid ?? 501, 20)
  bytes.write((facts.name ?? 'claude').slice(0, 15), 48)
  bytes.write((facts.name ?? 'claude').slice(0, 31), 64)
  bytes.writeUInt32LE(facts.terminal ?? 0x1000_0003, 108)
  bytes.writeBigUInt64LE(seconds, 120)
  bytes.writeBigUInt64LE(microseconds, 128)
  return bytes
}

/** KERN_PROCARGS2 */
export function processArguments(path: string, argv: readonly string[], environment: readonly string[] = []): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32LE(argv.length)
  const text = `${path}\0\0\0\0${[...argv, ...environment].map((each) => `${each}\0`).join('')}\0ptr_munge=\0`
  return Buffer.concat([count, Buffer.from(text)])
}

/** struct proc_taskinfo */
export function taskInfo(facts: { readonly user: bigint; readonly system: bigint; readonly switches: number }): Buffer {
  const bytes = Buffer.alloc(TASK_INFO_BYTES)
  bytes.writeBigUInt64LE(facts.user, 16)
  bytes.writeBigUInt64LE(facts.system, 24)
  bytes.writeInt32LE(facts.switches, 80)
  return bytes
}

/** Numbers of PROX_FDTYPE_. */
export const DESCRIPTOR_TYPES = { vnode: 1, socket: 2, kqueue: 5, pipe: 6 } as const

/** struct proc_fdinfo of each. */
export function descriptorList(list: readonly (readonly [descriptor: number, type: keyof typeof DESCRIPTOR_TYPES])[]) {
  const bytes = Buffer.alloc(list.length * DESCRIPTOR_BYTES)
  for (const [index, [descriptor, type]] of list.entries()) {
    bytes.writeInt32LE(descriptor, index * DESCRIPTOR_BYTES)
    bytes.writeUInt32LE(DESCRIPTOR_TYPES[type], index * DESCRIPTOR_BYTES + 4)
  }
  return bytes
}

/** struct vnode_fdinfowithpath: VREG is 1, VDIR 2, VCHR 4. */
export function vnodeInfo({ type, path }: { readonly type: number; readonly path: string }): Buffer {
  const bytes = Buffer.alloc(VNODE_BYTES)
  bytes.writeInt32LE(type, 160)
  bytes.write(path.slice(0, 1_023), 176)
  return bytes
}

export interface TcpInfo {
  /** TSI_S_LISTEN is 1, TSI_S_ESTABLISHED 4. */
  readonly state: number
  readonly family: 4 | 6
  /** The bytes of the addresses: 4 or 16. */
  readonly local: { readonly address: readonly number[]; readonly port: number }
  readonly remote: { readonly address: readonly number[]; readonly port: number }
}

/** struct socket_fdinfo of a TCP socket. Ports and addresses are in the order of networks. */
export function tcpSocket({ state, family, local, remote }: TcpInfo): Buffer {
  const bytes = Buffer.alloc(SOCKET_BYTES)
  bytes.writeInt32LE(2, 256)
  bytes.writeUInt16BE(remote.port, 264)
  bytes.writeUInt16BE(local.port, 268)
  bytes.writeUInt8(family === 4 ? 1 : 2, 288)
  Buffer.from(remote.address).copy(bytes, 296 + 16 - remote.address.length)
  Buffer.from(local.address).copy(bytes, 312 + 16 - local.address.length)
  bytes.writeInt32LE(state, 344)
  return bytes
}

export interface MountFacts {
  readonly type: string
  readonly mountPoint: string
  readonly source?: string
  readonly owner?: number
  /** MNT_LOCAL */
  readonly local?: boolean
  /** MNT_EXT_FSKIT */
  readonly fskit?: boolean
}

/** struct statfs of each. */
export function mountList(mounts: readonly MountFacts[]): Buffer {
  const bytes = Buffer.alloc(mounts.length * STATFS_BYTES)
  for (const [index, mount] of mounts.entries()) {
    const at = index * STATFS_BYTES
    bytes.writeUInt32LE(mount.owner ?? 0, at + 56)
    bytes.writeUInt32LE(mount.local === false ? 0 : 0x1000, at + 64)
    bytes.write(mount.type, at + 72)
    bytes.write(mount.mountPoint, at + 88)
    bytes.write(mount.source ?? '', at + 1_112)
    bytes.writeUInt32LE(mount.fskit === true ? 2 : 0, at + 2_136)
  }
  return bytes
}

export interface LoginFacts {
  readonly user: string
  readonly line: string
  readonly pid: number
  /** USER_PROCESS is 7, DEAD_PROCESS 8. */
  readonly type?: number
  readonly host?: string
}

/** struct utmpx of each. */
export function loginList(logins: readonly LoginFacts[]): Buffer {
  const bytes = Buffer.alloc(logins.length * LOGIN_BYTES)
  for (const [index, login] of logins.entries()) {
    const at = index * LOGIN_BYTES
    bytes.write(login.user, at)
    bytes.write(login.line, at + 260)
    bytes.writeInt32LE(login.pid, at + 292)
    bytes.writeInt16LE(login.type ?? 7, at + 296)
    bytes.write(login.host ?? '', at + 320)
  }
  return bytes
}

/** audit_token_t */
export function auditToken(facts: { readonly uid: number; readonly pid: number; readonly version: number }): Buffer {
  const bytes = Buffer.alloc(AUDIT_TOKEN_BYTES)
  bytes.writeUInt32LE(facts.uid, 4)
  bytes.writeInt32LE(facts.pid, 20)
  bytes.writeInt32LE(facts.version, 28)
  return bytes
}

/** struct proc_uniqidentifierinfo */
export function uniqueInfo(version: number): Buffer {
  const bytes = Buffer.alloc(56)
  bytes.writeInt32LE(version, 32)
  return bytes
}

/** What an addon answers: it writes into the caller's bytes as much as fits. */
export function put(target: Uint8Array, bytes: Uint8Array): number {
  const fitting = bytes.subarray(0, target.length)
  target.set(fitting)
  return fitting.length
}
