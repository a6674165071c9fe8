import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire } from '../../support/directory/scripted-device.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { compliant, LENIENT } from '../known-device.ts'

/** Devices that are ours send at once as much as they may, what takes the directory long, and hang up. */

const DEVICES = 3
const FRAMES = 12
const SIGHTINGS = 1_000
/** What the directory lets on its way of large frames: see `ingress/in-flight-limiter.ts`. */
const ON_THEIR_WAY_BYTES = 2 * 1024 * 1024

let running: RunningDirectory
// A fresh directory for each test: what one test leaves to do would slow the next.
beforeEach(async () => {
  running = await runningDirectory({ policy: LENIENT })
})
afterEach(() => running[Symbol.asyncDispose]())

/** Signs what keeps the directory busy: sightings that are all new to it. */
async function signed(device: ScriptedDevice): Promise<string[]> {
  const frames: string[] = []
  for (let at = 0; at < FRAMES; at++) {
    const items = Array.from({ length: SIGHTINGS }, (_, item) => ({
      ...agentSighting('0', { name: `agent ${at} ${item}`, catalogueId: `agent-${at}-${item}` }),
      id: (at * SIGHTINGS + item).toString(16).padStart(32, '0'),
    }))
    frames.push(await device.batch({ sightings: { mode: 'delta', items, gone: [] } }))
  }
  return frames
}

interface Bursting {
  readonly ids: readonly string[]
  readonly wires: readonly Wire[]
  readonly frameBytes: number
  /** Of their batches, those that are kept. */
  kept(): number
}

/** Sends all frames of all devices at once. */
async function burst(): Promise<Bursting> {
  const known = await Promise.all(Array.from({ length: DEVICES }, () => compliant(running)))
  const frames = await Promise.all(known.map(({ device }) => signed(device)))
  const ids = known.map(({ id }) => id)
  const wires = known.map(({ wire }) => wire)
  for (const [at, wire] of wires.entries()) for (const frame of frames[at] ?? []) wire.send(frame)
  const places = ids.map(() => '?').join()
  // Their first batch made them compliant.
  const kept = () =>
    Number(
      running.rows(`SELECT count(*) AS n FROM evidence WHERE sequence > 1 AND device IN (${places})`, ...ids)[0]?.n,
    )
  return { ids, wires, frameBytes: frames[0]?.[0]?.length ?? 0, kept }
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setImmediate(resolve))
}

test('what an honest device says meanwhile does not wait for what they have sent', async () => {
  const { device } = await compliant(running)
  const { kept, frameBytes } = await burst()
  await until(() => kept() > 0)
  const { wire } = await device.connect()
  wire.send(await device.batch())
  const before = kept()
  expect((await nextAck(wire)).sequence).toBe(2)
  expect(kept() - before).toBeLessThanOrEqual(ON_THEIR_WAY_BYTES / frameBytes)
  expect(before).toBeLessThan((DEVICES * FRAMES) / 2)
})

test('once they have hung up little of it is left to do', async () => {
  const { ids, wires, frameBytes, kept } = await burst()
  for (const wire of wires) wire.close()
  await until(() => ids.every((id) => !running.directory.isConnected(id)))
  const left = DEVICES * FRAMES - kept()
  // Beside that, each may have had one frame more that was not let in: it is dropped.
  expect(left).toBeLessThanOrEqual(ON_THEIR_WAY_BYTES / frameBytes + DEVICES)
})

test('sends again what was not acknowledged when they hung up, and misses nothing', async () => {
  const { device, id, wire } = await compliant(running)
  const frames = await signed(device)
  for (const frame of frames) wire.send(frame)
  await until(() => running.rows('SELECT 1 FROM evidence WHERE sequence > 1 AND device = ?', id).length > 0)
  wire.cut()
  await until(() => !running.directory.isConnected(id))
  // As a daemon does: from the place that the welcome names.
  for (;;) {
    const again = await device.connect()
    const rest = device.batches.slice(again.welcome.sequence)
    if (rest.length === 0) break
    for (const frame of rest) again.wire.send(frame)
    let { sequence } = await nextAck(again.wire)
    while (sequence < device.sequence) ({ sequence } = await nextAck(again.wire))
  }
  expect(running.rows('SELECT count(*) AS n FROM evidence WHERE device = ?', id)).toEqual([{ n: FRAMES + 1 }])
  expect(running.rows('SELECT count(*) AS n FROM sightings WHERE device = ?', id)).toEqual([{ n: FRAMES * SIGHTINGS }])
})
