import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { utf8 } from '../../../src/base/bytes.ts'
import { ZERO_HASH } from '../../../src/crypto/hash.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, ZEROS } from '../../support/directory/scripted-device.ts'
import { retainedBytes } from '../../support/retained-bytes.ts'
import { waitFor } from '../../support/wait-for.ts'
import { ceremonies, GOOD } from '../ceremony/ceremonies.ts'
import { rawFrame, rawWebSocket } from './raw-websocket.ts'

/**
 * Floods before authentication, from few addresses: those who are known keep their service, and memory is bounded. A tenth
 * of each flood comes first, for what is made once is no leak.
 */

const HALF_OPEN = 20_000
const HELLOS = 1_000
/** From one address no more may be on their way. */
const AT_ONCE = LIMITS.pendingSocketsPerAddress - 4
/** With the tenth before. */
const allOf = (times: number) => times + times / 10
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'] as const
const addressOf = (at: number) => ADDRESSES[at % ADDRESSES.length] ?? ''
/** How many sockets one address may hold: see `pending-sockets.ts`. */
const HELD = ADDRESSES.length * (Math.ceil(LIMITS.pendingSocketsPerAddress * 1.125) + 1)
/** What a socket that is gone may leave behind, in both of its ends: half a kilobyte; after a hello a little more. */
const HALF_OPEN_BYTES = HALF_OPEN * 500
const HELLOS_BYTES = HELLOS * 800
/** Of the whole process, garbage included. */
const RESIDENT_MB = 256
/** A device at work does not do that alone. */
const WORK_EVERY_MS = 20

type Running = Awaited<ReturnType<typeof runningDirectory>>

/** Does `work` so many times, some at once. */
async function atOnce(times: number, work: (at: number) => Promise<void>, workers = AT_ONCE): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < times) await work(next++)
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

/**
 * A device at work says one thing after the other until `flood` is over.
 *
 * @returns by how many bytes what both ends hold has grown.
 */
async function withKnownDevice(
  running: Running,
  { name, times }: { readonly name: string; readonly times: number },
  flood: (times: number) => Promise<void>,
): Promise<number> {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  await flood(times / 10)
  const heldBefore = await retainedBytes()
  const residentBefore = process.memoryUsage().rss
  const latenciesMs: number[] = []
  let over = false
  const flooded = flood(times).finally(() => {
    over = true
  })
  while (!over || latenciesMs.length < 20) {
    const startedAt = performance.now()
    wire.send(await device.batch())
    expect(await nextAck(wire)).toEqual({ sequence: device.sequence, head: device.head })
    latenciesMs.push(performance.now() - startedAt)
    device.batches.length = 0 // it would remember them all
    await delay(WORK_EVERY_MS)
  }
  await flooded
  const residentMb = (process.memoryUsage().rss - residentBefore) / 2 ** 20
  const grown = (await retainedBytes()) - heldBefore
  const p99 = latenciesMs.sort((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? 0
  process.stderr.write(
    `${times} ${name}: ${latenciesMs.length} acknowledgements, p99 ${p99.toFixed(1)} ms; ` +
      `both ends hold ${Math.round(grown / 1000)} KB more, RSS ${residentMb.toFixed(0)} MB more\n`,
  )
  expect(residentMb).toBeLessThan(RESIDENT_MB)
  return grown
}

/** What looks right until the last check costs the directory most, and those who lie no less. */
const ENROLMENTS = 100
/** Both ends work in one process: with more at once a busy machine takes longer than one may take to authenticate. */
const ENROLLING = 10
/** The first of this file: mostly code that is compiled. */
const ENROLMENTS_BYTES = 4_000_000

test('enrolments with everything right but their connection', async () => {
  await using running = await runningDirectory()
  const enrolment = await running.token({ uses: 2, unbound: true })
  const told: Record<string, number> = {}
  const one = async () => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(enrolment))
    const elsewhere = { exporter: () => new Uint8Array(32) }
    wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), elsewhere, 'enrol')))
    const code = await wire.refusal()
    told[code] = (told[code] ?? 0) + 1
    await wire.closed
  }
  const name = 'enrolments made for another connection'
  const grown = await withKnownDevice(running, { name, times: ENROLMENTS }, (times) => atOnce(times, one, ENROLLING))
  expect(told).toEqual({ ATTESTATION_BINDING_MISMATCH: allOf(ENROLMENTS) })
  expect(running.rows('SELECT used FROM tokens WHERE used > 1')).toEqual([])
  expect(grown).toBeLessThan(ENROLMENTS_BYTES)
})

