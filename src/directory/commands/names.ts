import { isIPv6 } from 'node:net'
import type { DirectoryConfig } from '../../config/directory.ts'

/** By what names a directory is reached: what its certificates are for, and what it tells others. */

const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
const LOOPBACK = ['localhost', '127.0.0.1', '::1']

type Hosts = Pick<DirectoryConfig, 'names' | 'devices.host' | 'api.host'>

/** @returns the names of the certificates; the first is what enrolment strings name. */
export function certificateNames(config: Hosts, hostname: string): readonly string[] {
  const hosts = [config['devices.host'], config['api.host']].filter((host) => ANY[host] === undefined)
  const own = ANY[config['devices.host']] === undefined ? [] : [hostname]
  return [...new Set([...config.names, ...own, ...hosts, ...LOOPBACK])]
}

/** Where a listener is reached from its own machine. */
export function addressOf(host: string, port: number): string {
  const name = ANY[host] ?? host
  return `${isIPv6(name) ? `[${name}]` : name}:${port}`
}
