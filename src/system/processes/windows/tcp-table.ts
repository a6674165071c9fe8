import type { SocketAddress } from '../process-details.ts'

/** One row of MIB_TCPTABLE_OWNER_PID or MIB_TCP6TABLE_OWNER_PID. */
export interface WindowsTcpSocket {
  readonly state: 'connected' | 'listening'
  readonly pid: number
  readonly local: SocketAddress
  readonly remote: SocketAddress
}

/** MIB_TCP_STATE */
const STATES: Readonly<Record<number, WindowsTcpSocket['state']>> = { 2: 'listening', 5: 'connected' }
const COUNT_BYTES = 4
const VERSION_4 = { bytes: 24, state: 0, local: 4, localPort: 8, remote: 12, remotePort: 16, pid: 20, address: 4 }
const VERSION_6 = { bytes: 56, state: 48, local: 0, localPort: 20, remote: 24, remotePort: 44, pid: 52, address: 16 }

/** The connected and the listening sockets. Rows beyond the end of `bytes` are left out. */
export function parseWindowsTcpTable(bytes: Uint8Array, version: 4 | 6): WindowsTcpSocket[] {
  if (bytes.length < COUNT_BYTES) return []
  const row = version === 4 ? VERSION_4 : VERSION_6
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = Math.min(view.getUint32(0, true), Math.floor((bytes.length - COUNT_BYTES) / row.bytes))
  const sockets: WindowsTcpSocket[] = []
  for (let index = 0; index < count; index++) {
    const at = COUNT_BYTES + index * row.bytes
    const state = STATES[view.getUint32(at + row.state, true)]
    if (state === undefined) continue
    const address = (from: number, port: number) =>
      addressOf(bytes.subarray(at + from, at + from + row.address), view.getUint16(at + port))
    sockets.push({
      state,
      pid: view.getUint32(at + row.pid, true),
      local: address(row.local, row.localPort),
      remote: address(row.remote, row.remotePort),
    })
  }
  return sockets
}

/** Addresses and ports are in the order of the network. */
function addressOf(bytes: Uint8Array, port: number): SocketAddress {
  const address = bytes.length === 4 ? bytes.join('.') : unmapped(bytes)
  return { address, port, loopback: address.startsWith('127.') || address === '::1' }
}

function unmapped(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  if (hex.startsWith('00000000000000000000ffff')) return bytes.subarray(12).join('.')
  const groups = hex.match(/.{4}/g) ?? []
  // The URL parser writes addresses as RFC 5952 asks.
  return (URL.parse(`http://[${groups.join(':')}]/`)?.hostname ?? '').slice(1, -1)
}
