import { isIPv6 } from 'node:net'
import type { DirectoryConfig } from '../../config/directory.ts'

/** Names and addresses under which a directory is reached. */

/** Addresses that mean all interfaces, and how to reach them from this machine. */
const ALL_INTERFACES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
const LOOPBACK = ['localhost', '127.0.0.1', '::1']

type Hosts = Pick<DirectoryConfig, 'names' | 'devices.host' | 'api.host'>

/** @returns the names for the certificates. The first one goes into enrolment strings. */
export function certificateNames(config: Hosts, hostname: string): readonly string[] {
  const hosts = [config['devices.host'], config['api.host']].filter((host) => ALL_INTERFACES[host] === undefined)
  const own = ALL_INTERFACES[config['devices.host']] === undefined ? [] : [hostname]
  return [...new Set([...config.names, ...own, ...hosts, ...LOOPBACK])]
}

/** The address of a listener, as reached from its own machine. */
export function addressOf(host: string, port: number): string {
  const name = ALL_INTERFACES[host] ?? host
  return `${isIPv6(name) ? `[${name}]` : name}:${port}`
}
