import { systemClock } from '../../../src/base/clock.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { compliant, eventsOf, LENIENT } from '../known-device.ts'
import { FIN, rawFrame } from './raw-websocket.ts'

/** A device that is ours sends without a pause what costs it nothing: it is cut off or made to wait, and flagged. */

let running: RunningDirectory
/** Stands still but for what a test adds: no minute is over before a test says so. */
let elapsedMs = 0
beforeAll(async () => {
  const clock = { ...systemClock, monotonic: () => elapsedMs }
  running = await runningDirectory({ policy: LENIENT }, { clock })
})
afterAll(() => running[Symbol.asyncDispose]())

const [CONTINUATION, TEXT, PING, PONG] = [0, 1, 9, 10]
const [ping, pong] = [rawFrame({ opcode: PING }), rawFrame({ opcode: PONG })]
const long = rawFrame({ opcode: PONG, payload: new Uint8Array(125) })

const flooded = (by: string) => [{ kind: 'flooded', json: expect.stringContaining(`"${by}"`) }]

async function goesOn(at: RunningDirectory): Promise<boolean> {
  const { wire } = await compliant(at)
  wire.close()
  return true
}

/** What a device is answered that comes with this hello and attests. */
async function comesAgain(device: ScriptedDevice): Promise<string> {
  return attesting(device, attestation(device, device, {}))
}

/** What a peer is answered that only says that it is the device. */
async function saysHello(device: ScriptedDevice): Promise<string> {
  const wire = await device.dial()
  wire.send(device.hello())
  const { kind, payload } = await wire.next()
  wire.close()
  return kind === 'refusal' ? String(payload.code) : kind
}

describe('more pings and pongs than anybody has a use for', () => {
  test.each<[string, Buffer[]]>([
    ['pongs that nobody asked for', Array(101).fill(pong)],
    ['pings', Array(101).fill(ping)],
    ['both in turn', Array(51).fill([ping, pong]).flat()],
    ['pongs of the largest size', Array(101).fill(long)],
    ['many at once', Array(50_000).fill(pong)],
  ])('%s: it is cut off, on the record, and kept out for a while', async (_, frames) => {
    const { device, wire, id } = await compliant(running)
    await wire.write(Buffer.concat(frames))
    expect(await wire.closed).toBe(1006)
    expect(await comesAgain(device)).toBe('SESSION_LIMIT')
    expect(eventsOf(running, id)).toEqual(flooded('pings and pongs'))
    expect((await running.result(id)).verdict).toBe('compliant')
    expect(await goesOn(running)).toBe(true)
    elapsedMs += 60_000
    expect(await comesAgain(device)).toBe('welcome')
  })

  test('of one that waits for a human', async () => {
    const { device, id } = await compliant(running)
    const { wire, welcome } = await device.clone().enrol(await running.token())
    expect(welcome.status).toBe('pending')
    await wire.write(Buffer.concat(Array(101).fill(pong)))
    expect(await wire.closed).toBe(1006)
    expect(eventsOf(running, id)).toEqual([
      expect.objectContaining({ kind: 're-enrolment-pending' }),
      ...flooded('pings and pongs'),
    ])
  })

  test('of a new one that waits for a human', async () => {
    const { wire, welcome } = await running.device().enrol(await running.token({ pending: 'all' }))
    expect(welcome.status).toBe('pending')
    await wire.write(Buffer.concat(Array(101).fill(pong)))
    expect(await wire.closed).toBe(1006)
    expect(eventsOf(running, welcome.device)).toEqual([
      expect.objectContaining({ kind: 'enrolment-pending' }),
      ...flooded('pings and pongs'),
    ])
  })

  test('of one that is not authenticated say nothing of the device that it names', async () => {
    const { device, id } = await compliant(running)
    const wire = await device.clone().dial()
    wire.send(device.hello())
    await device.challenge(wire)
    await wire.write(Buffer.concat(Array(101).fill(pong)))
    expect(await wire.closed).toBe(1006)
    expect(eventsOf(running, id)).toEqual([])
    expect(await comesAgain(device)).toBe('welcome')
  })

  test('fewer are no matter', async () => {
    const { device, wire, id } = await compliant(running)
    await wire.write(Buffer.concat([...Array(50).fill(ping), ...Array(50).fill(pong)]))
    wire.send(await device.batch())
    expect((await nextAck(wire)).sequence).toBe(2)
    expect(eventsOf(running, id)).toEqual([])
  })
})

