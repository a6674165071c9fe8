import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { utf8 } from '../../src/base/bytes.ts'
import { parseEnrolmentString } from '../../src/protocol/enrolment-string.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { runningDirectory } from '../support/running-directory.ts'
import { nextAck, ZEROS } from '../support/scripted-device.ts'
import { rawFrame, rawWebSocket } from './raw-websocket.ts'

/** Floods before authentication, from few addresses: those who are known keep their service, and memory is bounded. */

const FLOOD = 2_000
const HELLOS = 1_000
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'] as const
const addressOf = (at: number) => ADDRESSES[at % ADDRESSES.length] ?? ''
/** How many sockets one address may hold: see `pending-sockets.ts`. */
const HELD = ADDRESSES.length * (Math.ceil(LIMITS.pendingSocketsPerAddress * 1.125) + 1)
const PATIENCE_MS = 180_000

type Running = Awaited<ReturnType<typeof runningDirectory>>

/** A device at work says one thing after the other until `flood` is over. */
async function withKnownDevice(running: Running, name: string, flood: () => Promise<void>): Promise<number> {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const latenciesMs: number[] = []
  let over = false
  const flooded = flood().finally(() => {
    over = true
  })
  const residentBefore = process.memoryUsage().rss
  while (!over || latenciesMs.length < 20) {
    const startedAt = performance.now()
    wire.send(await device.batch())
    expect(await nextAck(wire)).toEqual({ sequence: device.sequence, head: device.head })
    latenciesMs.push(performance.now() - startedAt)
  }
  await flooded
  const grownMb = (process.memoryUsage().rss - residentBefore) / 2 ** 20
  const p99 = latenciesMs.sort((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? 0
  process.stderr.write(
    `${name}: ${latenciesMs.length} acknowledgements, p99 ${p99.toFixed(1)} ms, RSS of both ends ${grownMb.toFixed(0)} MB more\n`,
  )
  return grownMb
}

test(
  'half-open sockets',
  async () => {
    await using running = await runningDirectory()
    const sockets: Socket[] = []
    const grownMb = await withKnownDevice(running, `${FLOOD} half-open sockets`, async () => {
      for (let i = 0; i < FLOOD; i++) {
        const init = { host: '127.0.0.1', port: running.directory.devicesPort, localAddress: addressOf(i) }
        const socket = connectTcp(init).on('error', () => undefined)
        sockets.push(socket)
        await once(socket, 'connect').catch(() => undefined)
      }
      // Those that the directory does not want it has closed.
      const held = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length
      for (const socket of sockets) socket.resume()
      while (held() > HELD) await new Promise((resolve) => setImmediate(resolve))
      expect((await running.device().enrol(await running.token())).welcome.status).toBe('accepted')
    })
    expect(grownMb).toBeLessThan(256)
    for (const socket of sockets) socket.destroy()
  },
  PATIENCE_MS,
)

const hello = (says: object) =>
  JSON.stringify({
    ...{ type: 'hello', protocol: 1, ...says },
    ...{ epoch: 1, sequence: 0, head: ZEROS, order: 0, clock: 1 },
  })

type Lies = (running: Running) => Promise<readonly string[]>

test.each<[string, string, number, Lies]>([
  [
    'hellos of devices that nobody knows',
    'DEVICE_UNKNOWN',
    0,
    async () => [hello({ device: `dev_${'A'.repeat(22)}` })],
  ],
  [
    'hellos with tokens that nobody knows',
    'TOKEN_UNKNOWN',
    0,
    async () => [hello({ token: { id: `tok_${'A'.repeat(22)}`, secret: ZEROS } })],
  ],
  [
    'enrolments with a good token and a bad attestation, of which a hundred are on the record',
    'SIGNATURE_HEADER_REFUSED',
    100,
    async (running) => {
      const { token, secret } = parseEnrolmentString((await running.tokenWithId({ uses: 2 })).enrolment)
      return [hello({ token: { id: token, secret } }), 'no.real.attestation']
    },
  ],
])(
  '%s',
  async (name, code, recorded, lies) => {
    await using running = await runningDirectory()
    const frames = (await lies(running)).map((text) => rawFrame({ opcode: 1, payload: utf8(text) }))
    const told: Record<string, number> = {}
    const one = async (at: number) => {
      const raw = await rawWebSocket({ port: running.directory.devicesPort, localAddress: addressOf(at) })
      raw?.socket.write(Buffer.concat(frames))
      const { said = '' } = (await raw?.ended) ?? {}
      const outcome = said === '' ? 'cut off' : String(JSON.parse(said).code)
      told[outcome] = (told[outcome] ?? 0) + 1
    }
    await withKnownDevice(running, `${HELLOS} ${name}`, async () => {
      let next = 0
      const flooder = async () => {
        while (next < HELLOS) await one(next++)
      }
      await Promise.all(Array.from({ length: 100 }, flooder))
    })
    expect(told).toEqual({ [code]: HELLOS })
    expect(running.rows("SELECT kind FROM events WHERE kind NOT IN ('token-created', 'enrolled')")).toEqual(
      Array(recorded).fill({ kind: 'enrolment-refused' }),
    )
  },
  PATIENCE_MS,
)
