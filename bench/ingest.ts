import { type Benchmark, median, rounded } from './benchmark.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { opensslVerifyRate } from './limits.ts'
import {
  connectSoftwareDevice,
  enrolSoftwareDevice,
  type Link,
  nextBatch,
  type SoftwareDevice,
} from './software-device.ts'

const DEVICES = 40
const BATCH_BYTES = 4000
const BATCHES_A_DEVICE = 500
/** Frames in a socket's buffer before the sender waits. Bytes. */
const BUFFERED_BYTES = 256 * 1024

/** Evidence of 4 KB over TLS WebSocket: verified, schema-checked, committed durably, acknowledged. */
export const ingest: Benchmark = {
  name: 'ingest',
  about: 'durable evidence a second on one core beside OpenSSL verifying on that core',
  async run(report) {
    buildBundle('surety-directory')
    await using server = await startDirectoryServer({ cores: '0' })
    const runs: { rate: number; limit: number }[] = []
    for (let run = 0; run < 3; run++) {
      const limit = opensslVerifyRate(0)
      runs.push({ rate: await ingestRate(server), limit })
    }
    const rate = median(runs.map((each) => each.rate))
    const ratio = median(runs.map((each) => each.rate / each.limit))
    const limit = median(runs.map((each) => each.limit))
    const against = `openssl speed ecdsap256 verify ${rounded(limit)}/s on that core; limit 0.45, aim 0.55`
    report({ name: 'ingest', value: rounded(rate), unit: 'batches/s', ratio: rounded(ratio), against })
  },
}

type Server = Awaited<ReturnType<typeof startDirectoryServer>>

async function ingestRate(server: Server): Promise<number> {
  const devices: SoftwareDevice[] = []
  for (let i = 0; i < DEVICES; i++) devices.push(await enrolSoftwareDevice(await server.token(), server.ca))
  const links = await Promise.all(devices.map((device) => connectSoftwareDevice(device, server.url, server.ca)))
  // Signed beforehand: what is measured is the directory.
  const frames = devices.map((device) => Array.from({ length: BATCHES_A_DEVICE }, () => nextBatch(device, BATCH_BYTES)))
  const start = performance.now()
  await Promise.all(links.map((link, index) => sendAll(link, frames[index] ?? [])))
  const seconds = (performance.now() - start) / 1000
  for (const { socket } of links) socket.terminate()
  return (DEVICES * BATCHES_A_DEVICE) / seconds
}

/** Resolves when the last frame is acknowledged. */
async function sendAll(link: Link, frames: readonly string[]): Promise<void> {
  const acknowledged = new Promise<void>((resolve, reject) => {
    link.onAck = (sequence) => {
      if (sequence === frames.length) resolve()
    }
    link.socket.once('close', () => reject(new Error('the directory closed the connection')))
  })
  acknowledged.catch(() => undefined)
  for (const frame of frames) {
    if (link.socket.bufferedAmount > BUFFERED_BYTES) {
      await new Promise<void>((resolve) => link.socket.send(frame, () => resolve()))
    } else {
      link.socket.send(frame)
    }
  }
  await acknowledged
}
