import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CGROUP2 } from '../support/processes/test-freezer.ts'

/** Several devices on one machine, each with processes and a network of its own. */

const IP = '/usr/sbin/ip'

/** Devices of their own need root, cgroup v2, ip, unshare and nsenter. */
export const CAN_ISOLATE =
  CGROUP2 !== undefined && [IP, '/usr/bin/unshare', '/usr/bin/nsenter'].every((path) => existsSync(path))

function ip(...args: readonly string[]): void {
  execFileSync(IP, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** A bridge of this machine, and namespaces behind it. No packet leaves the machine. */
export function isolatedNetworks(count: number) {
  const id = process.pid % 100_000
  const bridge = `sb${id}`
  const subnet = `10.${77 + (id % 100)}.${id % 250}`
  const names = Array.from({ length: count }, (_, at) => `surety-${id}-${at}`)
  const remove = () => {
    for (const name of names) if (existsSync(`/run/netns/${name}`)) ip('netns', 'delete', name)
    if (existsSync(`/sys/class/net/${bridge}`)) ip('link', 'delete', bridge)
  }
  try {
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('address', 'add', `${subnet}.1/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    for (const [at, name] of names.entries()) {
      const link = `sv${id}-${at}`
      ip('netns', 'add', name)
      ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('link', 'set', link, 'master', bridge, 'up')
      ip('-n', name, 'address', 'add', `${subnet}.${10 + at}/24`, 'dev', 'eth0')
      for (const device of ['lo', 'eth0']) ip('-n', name, 'link', 'set', device, 'up')
    }
  } catch (error) {
    remove()
    throw error
  }
  return { address: `${subnet}.1`, names, [Symbol.dispose]: remove }
}

/** Goes before a command, which then has this network, and processes that nothing outside is among. */
export function isolatedBy(network: string): readonly string[] {
  const namespaces = ['/usr/bin/nsenter', `--net=/run/netns/${network}`, '/usr/bin/unshare', '--pid', '--fork']
  return [...namespaces, '--kill-child', '--mount-proc']
}
