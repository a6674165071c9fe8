import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck } from '../../support/directory/scripted-device.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The house filled from many addresses with sockets that say nothing, or the beginning of something. */

const address = (at: number, addresses: number) =>
  `127.0.${1 + ((at % addresses) >> 7)}.${1 + ((at % addresses) & 127)}`

async function besiege(
  port: number,
  init: { sockets: number; addresses: number; says?: Uint8Array },
): Promise<Socket[]> {
  const made: Socket[] = []
  for (let at = 0; at < init.sockets; at++) {
    const socket = connect({ host: '127.0.0.1', port, localAddress: address(at, init.addresses) })
    socket.on('error', () => undefined).resume()
    made.push(socket)
    await once(socket, 'connect').catch(() => undefined)
    if (init.says !== undefined) socket.write(init.says)
  }
  return made
}

const held = (sockets: readonly Socket[]) => sockets.filter((one) => !one.destroyed && !one.readableEnded).length

/** The first bytes of a ClientHello that never ends. */
const BEGINNING = Uint8Array.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])

test.each<[string, Uint8Array | undefined]>([
  ['nothing', undefined],
  ['the beginning of a ClientHello', BEGINNING],
])('three thousand sockets that say %s cost little, and others are served', async (_, says) => {
  const limits = { pendingSockets: 4_000, handshakeTimeoutMs: 120_000 }
  await using running = await runningDirectory({ limits })
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  // What is made once is not what a socket costs.
  const first = await besiege(running.directory.devicesPort, { sockets: 200, addresses: 50, ...(says && { says }) })
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const more = await besiege(running.directory.devicesPort, { sockets: 2_800, addresses: 50, ...(says && { says }) })
  wire.send(await device.batch())
  expect((await nextAck(wire)).sequence).toBe(1)
  const bytesEach = (process.memoryUsage().rss - before) / more.length
  process.stderr.write(`a half-open socket, both of its ends: ${Math.round(bytesEach / 1000)} KB\n`)
  expect(held([...first, ...more])).toBe(3_000)
  // Both ends are in this process: a TLS server alone would take 30 KB for its own.
  expect(bytesEach).toBeLessThan(20_000)
  for (const socket of [...first, ...more]) socket.destroy()
})

test('another network finds a place among the full slots, and the limit is kept', async () => {
  await using running = await runningDirectory({ limits: { pendingSockets: 200, handshakeTimeoutMs: 120_000 } })
  const port = running.directory.devicesPort
  const sockets = await besiege(port, { sockets: 1_000, addresses: 20, says: BEGINNING })
  await waitFor('226 sockets at most', () => held(sockets), { until: (count) => count <= 226, withinMs: 300_000 })
  for (let each = 0; each < 5; each++) {
    const device = running.device()
    const { wire, welcome } = await device.enrol(await running.token())
    expect(welcome.status).toBe('accepted')
    wire.close()
    await wire.closed
    const { wire: again } = await device.connect()
    again.send(await device.batch())
    expect((await nextAck(again)).sequence).toBe(1)
  }
  for (const socket of sockets) socket.destroy()
})
