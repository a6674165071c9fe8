import { signJws } from '../../src/crypto/jws.ts'
import { DEFAULT_POLICY } from '../../src/directory/policy/policy.ts'
import { type RunningDirectory, runningDirectory } from '../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, ZEROS } from '../support/directory/scripted-device.ts'
import { waitFor } from '../support/wait-for.ts'
import { eventsOf as allEventsOf, compliant as enrolCompliant, type Known } from './known-device.ts'

/** A device that is ours and hostile: contained, on the record, and never left with the good verdict it had before. */

let running: RunningDirectory
let appraisalFails = false
const policy = {
  ...DEFAULT_POLICY,
  get checks() {
    if (appraisalFails) throw new TypeError('an appraisal that throws')
    return {}
  },
}
beforeAll(async () => {
  running = await runningDirectory({ policy })
})
afterAll(() => running[Symbol.asyncDispose]())
beforeEach(() => {
  appraisalFails = false
})

const compliant = (at: RunningDirectory = running) => enrolCompliant(at)
const eventsOf = (id: string, at: RunningDirectory = running) => allEventsOf(at, id)

const unknownBecause = (reason: unknown) => ({
  verdict: 'unknown',
  reasons: [{ check: 'attestation', state: 'unknown', reason, since: expect.anything() }],
})

/** What the device said last was not taken: it says something good after it. */
async function saysSomethingGood({ device, id }: Known, { afterIts }: { afterIts: number }): Promise<void> {
  device.sequence = afterIts
  device.head = hashAt(id, afterIts)
  const { wire } = await device.connect()
  wire.send(await device.batch())
  await nextAck(wire)
  wire.close()
}

const hashAt = (id: string, sequence: number) =>
  String(running.rows('SELECT hash FROM evidence WHERE device = ? AND sequence = ?', id, String(sequence))[0]?.hash)

test.each<[string, string, object]>([
  ['does not fit its schema', 'FRAME_MALFORMED', { findings: [{ check: 'os.supported', state: 'well' }] }],
  ['has a finding of no known shape', 'FRAME_MALFORMED', { findings: [null] }],
  ['nests too deep', 'INPUT_TOO_DEEP', { later: JSON.parse('['.repeat(20) + ']'.repeat(20)) }],
  [
    'has more members than can be read quickly',
    'INPUT_TOO_LARGE',
    Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`m${at}`, 1])),
  ],
  ['says that it is of another device', 'FRAME_MALFORMED', { sub: `dev_${'A'.repeat(22)}` }],
])('evidence that %s leaves no good verdict, is recorded, and the next repairs it', async (_, code, lie) => {
  const known = await compliant()
  const { device, wire, id } = known
  wire.send(await device.batch({ ...lie }))
  expect(await wire.refusal()).toBe(code)
  expect(await running.result(id)).toMatchObject(unknownBecause(`the newest evidence could not be appraised: ${code}`))
  expect(eventsOf(id)).toEqual([{ kind: 'evidence-refused', json: expect.stringContaining(code) }])
  await saysSomethingGood(known, { afterIts: 1 })
  expect((await running.result(id)).verdict).toBe('compliant')
})

test('signed unreadable evidence leaves no good verdict, though good batches came too', async () => {
  const { device, wire, id } = await compliant()
  for (let sent = 0; sent < 3; sent++) wire.send(await device.batch())
  wire.send(await device.batch({ findings: [null] } as Record<string, unknown>))
  expect(await wire.refusal()).toBe('FRAME_MALFORMED')
  expect(running.rows('SELECT max(sequence) AS n FROM evidence WHERE device = ?', id)).toEqual([{ n: 4 }])
  expect(await running.result(id)).toMatchObject(
    unknownBecause('the newest evidence could not be appraised: FRAME_MALFORMED'),
  )
})

const shown = (id: string) => running.directory.store.devices.view(id)

test('the page of a device is readable with any characters in its warnings', async () => {
  const { device, wire, id } = await compliant()
  const health = Array.from({ length: 64 }, (_, at) => ({ code: `C${at}`, remedy: '\u0001'.repeat(512), since: 1 }))
  wire.send(await device.batch({ health }))
  await nextAck(wire)
  expect((await shown(id))?.health).toEqual(health)
})

test('the page of a device is readable when a refusal comes after the last position', async () => {
  const { device, wire, id } = await compliant()
  const last = Number.MAX_SAFE_INTEGER
  const gap = { firstSequence: 2, lastSequence: last - 1, before: device.head, last: ZEROS }
  wire.send(await device.batch({ sequence: last, previous: ZEROS, gap }))
  expect((await nextAck(wire)).sequence).toBe(last)
  wire.send(await device.batch({ findings: [null] } as Record<string, unknown>))
  expect(await wire.refusal()).toBe('FRAME_MALFORMED')
  expect((await shown(id))?.unprocessed).toMatchObject([
    { part: 'evidence', sequence: last, message: 'FRAME_MALFORMED' },
  ])
})

test('evidence that the device did not sign says nothing of it', async () => {
  const { device, wire, id } = await compliant()
  const stranger = running.device()
  wire.send(await signJws('evidence', { sub: device.id }, (message) => signatureOf(stranger, message)))
  expect(await wire.refusal()).toBe('SIGNATURE_INVALID')
  expect({ verdict: (await running.result(id)).verdict, events: eventsOf(id) }).toEqual({
    verdict: 'compliant',
    events: [],
  })
})

