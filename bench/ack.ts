import { setTimeout as delay } from 'node:timers/promises'
import { type Benchmark, quantile, rounded, sizeOf } from './benchmark.ts'
import { startDirectoryServer } from './directory-server.ts'
import { pageSyncMs } from './machine-limits.ts'
import { connectSoftwareDevice, enrolSoftwareDevice, nextBatch } from './software-device.ts'

const DEVICES = 40
const SECONDS = sizeOf(10, { small: 1 })
const BATCH_BYTES = 4000
/** A tenth of the rate of `ingest` on such a machine. */
const BATCHES_A_SECOND = 800

export const ack: Benchmark = {
  name: 'ack',
  about: 'time from a batch to its durable acknowledgement, at a tenth of the ingest load',
  unit: 'ms',
  limit: 'median and p99 at most three page syncs plus 1 ms',
  async run(report) {
    await using server = await startDirectoryServer({ cores: '0' })
    const syncBefore = pageSyncMs()
    const times: number[] = []
    const links = await Promise.all(
      Array.from({ length: DEVICES }, async () => {
        const device = await enrolSoftwareDevice(await server.token(), server.ca)
        return { device, link: await connectSoftwareDevice(device, server.url, server.ca) }
      }),
    )
    const start = performance.now()
    for (let sent = 0; sent < BATCHES_A_SECOND * SECONDS; sent++) {
      const dueMs = (sent * 1000) / BATCHES_A_SECOND - (performance.now() - start)
      if (dueMs > 1) await delay(dueMs)
      const each = links[sent % DEVICES]
      if (each === undefined) continue
      const frame = nextBatch(each.device, BATCH_BYTES)
      const { sequence } = each.device
      const sentAt = performance.now()
      each.link.onAck = (acknowledged) => {
        if (acknowledged >= sequence) times.push(performance.now() - sentAt)
      }
      each.link.socket.send(frame)
    }
    await delay(500)
    const syncMs = (syncBefore + pageSyncMs()) / 2
    const limitMs = 3 * syncMs + 1
    const goal = `three fdatasyncs of a page (${rounded(syncMs)} ms each) plus 1 ms = ${rounded(limitMs)} ms`
    for (const [name, fraction] of [['ack', 0.5] as const, ['ack-p99', 0.99] as const]) {
      const value = quantile(times, fraction)
      report({
        name,
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / limitMs),
        against: `${goal}; ${times.length} acks`,
      })
    }
    for (const { link } of links) link.socket.terminate()
  },
}
