/** A process with thousands of simulated devices. The benchmark `connections` controls it over IPC. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, createSecureContext, type TLSSocket } from 'node:tls'
import { toBase64Url } from '../src/base/bytes.ts'
import { fullJitterMs } from '../src/base/clock.ts'
import { ZERO_HASH } from '../src/crypto/hash.ts'
import { splitJws } from '../src/crypto/jws.ts'
import { backoffOf } from '../src/daemon/stream/refusal.ts'
import { jwsKindOf } from '../src/protocol/messages/jws-types.ts'
import type { FleetAnswer, FleetOrder, Returned, StopTimes } from './fleet.ts'
import { connectMinimally, type MinimalWebSocket } from './minimal-websocket.ts'
import { attestSoftwareDevice, nextBatch, type SoftwareDevice, signedBatch } from './software-device.ts'

interface Member {
  readonly device: SoftwareDevice
  readonly localAddress: string
  wire?: MinimalWebSocket
}

/** No CA store of the system, which costs more than the handshake. */
const context = createSecureContext({ minVersion: 'TLSv1.3', ca: [] })
const members: Member[] = []
const EVIDENCE_BYTES = 1_000
/** One agent with three processes. */
const STOP_RECEIPT = {
  method: 'cgroup2',
  agents: [
    {
      agent: 'a'.repeat(32),
      product: 'claude-code',
      user: 'alice',
      processes: [101, 102, 103].map((pid) => ({ pid, startedAt: 1, executable: '/usr/local/bin/node' })),
    },
  ],
  agentCount: 1,
  processCount: 3,
  confirmedAt: 1,
  network: 'cut',
  missed: [],
  weaknesses: [],
  pausedMs: 9,
}
/** Roughly the bytes of a device's handshake and first batch. */
const BARE_BYTES = 3_000
const bareSockets: TLSSocket[] = []

process.on('message', async (order: FleetOrder) => {
  const answer: FleetAnswer = { value: await execute(order).catch((error: unknown) => ({ failed: String(error) })) }
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())

async function execute(order: FleetOrder): Promise<unknown> {
  switch (order.kind) {
    case 'make':
      return Array.from({ length: order.count }, (_, at) => make(order.first + at, order.perAddress))
    case 'connect':
      return await inGroups(members, order.atOnce, (member) => join(member, order))
    case 'report':
      return await inGroups(members, order.atOnce, report)
    case 'work':
      return await work(order)
    case 'drop':
      for (const { wire } of members) wire?.destroy()
      return await Promise.all(members.map(({ wire }) => wire?.closed)).then(() => undefined)
    case 'return':
      return await Promise.all(members.map((member) => reconnect(member, order)))
    case 'await-order':
      return await members.find(({ device }) => device.id === order.device)?.wire?.next()
    case 'answer-stop':
      return await Promise.all(members.map(answerStop))
    case 'bare':
      bareSockets.push(...(await inGroups(Array.from({ length: order.count }), order.atOnce, () => bare(order.port))))
      return undefined
    case 'bare-send':
      for (const socket of bareSockets) socket.write(Buffer.alloc(BARE_BYTES))
      return undefined
    case 'bare-drop':
      for (const socket of bareSockets.splice(0)) socket.destroy()
      return undefined
    default:
      return order satisfies never
  }
}

function make(number: number, perAddress: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = `dev_${toBase64Url(Buffer.from(String(number).padStart(16, '0')))}`
  const network = 256 + Math.floor(number / perAddress)
  const localAddress = `127.${1 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}`
  const device = { id, epoch: 1, privateKey, sequence: 0, head: toBase64Url(ZERO_HASH) }
  members.push({ device, localAddress })
  return { id, applicationKey: toBase64Url(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))) }
}

/** @returns whether the directory continues at the chain position of the device. */
async function join(member: Member, { port, ca }: { port: number; ca: string }): Promise<boolean> {
  const { device, localAddress } = member
  const wire = await connectMinimally({ port, localAddress, context, directoryCa: Buffer.from(ca, 'base64url') })
  const welcome = await attestSoftwareDevice(device, wire)
  member.wire = wire
  return welcome.sequence === device.sequence && welcome.head === device.head
}

async function report({ device, wire }: Member): Promise<void> {
  if (wire === undefined) throw new Error('not connected')
  const acknowledged = new Promise<void>((resolve) => {
    wire.onFrame = (frame) => {
      if (jwsKindOf(frame) !== 'ack') return
      if (JSON.parse(splitJws('ack', frame).payload).sequence === device.sequence) resolve()
    }
  })
  wire.send(nextBatch(device, EVIDENCE_BYTES))
  await acknowledged
  wire.onFrame = () => undefined
}

function answerStop({ device, wire }: Member): Promise<StopTimes> {
  if (wire === undefined) throw new Error('not connected')
  return new Promise((resolve) => {
    let orderedAt = 0
    wire.onFrame = (frame) => {
      const kind = jwsKindOf(frame)
      if (kind === 'order') {
        orderedAt = performance.timeOrigin + performance.now()
        const { id, number } = JSON.parse(splitJws('order', frame).payload)
        const receipt = { order: id, number, outcome: 'done', time: Math.floor(orderedAt), stop: STOP_RECEIPT }
        wire.send(signedBatch(device, { receipts: [receipt] }))
      }
      if (kind === 'ack' && JSON.parse(splitJws('ack', frame).payload).sequence === device.sequence && orderedAt > 0) {
        wire.onFrame = () => undefined
        resolve({ orderedAt, acknowledgedAt: performance.timeOrigin + performance.now() })
      }
    }
  })
}

/** Devices report one after the other, at the given rate. */
async function work({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<void> {
  const count = perSecond * seconds
  for (let sent = 0; sent < count; sent++) {
    const member = members[Math.floor((sent * members.length) / count)]
    if (member !== undefined) await report(member)
    await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond))
  }
}

/** Reconnects like a daemon: with jitter, until it succeeds. */
async function reconnect(member: Member, order: { port: number; ca: string }): Promise<Returned> {
  const start = performance.now()
  const { baseMs, capMs, leastMs } = backoffOf('DIRECTORY_UNREACHABLE')
  for (let attempt = 0; ; attempt++) {
    const waitMs = leastMs + fullJitterMs(attempt, { baseMs, capMs, random: Math.random })
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    try {
      const resumed = await join(member, order)
      return { resumed, tries: attempt + 1, afterMs: performance.now() - start }
    } catch {
      // Disconnected or refused: try again.
    }
  }
}

async function bare(port: number) {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, secureContext: context })
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return socket
}

async function inGroups<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T) // at < items.length
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
