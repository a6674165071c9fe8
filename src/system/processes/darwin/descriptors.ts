import { Buffer } from 'node:buffer'
import { SuretyError } from '../../../base/errors.ts'
import type { SocketAddress, StreamKind } from '../process-details.ts'

/** Structures of sys/proc_info.h about open descriptors. All numbers are little-endian but ports and addresses. */

/** struct proc_fdinfo */
export const DESCRIPTOR_BYTES = 8
/** struct vnode_fdinfowithpath */
export const VNODE_BYTES = 1_200
/** struct socket_fdinfo */
export const SOCKET_BYTES = 792

/** PROC_PIDLISTFDS and the flavors of proc_pidfdinfo. */
export const LIST_DESCRIPTORS = 1
export const VNODE_FLAVOR = 2
export const SOCKET_FLAVOR = 3

const KINDS: Readonly<Record<number, DarwinDescriptor['kind']>> = { 1: 'vnode', 2: 'socket', 6: 'pipe' }
const VNODE_TYPE = 160
const VNODE_PATH = 176
const PATH_BYTES = 1_024
/** VREG, VCHR */
const REGULAR = 1
const CHARACTER_DEVICE = 4

const SOCKET_KIND = 256
const SOCKET_KIND_TCP = 2
const FOREIGN_PORT = 264
const LOCAL_PORT = 268
const ADDRESS_FAMILY = 288
const FOREIGN_ADDRESS = 296
const LOCAL_ADDRESS = 312
const TCP_STATE = 344
const IS_IPV4 = 1
const STATE_LISTEN = 1
/** TSI_S_SYN_SENT to TSI_S_FIN_WAIT_2 */
const STATES_OF_CONNECTIONS = { first: 2, last: 9 }

export interface DarwinDescriptor {
  readonly descriptor: number
  readonly kind: 'vnode' | 'socket' | 'pipe' | 'other'
}

/** @throws `INPUT_MALFORMED` for a part of a structure. */
export function parseDescriptors(bytes: Uint8Array): readonly DarwinDescriptor[] {
  if (bytes.length % DESCRIPTOR_BYTES !== 0) throw malformed('a list of descriptors that is cut')
  const view = viewOf(bytes)
  return Array.from({ length: bytes.length / DESCRIPTOR_BYTES }, (_, index) => ({
    descriptor: view.getInt32(index * DESCRIPTOR_BYTES, true),
    kind: KINDS[view.getUint32(index * DESCRIPTOR_BYTES + 4, true)] ?? 'other',
  }))
}

export interface DarwinVnode {
  readonly isRegular: boolean
  readonly isDevice: boolean
  /** Empty where it has no name any more. */
  readonly path: string
}

/** @throws `INPUT_MALFORMED` for a part of the structure. */
export function parseVnode(bytes: Uint8Array): DarwinVnode {
  if (bytes.length < VNODE_BYTES) throw malformed('a file that is cut')
  const type = viewOf(bytes).getInt32(VNODE_TYPE, true)
  const field = bytes.subarray(VNODE_PATH, VNODE_PATH + PATH_BYTES)
  const end = field.indexOf(0)
  return {
    isRegular: type === REGULAR,
    isDevice: type === CHARACTER_DEVICE,
    path: Buffer.from(field.subarray(0, end === -1 ? PATH_BYTES : end)).toString('utf8'),
  }
}

export interface DarwinTcpSocket {
  readonly state: 'listening' | 'connected'
  readonly local: SocketAddress
  readonly remote: SocketAddress
}

/** @returns undefined for another kind of socket, and for one that is closed. @throws `INPUT_MALFORMED` for a part of the structure. */
export function parseTcpSocket(bytes: Uint8Array): DarwinTcpSocket | undefined {
  if (bytes.length < SOCKET_BYTES) throw malformed('a socket that is cut')
  const view = viewOf(bytes)
  if (view.getInt32(SOCKET_KIND, true) !== SOCKET_KIND_TCP) return undefined
  const state = view.getInt32(TCP_STATE, true)
  const isConnection = state >= STATES_OF_CONNECTIONS.first && state <= STATES_OF_CONNECTIONS.last
  if (state !== STATE_LISTEN && !isConnection) return undefined
  const isIpv4 = (view.getUint8(ADDRESS_FAMILY) & IS_IPV4) !== 0
  return {
    state: state === STATE_LISTEN ? 'listening' : 'connected',
    local: addressAt(bytes, { at: LOCAL_ADDRESS, port: LOCAL_PORT, isIpv4 }),
    remote: addressAt(bytes, { at: FOREIGN_ADDRESS, port: FOREIGN_PORT, isIpv4 }),
  }
}

/** What a standard stream is, by its vnode. */
export function streamKindOf({ isDevice, path }: DarwinVnode): StreamKind {
  if (path === '/dev/null') return 'null'
  return isDevice && /^\/dev\/(?:tty|console)/.test(path) ? 'terminal' : 'other'
}

function addressAt(
  bytes: Uint8Array,
  { at, port, isIpv4 }: { readonly at: number; readonly port: number; readonly isIpv4: boolean },
): SocketAddress {
  const view = viewOf(bytes)
  // An address of IPv4 lies in the last four of the sixteen bytes.
  const four = [...bytes.subarray(at + 12, at + 16)]
  const isMapped = bytes.subarray(at, at + 10).every((byte) => byte === 0) && view.getUint16(at + 10) === 0xffff
  if (isIpv4 || isMapped) {
    return { address: four.join('.'), port: view.getUint16(port), loopback: four[0] === 127 }
  }
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(at + index * 2).toString(16))
  // The URL parser writes addresses as RFC 5952 asks.
  const address = (URL.parse(`http://[${groups.join(':')}]/`)?.hostname ?? '').slice(1, -1)
  return { address, port: view.getUint16(port), loopback: address === '::1' }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function malformed(what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `macOS: ${what}`)
}
