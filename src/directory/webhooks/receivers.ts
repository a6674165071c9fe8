import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { SuretyError } from '../../base/errors.ts'

/**
 * Which addresses a webhook may reach. An administrator must not reach by one what this server alone can: the metadata of a cloud, or
 * services of a private network.
 */

export interface ReceiverInit {
  /** Private networks may be reached too. */
  readonly privateAddresses: boolean
}

type Range = readonly [address: string, prefix: number, family: 'ipv4' | 'ipv6']

/**
 * Special-purpose addresses of IANA's registries: this network, link-local with the metadata of clouds, protocol and benchmark
 * assignments, documentation, multicast, reserved. Translated and tunnelled ones too, of which the address inside is not known here.
 */
const NEVER = listOf([
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  // IPv4 translated by SIIT, and by the NAT64 of a network (RFC 8215).
  ['::ffff:0:0:0', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  // Discard-only and dummy prefixes.
  ['100::', 63, 'ipv6'],
  // Protocol assignments, with Teredo, benchmarks and ORCHID.
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
  ['5f00::', 16, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  // Metadata of EC2 and of Alibaba Cloud, inside private ranges.
  ['fd00:ec2::', 32, 'ipv6'],
  ['100.100.100.200', 32, 'ipv4'],
])
const PRIVATE = listOf([
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
])

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) list.addSubnet(...range)
  return list
}

/** Prefixes that carry an IPv4 address in their last or next bytes: mapped, compatible, NAT64, 6to4. */
function embeddedIpv4(address: string): string | undefined {
  const bytes = ipv6Bytes(address)
  const dotted = (at: number) => [...bytes.subarray(at, at + 4)].join('.')
  if (bytes.subarray(0, 10).every((one) => one === 0)) {
    const middle = bytes.readUInt16BE(10)
    // `::` and `::1` are addresses of their own.
    if (middle === 0xffff || (middle === 0 && bytes.readUInt32BE(12) > 0xffff)) return dotted(12)
  }
  if (bytes.subarray(0, 12).toString('hex') === '0064ff9b0000000000000000') return dotted(12)
  return bytes.readUInt16BE(0) === 0x2002 ? dotted(2) : undefined
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser writes an address in groups, without dots.
  const bare = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1)
  const [head = '', tail] = bare.split('::', 2)
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'))
  const [left, right] = [groups(head), groups(tail)]
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const all = [...left, ...Array<string>(zeros).fill('0'), ...right]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** @throws `NOT_PERMITTED`. */
function requireReachable(address: string, { privateAddresses }: ReceiverInit): void {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const inner = family === 'ipv6' ? embeddedIpv4(address) : undefined
  if (inner !== undefined) {
    requireReachable(inner, { privateAddresses })
    return
  }
  const bare = address.split('%', 1)[0] ?? address
  if (NEVER.check(bare, family)) throw refused(address, 'is no address for webhooks')
  if (!privateAddresses && PRIVATE.check(bare, family)) {
    throw refused(address, 'is in a private network: the setting webhooks.privateAddresses allows it')
  }
}

function refused(address: string, why: string): SuretyError {
  return new SuretyError('NOT_PERMITTED', `${address} ${why}`)
}

/** An address that was checked. The connection goes there, and the name is not looked up again. */
export interface Receiver {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * Looks the host of a URL up. One address that is refused refuses the name.
 *
 * @throws `NOT_PERMITTED`, or the system's error for a name without an address.
 */
export async function receiverOf(url: URL, init: ReceiverInit): Promise<Receiver> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host, family: isIP(host) }]
  for (const { address } of found) requireReachable(address, init)
  const [first] = found
  if (first === undefined) throw new SuretyError('NOT_FOUND', `${host} has no address`)
  return { address: first.address, family: first.family === 6 ? 6 : 4 }
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** @throws `INPUT_MALFORMED` for what is no URL of a webhook; `NOT_PERMITTED` for an address that is refused. */
export function requireWebhookUrl(text: string, init: ReceiverInit): void {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw malformed('the URL of a webhook is https://HOST/PATH, without a user and without #')
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.includes(url.hostname))) {
    throw malformed('the URL of a webhook begins with https://, or with http:// to this machine')
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0) requireReachable(host, init)
}

function malformed(message: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', message)
}