describe('frames with next to nothing in them', () => {
  /** The text as one message, its letters each in a frame of its own, and frames with none. */
  const inParts = (text: string) =>
    Buffer.concat([
      rawFrame({ opcode: TEXT, flags: 0 }),
      ...[...text].map((letter) => rawFrame({ opcode: CONTINUATION, payload: Buffer.from(letter), flags: 0 })),
      ...Array(1_500).fill(rawFrame({ opcode: CONTINUATION, flags: 0 })),
      rawFrame({ opcode: CONTINUATION, flags: FIN }),
    ])

  test.each<[string, boolean, (wire: Wire, batch: string) => Promise<void>]>([
    ['a batch in two thousand frames', true, (wire, batch) => wire.write(inParts(batch))],
    [
      'a batch in as many TLS records as bytes',
      true,
      async (wire, batch) => {
        for (const byte of rawFrame({ opcode: TEXT, payload: Buffer.from(batch) })) await wire.write(Buffer.of(byte))
      },
    ],
    ['a batch in one frame', false, async (wire, batch) => wire.send(batch)],
  ])('%s: what they take on the wire counts', async (_, slowed, send) => {
    await using own = await runningDirectory({
      policy: LENIENT,
      limits: { evidenceRateBytes: 2_000, evidenceBurstBytes: 8_000 },
    })
    const { device, wire, id } = await compliant(own)
    const [batch = ''] = device.batches
    await send(wire, batch)
    expect((await nextAck(wire)).sequence).toBe(1)
    expect(eventsOf(own, id).map(({ kind }) => kind)).toEqual(slowed ? ['evidence-slowed'] : [])
  })

  test('closes one that comes byte by byte in TLS records long before its end', async () => {
    const { wire } = await compliant(running)
    await wire.write(rawFrame({ opcode: TEXT, payload: new Uint8Array(500_000) }).subarray(0, 100))
    const letter = Buffer.of(0)
    let written = 0
    for (const over = wire.closed.then(() => 'over'); ; written++) {
      const turn = new Promise((resolve) => setImmediate(resolve))
      await wire.write(letter)
      if ((await Promise.race([over, turn])) === 'over') break
    }
    expect(await wire.closed).toBe(1008)
    expect(written).toBeLessThan(20_000)
    expect(await goesOn(running)).toBe(true)
  })

  test('that have nothing in them are refused, and those that follow are hardly read', async () => {
    const { wire } = await compliant(running)
    wire.stopReading() // nor does it say goodbye
    const empty = Buffer.concat(Array(50_000).fill(rawFrame({ opcode: TEXT })))
    let written = 0
    for (const over = wire.closed.then(() => 'over'); ; written += empty.length) {
      const turn = new Promise((resolve) => setImmediate(resolve))
      await wire.write(empty)
      if ((await Promise.race([over, turn])) === 'over') break
    }
    // What the kernel holds for both ends; it was hundreds of megabytes before it was waited for no longer.
    expect(written).toBeLessThan(32 * 2 ** 20)
    expect(await goesOn(running)).toBe(true)
  })
})

const MOST = 120
const AT_ONCE = 6

/** So many connections, some at once. */
async function often(times: number, connect: () => Promise<unknown>): Promise<void> {
  let left = times
  const one = async () => {
    while (left-- > 0) await connect()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

/** Up to its attestation, which `frame` makes. @returns what it is answered. */
async function attesting(device: ScriptedDevice, frame: (wire: Wire) => Promise<string>): Promise<string> {
  const wire = await device.dial()
  wire.send(device.hello())
  wire.send(await frame(wire))
  const { kind, payload } = await wire.next()
  wire.close()
  await wire.closed
  return kind === 'refusal' ? String(payload.code) : kind
}

const attestation = (by: ScriptedDevice, as: ScriptedDevice, changes: object) => async (wire: Wire) =>
  by.sign('attestation', { ...as.attestation(await as.challenge(wire), wire), ...changes })

type Connect = (device: ScriptedDevice) => Promise<unknown>

describe('a device that comes again and again without a pause', () => {
  test.each<[string, Connect]>([
    ['and attests', async (device) => attesting(device.clone(), attestation(device, device, {}))],
    ['and attests what does not hold', (device) => attesting(device, attestation(device, device, { binding: ZEROS }))],
    ['and attests what cannot be read', (device) => attesting(device, attestation(device, device, { quote: 7 }))],
  ])('%s is kept out until a minute has passed, and is on the record', async (_, connect) => {
    const { device, id } = await compliant(running)
    await often(MOST - 3, () => connect(device))
    expect(await comesAgain(device)).toBe('welcome')
    await connect(device)
    expect(await comesAgain(device)).toBe('SESSION_LIMIT')
    // A client that only names the device, without its key, does not learn that it is kept out.
    expect(await saysHello(device)).toBe('challenge')
    const ofFlood = eventsOf(running, id).filter(({ kind }) => kind === 'flooded')
    expect(ofFlood).toEqual(flooded('connections'))
    expect(await goesOn(running)).toBe(true)
    elapsedMs += 60_000
    expect(await comesAgain(device)).toBe('welcome')
  })

  test('to enrol with the token that it has used is kept out too', async () => {
    const enrolment = await running.token()
    const device = running.device()
    const enrol = async () => {
      const { wire } = await device.enrol(enrolment)
      wire.close()
      await wire.closed
    }
    await often(MOST, enrol)
    const wire = await device.dial()
    wire.send(device.helloToken(enrolment))
    wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire, 'enrol')))
    expect(await wire.refusal()).toBe('SESSION_LIMIT')
    expect(eventsOf(running, device.id ?? '')).toEqual(flooded('connections'))
  })

  test.each<[string, Connect]>([
    ['only says that it is the device', saysHello],
    ['has another key', (device) => attesting(device, attestation(running.device(), device, {}))],
    [
      'has another key, and cannot be read',
      (device) => attesting(device, attestation(running.device(), device, { quote: 7 })),
    ],
    ['answers another challenge', (device) => attesting(device, attestation(device, device, { nonce: ZEROS }))],
  ])('a device that %s keeps no other out', async (_, connect) => {
    const { device, wire, id } = await compliant(running)
    await often(MOST + 1, () => connect(device))
    wire.send(await device.batch())
    expect((await nextAck(wire)).sequence).toBe(2)
    expect((await device.connect()).welcome.status).toBe('accepted')
    expect(eventsOf(running, id)).toEqual([])
  })
})
