import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseEnrolmentString } from '../src/protocol/messages/enrolment-string.ts'
import { jwsKindOf } from '../src/protocol/messages/jws-types.ts'
import { DEVICE, type FakeWire, fakeDirectory, sampleOrder, ZEROS } from '../test/support/daemon/fake-directory.ts'
import * as samples from '../test/support/protocol/frame-samples.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { type DaemonRun, daemonFolder } from './daemon-process.ts'
import { buildBundle } from './directory-server.ts'
import { residentBytes } from './process-usage.ts'

const CYCLES = sizeOf(100_000, { small: 200 })
/** The first cycles load code and fill caches. */
const WARM_UP_CYCLES = sizeOf(5_000, { small: 20 })
/** One order to attest per hour: challenge, attestation, result, and a receipt in evidence. Pings come twice a minute. */
const CYCLES_PER_ORDER = 120
const MB = 1_000_000
const DISCOVERY_SECONDS = 5
/** Long enough for three releases of memory: discovery has up to thirty seconds of jitter. */
const SETTLING_SECONDS = sizeOf(3 * (DISCOVERY_SECONDS + 30), { small: 2 })
const SCHEDULES = [
  ...['--schedules-processes', '* * * * * *'],
  ...['--schedules-discovery', `*/${DISCOVERY_SECONDS} * * * * *`],
]

export const idleCycles: Benchmark = {
  name: 'idle-cycles',
  about: `memory growth of the daemon in ${CYCLES} cycles of pings, attestations, evidence and scans`,
  unit: 'MB',
  limit: '2 MB',
  async run(report) {
    buildBundle('suretyd')
    const counts = { pings: 0, attestations: 0, batches: 0, connections: 0 }
    const live = new LiveWire(counts)
    await using directory = await fakeDirectory((wire) => live.serve(wire))
    const enrolment = parseEnrolmentString(directory.enrolment)
    using folder = daemonFolder({ enrolment, args: ['--keys', 'software', ...SCHEDULES] })
    const daemon = folder.start()
    try {
      await daemon.until('complete')
      await live.cycles(WARM_UP_CYCLES)
      const before = await settledBytes(daemon)
      const startedAt = performance.now()
      await live.cycles(CYCLES)
      const seconds = (performance.now() - startedAt) / 1000
      const after = await settledBytes(daemon)
      const { pings, attestations, batches, connections } = counts
      report({
        name: 'idle-cycles',
        value: rounded((after - before) / MB),
        unit: 'MB',
        ratio: rounded((after - before) / (2 * MB)),
        against:
          `limit 2 MB more after ${CYCLES} cycles (${rounded(seconds)} s); RssAnon ${rounded(before / MB)} MB, then ` +
          `${rounded(after / MB)} MB; ${pings} pings, ${attestations} attestations, ${batches} batches of evidence, ` +
          `${connections} connection(s)`,
      })
    } finally {
      await daemon.stop()
    }
  },
}

/** The minimum while the daemon releases memory several times. */
async function settledBytes({ pid }: DaemonRun): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let second = 0; second < SETTLING_SECONDS; second++) {
    await delay(1_000)
    least = Math.min(least, residentBytes(pid).anonymous)
  }
  return least
}

interface Counts {
  pings: number
  attestations: number
  batches: number
  connections: number
}

/** A directory that acknowledges everything, on any connection of the daemon. */
class LiveWire {
  readonly #counts: Counts
  #wire = Promise.withResolvers<FakeWire>()
  #position = { sequence: 0, head: ZEROS }
  #order = 0
  #attested = Promise.withResolvers<void>()

  constructor(counts: Counts) {
    this.#counts = counts
  }

  async serve(wire: FakeWire): Promise<void> {
    this.#counts.connections++
    await wire.welcome({ ...this.#position, order: this.#order })
    this.#wire.resolve(wire)
    try {
      for (;;) await this.#take(wire, await wire.next())
    } finally {
      this.#wire = Promise.withResolvers()
    }
  }

  async #take(wire: FakeWire, frame: string): Promise<void> {
    switch (jwsKindOf(frame)) {
      case 'evidence': {
        const sequence = this.#position.sequence + 1
        this.#position = { sequence, head: createHash('sha256').update(frame).digest('base64url') }
        this.#counts.batches++
        return await wire.ack(this.#position)
      }
      case 'attestation':
        this.#counts.attestations++
        await wire.result({ ...samples.result, device: DEVICE, time: Date.now() })
        return this.#attested.resolve()
      case undefined:
        await wire.challenge()
        return
      default:
        throw new TypeError(`unexpected frame: ${frame.slice(0, 80)}`)
    }
  }

  async cycles(count: number): Promise<void> {
    for (let cycle = 1; cycle <= count; cycle++) {
      const wire = await this.#wire.promise
      await wire.ping()
      this.#counts.pings++
      if (cycle % CYCLES_PER_ORDER === 0) await this.#orderAttestation(wire)
    }
  }

  async #orderAttestation(wire: FakeWire): Promise<void> {
    this.#attested = Promise.withResolvers()
    const number = ++this.#order
    const id = `ord_${Buffer.from(String(number).padStart(16, '0')).toString('base64url')}`
    await wire.order(sampleOrder({ id, number, kind: 'attest', notAfter: Date.now() + 3_600_000 }))
    await this.#attested.promise
  }
}