test('enrolments of a TPM with everything right but the final secret', async () => {
  await using own = await ceremonies()
  const token = await own.running.token({ minimumTier: 'tpm-attested', uses: 2 })
  const told: Record<string, number> = {}
  const one = async () => {
    const place = await own.challenged(GOOD, { token })
    await own.attest(place)
    await own.activate(place, ZERO_HASH)
    const code = await place.wire.refusal()
    told[code] = (told[code] ?? 0) + 1
    await place.wire.closed
  }
  const name = 'enrolments of a TPM with the wrong secret'
  const grown = await withKnownDevice(own.running, { name, times: ENROLMENTS }, (times) =>
    atOnce(times, one, ENROLLING),
  )
  expect(told).toEqual({ ATTESTATION_CREDENTIAL_WRONG: allOf(ENROLMENTS) })
  expect(own.running.rows('SELECT used FROM tokens WHERE used > 1')).toEqual([])
  expect(grown).toBeLessThan(ENROLMENTS_BYTES)
})

test('half-open sockets', async () => {
  await using running = await runningDirectory()
  const sockets = new Set<Socket>()
  const halfOpen = async (at: number) => {
    const init = { host: '127.0.0.1', port: running.directory.devicesPort, localAddress: addressOf(at) }
    // Of one for which the kernel had no room at the directory's end nobody would ever tell it: it asks.
    const asking = { keepAlive: true, keepAliveInitialDelay: 1_000 }
    const socket = connectTcp({ ...init, ...asking }).on('error', () => undefined)
    sockets.add(socket)
    // Those that the directory does not want it closes.
    socket.on('close', () => sockets.delete(socket)).resume()
    await once(socket, 'connect').catch(() => undefined)
  }
  const grown = await withKnownDevice(running, { name: 'half-open sockets', times: HALF_OPEN }, async (times) => {
    await atOnce(times, halfOpen)
    await waitFor(`${HELD} sockets at most`, () => sockets.size, { until: (size) => size <= HELD, withinMs: 300_000 })
    expect((await running.device().enrol(await running.token())).welcome.status).toBe('accepted')
  })
  expect(grown).toBeLessThan(HALF_OPEN_BYTES)
  for (const socket of sockets) socket.destroy()
})

const hello = (says: object) =>
  JSON.stringify({
    type: 'hello',
    protocol: 1,
    ...says,
    epoch: 1,
    sequence: 0,
    head: ZEROS,
    order: 0,
    clock: 1,
  })

type Lies = (running: Running) => Promise<readonly string[]>

test.each<[string, string, number, Lies]>([
  [
    'hellos of devices that nobody knows, and bad attestations',
    'SIGNATURE_HEADER_REFUSED',
    0,
    async () => [hello({ device: `dev_${'A'.repeat(22)}` }), 'no.real.attestation'],
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
      const { token, secret } = parseEnrolmentString((await running.tokenWithId({ uses: 2, unbound: true })).enrolment)
      return [hello({ token: { id: token, secret } }), 'no.real.attestation']
    },
  ],
])('%s', async (name, code, recorded, lies) => {
  await using running = await runningDirectory()
  const frames = (await lies(running)).map((text) => rawFrame({ opcode: 1, payload: utf8(text) }))
  const told: Record<string, number> = {}
  const saidTo = async (at: number) => {
    const raw = await rawWebSocket({ port: running.directory.devicesPort, localAddress: addressOf(at) })
    raw?.socket.write(Buffer.concat(frames))
    return (await raw?.ended)?.said ?? ''
  }
  const one = async (at: number) => {
    let said = ''
    // On a machine that stood still the goodbye may expire before it is read. A device that was cut off connects again.
    for (let tries = 0; said === '' && tries < 5; tries++) said = await saidTo(at)
    const outcome = said === '' ? 'cut off' : String(JSON.parse(said).code)
    told[outcome] = (told[outcome] ?? 0) + 1
  }
  const grown = await withKnownDevice(running, { name, times: HELLOS }, (times) => atOnce(times, one))
  expect(told).toEqual({ [code]: allOf(HELLOS) })
  expect(grown).toBeLessThan(HELLOS_BYTES)
  expect(running.rows("SELECT kind FROM activity WHERE kind <> 'enrolled'")).toEqual(
    Array(recorded).fill({ kind: 'enrolment-refused' }),
  )
})