async function signatureOf(device: ScriptedDevice, message: Uint8Array): Promise<Uint8Array> {
  const { sign } = await import('node:crypto')
  return new Uint8Array(sign('sha256', message, { key: device.privateKey, dsaEncoding: 'ieee-p1363' }))
}

/** While `work` runs, writing such a row throws. */
async function whileThrowing(trigger: string, work: () => Promise<void>): Promise<void> {
  await running.exec(`CREATE TRIGGER poison ${trigger} BEGIN SELECT RAISE(ABORT, 'poison'); END`)
  try {
    await work()
  } finally {
    await running.exec('DROP TRIGGER poison')
  }
}

test('evidence that throws when taken in leaves no good verdict, and no other fails', async () => {
  const [known, honest] = [await compliant(), await compliant()]
  const { device, wire, id } = known
  await whileThrowing(`BEFORE INSERT ON evidence WHEN NEW.device = '${id}'`, async () => {
    wire.send(await device.batch())
    honest.wire.send(await honest.device.batch())
    expect((await nextAck(honest.wire)).sequence).toBe(2)
    expect(await wire.refusal()).toBe('STORE_FAILED')
  })
  expect(await running.result(id)).toMatchObject(unknownBecause('the newest evidence could not be appraised: CONFLICT'))
  expect((await running.result(honest.id)).verdict).toBe('compliant')
  expect(eventsOf(id)).toEqual([{ kind: 'evidence-refused', json: expect.stringContaining('poison') }])
  await saysSomethingGood(known, { afterIts: 1 })
  expect((await running.result(id)).verdict).toBe('compliant')
})

test.each([
  ['findings', 'findings', { findings: [{ check: 'os.supported', state: 'pass', detail: 'so' }] }],
  ['sightings', 'snapshot_parts', { sightings: { mode: 'full', snapshot: 's', part: 0, parts: 1, items: [] } }],
  ['health', 'health', { health: [{ code: 'X', remedy: 'y', since: 1 }] }],
])('%s that throw as the register is updated are kept, and leave no good verdict', async (part, table, said) => {
  const { device, wire, id } = await compliant()
  await whileThrowing(`BEFORE INSERT ON ${table} WHEN NEW.device = '${id}'`, async () => {
    wire.send(await device.batch({ ...said } as Record<string, unknown>))
    expect((await nextAck(wire)).sequence).toBe(2)
  })
  expect(await running.result(id)).toMatchObject(unknownBecause(`the reported ${part} could not be stored`))
  expect(eventsOf(id)).toEqual([{ kind: 'evidence-not-taken-in', json: expect.stringContaining('poison') }])
})

test.each<[string, (known: Known) => Promise<void>]>([
  [
    'evidence',
    async ({ device, wire }) => {
      wire.send(await device.batch({ findings: [] }))
      await nextAck(wire)
    },
  ],
  ['an attestation', async ({ device }) => (await device.connect()).wire.close()],
])('a check that throws on %s makes the verdict unknown at once, with the code', async (_, say) => {
  const known = await compliant()
  appraisalFails = true
  await say(known)
  expect(await running.result(known.id)).toMatchObject({
    verdict: 'unknown',
    reasons: [
      { check: 'attestation', state: 'unknown', reason: 'the device could not be appraised: APPRAISAL_FAILED' },
    ],
  })
  expect(eventsOf(known.id)).toEqual([
    { kind: 'not-appraised', json: expect.stringContaining('an appraisal that throws') },
  ])
})

test('a device over its rate is read slowly, also on its next connection, and recorded', async () => {
  const limits = { evidenceRateBytes: 2_000, evidenceBurstBytes: 10_000 }
  await using slow = await runningDirectory({ policy, limits })
  const { device, wire, id } = await compliant(slow)
  for (let sent = 0; sent < 20; sent++) wire.send(await device.batch())
  await waitFor('an event', () => eventsOf(id, slow), { until: (events) => events.length > 0 })
  const kept = () => Number(slow.rows('SELECT max(sequence) AS n FROM evidence WHERE device = ?', id)[0]?.n)
  const before = kept()
  expect(before).toBeLessThan(21)
  wire.close()
  await wire.closed
  const again = await device.clone().connect()
  for (const batch of device.batches) again.wire.send(batch)
  const startedAt = performance.now()
  // It has no second burst: what is left of twenty comes at its rate.
  while (kept() < 21) await nextAck(again.wire)
  const bytes = device.batches.slice(before).join('').length
  expect(performance.now() - startedAt).toBeGreaterThan((bytes / 2_000) * 500)
  expect(eventsOf(id, slow).map(({ kind }) => kind)).toEqual(['evidence-slowed', 'evidence-slowed'])
})

test('a device that repeats a batch is answered, and nothing is stored twice', async () => {
  const { device, wire, id } = await compliant()
  const [first = ''] = device.batches
  for (let sent = 0; sent < 500; sent++) wire.send(first)
  wire.send(await device.batch())
  let newest = await nextAck(wire)
  while (newest.sequence < 2) newest = await nextAck(wire)
  expect(running.rows('SELECT sequence FROM evidence WHERE device = ?', id)).toEqual([{ sequence: 1 }, { sequence: 2 }])
})

test('a device that skips a batch is on the record', async () => {
  const { device, wire, id } = await compliant()
  device.sequence = 5
  wire.send(await device.batch())
  expect(await wire.refusal()).toBe('EVIDENCE_OUT_OF_ORDER')
  expect(eventsOf(id)).toEqual([{ kind: 'evidence-refused', json: expect.stringContaining('EVIDENCE_OUT_OF_ORDER') }])
})
