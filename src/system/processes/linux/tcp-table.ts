import type { SocketAddress } from '../process-details.ts'

/** One line of /proc/net/tcp or tcp6. */
export interface TcpSocket {
  readonly state: 'connected' | 'listening'
  readonly inode: string
  readonly uid: number
  readonly local: SocketAddress
  readonly remote: SocketAddress
}

/** include/net/tcp_states.h */
const STATES: Readonly<Record<string, TcpSocket['state']>> = { '01': 'connected', '0A': 'listening' }
const LINE =
  /^\s*\d+: ([0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}) ([0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}) ([0-9A-F]{2}) /

/** The connected and the listening sockets; lines that do not fit are left out. See proc_pid_net(5). */
export function parseTcpTable(text: string): TcpSocket[] {
  const sockets: TcpSocket[] = []
  for (const line of text.split('\n')) {
    const [, local, remote, code] = LINE.exec(line) ?? []
    const state = STATES[code ?? '']
    if (local === undefined || remote === undefined || state === undefined) continue
    const fields = line.trim().split(/\s+/)
    const inode = fields[9] ?? ''
    const uid = Number(fields[7])
    if (!Number.isSafeInteger(uid) || !/^[1-9]\d*$/.test(inode)) continue
    sockets.push({ state, inode, uid, local: addressOf(local), remote: addressOf(remote) })
  }
  return sockets
}

/** The kernel prints each 32 bits in the order of the machine, which is little-endian wherever we run. */
function addressOf(text: string): SocketAddress {
  const [host = '', port = ''] = text.split(':')
  const bytes = (host.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed())
  const address = bytes.length === 4 ? dotted(bytes) : unmapped(bytes)
  return { address, port: Number.parseInt(port, 16), loopback: address.startsWith('127.') || address === '::1' }
}

function dotted(bytes: readonly string[]): string {
  return bytes.map((byte) => Number.parseInt(byte, 16)).join('.')
}

function unmapped(bytes: readonly string[]): string {
  const hex = bytes.join('').toLowerCase()
  if (hex.startsWith('00000000000000000000ffff')) return dotted(bytes.slice(12))
  const groups = hex.match(/.{4}/g) ?? []
  // The URL parser writes addresses as RFC 5952 asks.
  return (URL.parse(`http://[${groups.join(':')}]/`)?.hostname ?? '').slice(1, -1)
}
