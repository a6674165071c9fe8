import { once } from 'node:events'
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import { SUBPROTOCOL } from '../src/protocol/messages/version.ts'

/**
 * One attacking process, until it is killed: `siege-attacker.ts KIND PORT ADDRESS,… COUNT [FRAME …]`. Prints the outcomes of
 * its connections every second.
 */

const [kind, port = '', addresses = '', count = '', ...frames] = process.argv.slice(2)
const sources = addresses.split(',')
const outcomes: Record<string, number> = {}
const countOutcome = (outcome: string) => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}
const target = (at: number): TcpNetConnectOpts & { rejectUnauthorized: boolean } => ({
  host: '127.0.0.1',
  port: Number(port),
  rejectUnauthorized: false,
  localAddress: sources[at % sources.length] ?? '127.0.0.2',
})

/** Connects and sends nothing. */
async function halfOpen(at: number): Promise<void> {
  const socket = connect(target(at)).on('error', () => undefined)
  socket.resume()
  await once(socket, 'close').catch(() => undefined)
  countOutcome('closed')
  await delay(5_000)
}

/** Sends a ClientHello at one byte per second. */
async function slow(at: number): Promise<void> {
  const socket: Socket = connect(target(at)).on('error', () => undefined)
  const closed = once(socket.resume(), 'close').catch(() => undefined)
  const record = Buffer.from([22, 3, 1, 2, 0, 1, ...Array(500).fill(0)])
  for (let sent = 0; !socket.destroyed && sent < record.length; sent++) {
    socket.write(record.subarray(sent, sent + 1))
    await Promise.race([delay(1_000), closed])
  }
  countOutcome('closed')
  await delay(1_000)
}

/** Completes a TLS handshake and sends nothing more. */
async function silent(at: number): Promise<void> {
  const socket = connectTls(target(at)).on('error', () => undefined)
  await once(socket.resume(), 'close').catch(() => undefined)
  countOutcome('closed')
}

/** Connects like a device and sends false frames. */
async function lie(at: number): Promise<void> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, SUBPROTOCOL, { ...target(at), perMessageDeflate: false })
  socket.on('error', () => undefined)
  socket.on('open', () => {
    for (const frame of frames) socket.send(frame)
  })
  socket.on('message', (data) => {
    const text = String(data)
    if (text.startsWith('{')) countOutcome(String(JSON.parse(text).code))
  })
  await once(socket, 'close').catch(() => undefined)
  countOutcome('ended')
}

const KINDS: Readonly<Record<string, (at: number) => Promise<void>>> = { halfOpen, slow, silent, lie }
const work = KINDS[kind ?? '']
if (work === undefined) throw new TypeError(`no attack called ${kind}`)
const worker = async (at: number) => {
  // Spreads the connections over four seconds.
  await delay((at * 4_000) / Number(count))
  for (;;) await work(at)
}
setInterval(() => process.stdout.write(`${JSON.stringify(outcomes)}\n`), 1_000)
await Promise.all(Array.from({ length: Number(count) }, (_, at) => worker(at)))
