import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type Benchmark, median, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { opensslVerifyRate } from './machine-limits.ts'
import { cpuSeconds } from './process-usage.ts'
import {
  connectSoftwareDevice,
  enrolSoftwareDevice,
  type Link,
  nextBatch,
  type SoftwareDevice,
} from './software-device.ts'

const DEVICES = sizeOf(40, { small: 4 })
const BATCH_BYTES = 4000
const BATCHES_PER_DEVICE = sizeOf(512, { small: 32 })
/** WebSocket frames in one write to the socket. */
const FRAMES_PER_WRITE = 16

export const ingest: Benchmark = {
  name: 'ingest',
  about: 'durable batches of 4 KB per second on one core, verified and acknowledged, beside OpenSSL verifying there',
  unit: 'batches/s',
  limit: '0.45 of OpenSSL; two cores 1.7 times one',
  async run(report) {
    buildBundle('surety-directory')
    const one = await onCores('0')
    const against =
      `openssl speed ecdsap256 verify ${rounded(one.limit)}/s on that core; limit 0.45, aim 0.55; ` +
      `${rounded(one.cpuEach * 1e6)} µs of CPU each, ${rounded(one.rate * one.cpuEach * 100)} % of that core`
    report({ name: 'ingest', value: rounded(one.rate), unit: 'batches/s', ratio: rounded(one.ratio), against })
    // The sender runs on the same two cores.
    const two = await onCores('0,1')
    report({
      name: 'ingest-two-cores',
      value: rounded(two.rate),
      unit: 'batches/s',
      ratio: rounded(two.rate / one.rate),
      against:
        `one core ${rounded(one.rate)}/s; limit 1.7; ${rounded(two.cpuEach * 1e6)} µs of CPU each, ` +
        `${rounded(two.rate * two.cpuEach * 100)} % of a core, ${rounded(two.senderShare * 100)} % for the sender`,
    })
  },
}

interface Run {
  readonly rate: number
  /** CPU seconds of the directory per batch. */
  readonly cpuEach: number
  /** The part of one core that the sender uses. */
  readonly senderShare: number
}

/** The medians of three runs. */
async function onCores(cores: string): Promise<Run & { limit: number; ratio: number }> {
  await using server = await startDirectoryServer({ cores })
  const runs: (Run & { limit: number; ratio: number })[] = []
  await ingestRun(server) // compiles the code: a directory runs for months
  for (let run = 0; run < 3; run++) {
    const limit = opensslVerifyRate(0)
    const one = await ingestRun(server)
    runs.push({ ...one, limit, ratio: one.rate / limit })
  }
  const middle = (of: keyof (typeof runs)[number]) => median(runs.map((run) => run[of]))
  return {
    rate: middle('rate'),
    cpuEach: middle('cpuEach'),
    senderShare: middle('senderShare'),
    limit: middle('limit'),
    ratio: middle('ratio'),
  }
}

export async function ingestRun(server: DirectoryServer): Promise<Run> {
  const devices: SoftwareDevice[] = []
  for (let i = 0; i < DEVICES; i++) devices.push(await enrolSoftwareDevice(await server.token(), server.ca))
  const links = await Promise.all(devices.map((device) => connectSoftwareDevice(device, server.url, server.ca)))
  // Signed and framed before the measurement, which is about the directory.
  const writes = devices.map((device) =>
    Array.from({ length: BATCHES_PER_DEVICE / FRAMES_PER_WRITE }, () =>
      Buffer.concat(Array.from({ length: FRAMES_PER_WRITE }, () => maskedFrame(nextBatch(device, BATCH_BYTES)))),
    ),
  )
  const cpu = cpuSeconds(server.pid)
  const own = process.cpuUsage()
  const start = performance.now()
  await Promise.all(links.map((link, index) => sendAll(link, writes[index] ?? [])))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(own)
  const count = DEVICES * BATCHES_PER_DEVICE
  const cpuEach = (cpuSeconds(server.pid) - cpu) / count
  for (const { socket } of links) socket.terminate()
  return { rate: count / seconds, cpuEach, senderShare: (user + system) / 1e6 / seconds }
}

/** A masked text message of a client (RFC 6455 section 5.2). */
function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0)
  const size = Buffer.alloc(2)
  size.writeUInt16BE(payload.length)
  return Buffer.concat([Buffer.of(0x81, 0x80 | 126), size, mask, payload])
}

/** Resolves when the last frame is acknowledged. */
async function sendAll(link: Link, writes: readonly Buffer[]): Promise<void> {
  const acknowledged = new Promise<void>((resolve, reject) => {
    link.onAck = (sequence) => {
      if (sequence === writes.length * FRAMES_PER_WRITE) resolve()
    }
    link.socket.once('close', () => reject(new Error('the directory closed the connection')))
  })
  acknowledged.catch(() => undefined)
  for (const write of writes) if (!link.tls.write(write)) await once(link.tls, 'drain')
  await acknowledged
}
