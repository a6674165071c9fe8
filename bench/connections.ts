import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { jwsKindOf } from '../src/protocol/jws-types.ts'
import { type Benchmark, quantile, rounded } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { connectSoftwareDevice, enrolSoftwareDevice, type Link, type SoftwareDevice } from './software-device.ts'

const DEVICES = 10_000
const AT_ONCE = 40
const BARE_CONNECTIONS = 2_000
const ORDERS = 200

/** Ten thousand devices on one directory process: memory, handshake, a storm of returns, an order to one of them. */
export const connections: Benchmark = {
  name: 'connections',
  about: `${DEVICES} devices over TLS on one directory: memory and CPU each, then all drop and return`,
  async run(report) {
    buildBundle('surety-directory')
    const bareSeconds = await bareHandshakeSeconds()
    await using server = await startDirectoryServer({ cores: '0' })
    const devices = await inGroups(Array.from({ length: DEVICES }), async () =>
      enrolSoftwareDevice(await server.token(), server.ca),
    )
    await delay(2_000)
    const before = residentBytes(server.pid).rss
    const cpuBefore = cpuSeconds(server.pid)
    const links = await connectAll(devices, server)
    const cpuEach = (cpuSeconds(server.pid) - cpuBefore) / DEVICES
    const bytesEach = (residentBytes(server.pid).rss - before) / DEVICES
    report({
      name: 'connections-memory',
      value: rounded(bytesEach / 1000),
      unit: 'KB',
      ratio: rounded(bytesEach / 60_000),
      against: `60 KB a device, ${links.length} connected`,
    })
    report({
      name: 'connections-handshake',
      value: rounded(cpuEach * 1000),
      unit: 'ms',
      ratio: rounded(cpuEach / bareSeconds),
      against: `CPU of a bare TLS server's handshake ${rounded(bareSeconds * 1000)} ms; limit 2.5 times`,
    })
    for (const { socket } of links) socket.terminate()
    const start = performance.now()
    const again = await connectAll(devices, server)
    const seconds = (performance.now() - start) / 1000
    const lost = devices.filter((device, index) => again[index]?.welcome.sequence !== device.sequence).length
    report({
      name: 'connections-return',
      value: rounded(seconds),
      unit: 's',
      ratio: again.length / DEVICES,
      against: `all ${DEVICES} back after dropping at once, ${lost} lost`,
    })
    await measureOrders(server, devices, again, report)
    for (const { socket } of again) socket.terminate()
  },
}

async function measureOrders(
  server: DirectoryServer,
  devices: readonly SoftwareDevice[],
  links: readonly Link[],
  report: Parameters<Benchmark['run']>[0],
): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < ORDERS; i++) {
    const at = Math.floor((i * DEVICES) / ORDERS)
    const [device, link] = [devices[at], links[at]]
    if (device === undefined || link === undefined) continue
    const arrived = new Promise<void>((resolve) => {
      link.socket.on('message', (data) => {
        if (jwsKindOf(String(data)) === 'order') resolve()
      })
    })
    const start = performance.now()
    await server.ask('POST', `/devices/${device.id}/orders`, { kind: 'collect', reason: 'bench' })
    await arrived
    times.push(performance.now() - start)
  }
  const p99 = quantile(times, 0.99)
  const against = `p50 ${rounded(quantile(times, 0.5))} ms, from the API call to the device, ${links.length} connected`
  report({
    name: 'connections-order-p99',
    value: rounded(p99),
    unit: 'ms',
    ratio: rounded(p99 / quantile(times, 0.5)),
    against,
  })
}

function connectAll(devices: readonly SoftwareDevice[], server: DirectoryServer): Promise<Link[]> {
  return inGroups(devices, (device) => connectSoftwareDevice(device, server.url, server.ca))
}

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T) // at < length
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

async function bareHandshakeSeconds(): Promise<number> {
  const args = ['-c', '0', process.execPath, join(import.meta.dirname, 'bare-tls-server.ts')]
  const child = spawn('/usr/bin/taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { port } = JSON.parse(String(line))
  const before = cpuSeconds(child.pid ?? 0)
  await inGroups(Array.from({ length: BARE_CONNECTIONS }), async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    await once(socket, 'secureConnect')
    return socket
  }).then((sockets) => {
    for (const socket of sockets) socket.destroy()
  })
  const seconds = (cpuSeconds(child.pid ?? 0) - before) / BARE_CONNECTIONS
  child.kill('SIGTERM')
  return seconds
}
