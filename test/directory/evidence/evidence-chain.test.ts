import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { hashOf, nextAck, type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { enrolled, sendAndAck } from './enrolled-device.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

describe('the chain', () => {
  test('stores a burst in order and acknowledges its last batch', async () => {
    const { device, wire } = await enrolled(running)
    for (let i = 0; i < 50; i++) wire.send(await device.batch())
    let last = await nextAck(wire)
    while (last.sequence < 50) last = await nextAck(wire)
    expect(last).toEqual({ sequence: 50, head: device.head })
    const kept = running.rows('SELECT jws FROM evidence WHERE device = ? ORDER BY sequence', device.id ?? '')
    expect(kept).toEqual(device.batches.map((jws) => ({ jws })))
  })

  test('acknowledges the same bytes again after a lost acknowledgement', async () => {
    const { device, wire } = await enrolled(running)
    const first = await device.batch()
    await sendAndAck(wire, first)
    wire.close()
    const { wire: again } = await device.connect()
    expect(await sendAndAck(again, first)).toEqual({ sequence: 1, head: hashOf(first) })
    expect(running.rows('SELECT sequence FROM evidence WHERE device = ?', device.id ?? '')).toEqual([{ sequence: 1 }])
  })

  test('refuses other bytes at an occupied position as a fork, and drops the verdict', async () => {
    const { device, wire } = await enrolled(running)
    const twin = device.clone()
    const ours = await device.batch()
    await sendAndAck(wire, ours)
    const theirs = await twin.batch({ uptimeMs: 2 })
    wire.send(theirs)
    expect(await wire.refusal()).toBe('EVIDENCE_FORKED')
    const [event] = running.rows(
      "SELECT detail_json AS json FROM activity WHERE kind = 'forked' AND device = ?",
      device.id ?? '',
    )
    expect(JSON.parse(String(event?.json))).toEqual({
      epoch: 1,
      sequence: 1,
      held: hashOf(ours),
      offered: hashOf(theirs),
    })
    expect(await running.result(device.id ?? '')).toMatchObject({
      verdict: 'not-compliant',
      reasons: expect.arrayContaining([expect.objectContaining({ check: 'attestation', state: 'fail' })]),
    })
  })

  const lies: readonly (readonly [string, (device: ScriptedDevice, wire: Wire) => Promise<string>])[] = [
    ['forks its chain', (device) => Object.assign(device.clone(), { sequence: 0, head: ZEROS }).batch({ uptimeMs: 2 })],
    [
      'attests what does not hold',
      async (device, wire) => {
        wire.send(JSON.stringify({ type: 'renew', reason: 'timer', sequence: 1, head: device.head }))
        const honest = device.attestation(await device.challenge(wire), wire)
        return await device.sign('attestation', { ...honest, binding: ZEROS })
      },
    ],
  ]
  test.each(lies)('sends the new verdict before the refusal to a device that %s', async (_, lie) => {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch())
    wire.send(await lie(device, wire))
    const verdicts: unknown[] = []
    for (let frame = await wire.next(); frame.kind !== 'refusal'; frame = await wire.next()) {
      if (frame.kind === 'result') verdicts.push(Object(frame.payload.result).verdict)
    }
    expect(verdicts.at(-1)).toBe('not-compliant')
  })

  test('a batch that does not follow the last one is a fork', async () => {
    const { device, wire } = await enrolled(running)
    await sendAndAck(wire, await device.batch())
    wire.send(await device.batch({ previous: ZEROS }))
    expect(await wire.refusal()).toBe('EVIDENCE_FORKED')
  })

  test('detects a device that was reset to an older state when it attests', async () => {
    const { device, wire } = await enrolled(running)
    const snapshot = device.clone()
    await sendAndAck(wire, await device.batch())
    wire.close()
    const restored = await snapshot.dial()
    restored.send(snapshot.hello())
    const attestation = snapshot.attestation(await snapshot.challenge(restored), restored)
    restored.send(await snapshot.sign('attestation', attestation))
    expect(await restored.refusal()).toBe('EVIDENCE_FORKED')
    expect((await running.result(device.id ?? '')).verdict).toBe('not-compliant')
  })

  test('an attestation with another binding says nothing about the chain position', async () => {
    const { device, wire } = await enrolled(running)
    const snapshot = device.clone()
    await sendAndAck(wire, await device.batch())
    wire.close()
    const restored = await snapshot.dial()
    restored.send(snapshot.hello())
    const attestation = snapshot.attestation(await snapshot.challenge(restored), restored)
    restored.send(await snapshot.sign('attestation', { ...attestation, binding: ZEROS }))
    expect(await restored.refusal()).toBe('ATTESTATION_BINDING_MISMATCH')
    const rows = running.rows('SELECT forked_at FROM devices WHERE id = ?', device.id ?? '')
    expect(rows).toEqual([{ forked_at: null }])
    expect((await running.result(device.id ?? '')).verdict).toBe('not-compliant')
    const { welcome } = await device.connect()
    expect(welcome).toMatchObject({ status: 'accepted', sequence: 1 })
  })

  test.each<[string, string, (device: ScriptedDevice) => Promise<string>]>([
    ['ahead of its turn', 'EVIDENCE_OUT_OF_ORDER', (device) => device.batch({ sequence: 2 })],
    ['of another device', 'FRAME_MALFORMED', (device) => device.batch({ sub: `dev_${'A'.repeat(22)}` })],
    ['of another epoch', 'EPOCH_MISMATCH', (device) => device.batch({ epoch: 2 })],
    ['of another profile', 'FRAME_MALFORMED', (device) => device.batch({ eat_profile: 'other' as never })],
    [
      'signed by another device',
      'SIGNATURE_INVALID',
      async (device) => {
        const other = running.device()
        return other.batch({ sub: device.id, epoch: 1 })
      },
    ],
    [
      'with a changed signature',
      'SIGNATURE_INVALID',
      async (device) => `${(await device.batch()).slice(0, -86)}${'A'.repeat(86)}`,
    ],
    ['that is no compact JWS', 'FRAME_UNEXPECTED', async () => 'a.b.c'],
    ['cut short', 'FRAME_MALFORMED', async (device) => (await device.batch()).split('.').slice(0, 2).join('.')],
    [
      'larger than a frame may be',
      'FRAME_TOO_LARGE',
      async (device) => `${await device.batch()}${'A'.repeat(1024 * 1024)}`,
    ],
    ['an activation', 'FRAME_UNEXPECTED', (device) => device.sign('activation', {})],
    ['a hello', 'FRAME_MALFORMED', async (device) => device.hello()],
  ])('evidence %s is refused', async (_, code, make) => {
    const { device, wire } = await enrolled(running)
    wire.send(await make(device))
    expect(await wire.refusal()).toBe(code)
    expect(running.rows('SELECT * FROM evidence WHERE device = ?', device.id ?? '')).toEqual([])
  })

  test('stores unknown members and ignores them', async () => {
    const { device, wire } = await enrolled(running)
    const batch = await device.batch({ future: { anything: [1] } })
    expect(await sendAndAck(wire, batch)).toEqual({ sequence: 1, head: hashOf(batch) })
  })

  test('refuses evidence beyond the quota', async () => {
    await using small = await runningDirectory({ limits: { evidenceQuotaBytes: 1000 } })
    const { device, wire } = await enrolled(small)
    await sendAndAck(wire, await device.batch())
    for (let i = 0; i < 3; i++) wire.send(await device.batch())
    expect(await wire.refusal()).toBe('QUOTA_EXCEEDED')
  })

  test('a device beyond its quota has no good verdict until a human approves a new epoch', async () => {
    await using small = await runningDirectory({
      limits: { evidenceQuotaBytes: 1000 },
      policy: { ...DEFAULT_POLICY, checks: {} },
    })
    const { device, wire } = await enrolled(small)
    const id = device.id ?? ''
    await sendAndAck(wire, await device.batch())
    expect((await small.result(id)).verdict).toBe('compliant')
    for (let i = 0; i < 3; i++) wire.send(await device.batch())
    expect(await wire.refusal()).toBe('QUOTA_EXCEEDED')
    expect(await small.result(id)).toMatchObject({
      verdict: 'unknown',
      reasons: [{ check: 'attestation', reason: 'the evidence quota of the device is used up: it must enrol again' }],
    })
    expect(small.rows("SELECT detail_json AS json FROM activity WHERE kind = 'evidence-quota-reached'")).toHaveLength(1)

    const { welcome } = await device.clone().enrol(await small.token())
    await small.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'approve', 'test')
    Object.assign(device, { epoch: 2, sequence: 0, head: ZEROS })
    const { wire: again } = await device.connect()
    await sendAndAck(again, await device.batch())
    expect((await small.result(id)).verdict).toBe('compliant')
  })
})
