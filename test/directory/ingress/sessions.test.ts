import type { Attestation } from '../../../src/protocol/messages/frames.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

async function enrolled(directory: RunningDirectory = running): Promise<{ device: ScriptedDevice; wire: Wire }> {
  const device = directory.device()
  const { wire } = await device.enrol(await directory.token())
  await wire.nextOf('result')
  return { device, wire }
}

const renewal = JSON.stringify({ type: 'renew', reason: 'timer', sequence: 0, head: ZEROS })

test('a second connection of a device replaces the first', async () => {
  const { device, wire } = await enrolled()
  const { wire: second } = await device.connect()
  expect(await wire.refusal()).toBe('SESSION_SUPERSEDED')
  second.send(await device.batch())
  expect((await nextAck(second)).sequence).toBe(1)
  expect(running.directory.connected).toBeGreaterThan(0)
})

test('a connection that only names the device does not end the real one', async () => {
  const { device, wire } = await enrolled()
  const thief = Object.assign(running.device(), { id: device.id, epoch: 1 })
  expect(await thief.refused()).toBe('DEVICE_UNKNOWN')
  wire.send(await device.batch())
  expect((await nextAck(wire)).sequence).toBe(1)
  expect(
    running.rows("SELECT * FROM activity WHERE kind = 'attestation-refused' AND device = ?", device.id ?? ''),
  ).toEqual([])
})

test('a device attests again on the same connection', async () => {
  const { device, wire } = await enrolled()
  wire.send(renewal)
  wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire)))
  expect((await wire.nextOf('result')).payload.result).toMatchObject({ attestedAt: expect.any(Number) })
})

test.each<[string, string, (honest: Attestation, device: ScriptedDevice) => object]>([
  ['an unknown nonce', 'NONCE_UNKNOWN', (honest) => ({ ...honest, nonce: ZEROS })],
  ['another binding', 'ATTESTATION_BINDING_MISMATCH', (honest) => ({ ...honest, binding: ZEROS })],
  ['another epoch', 'EPOCH_MISMATCH', (honest) => ({ ...honest, epoch: 2 })],
  ['another device', 'FRAME_MALFORMED', (honest) => ({ ...honest, device: `dev_${'A'.repeat(22)}` })],
  [
    'an enrolment',
    'FRAME_MALFORMED',
    (honest, device) => ({
      ...honest,
      enrolment: { keyKind: 'software', applicationKey: Buffer.from(device.spki).toString('base64url') },
    }),
  ],
  [
    'a quote of no known key',
    'ATTESTATION_QUOTE_INVALID',
    (honest) => ({
      ...honest,
      quote: { attested: '', signature: '', pcrs: {} },
    }),
  ],
])('an attestation with %s is refused', async (_, code, spoil) => {
  const { device, wire } = await enrolled()
  wire.send(renewal)
  const honest = device.attestation(await device.challenge(wire), wire)
  wire.send(await device.sign('attestation', spoil(honest, device)))
  expect(await wire.refusal()).toBe(code)
})

test('an attestation to the empty chain after the first batch is not a fork', async () => {
  const { device, wire } = await enrolled()
  wire.send(renewal)
  const slow = device.attestation(await device.challenge(wire), wire)
  wire.send(await device.batch())
  await wire.nextOf('ack')
  wire.send(await device.sign('attestation', slow))
  await wire.nextOf('result')
  expect(running.rows('SELECT forked_at FROM devices WHERE id = ?', device.id ?? '')).toEqual([{ forked_at: null }])
})

test('an invalid attestation spoils the verdict until a valid one', async () => {
  const { device, wire } = await enrolled()
  wire.send(renewal)
  const honest = device.attestation(await device.challenge(wire), wire)
  wire.send(await device.sign('attestation', { ...honest, binding: ZEROS }))
  await wire.refusal()
  const failed = expect.objectContaining({ check: 'attestation', state: 'fail' })
  expect(await running.result(device.id ?? '')).toMatchObject({
    verdict: 'not-compliant',
    reasons: expect.arrayContaining([failed]),
  })
  const { wire: again } = await device.connect()
  await again.nextOf('result')
  expect((await running.result(device.id ?? '')).reasons).not.toContainEqual(failed)
})

test('a nonce is valid once', async () => {
  const { device, wire } = await enrolled()
  wire.send(renewal)
  const signed = await device.sign('attestation', device.attestation(await device.challenge(wire), wire))
  wire.send(signed)
  await wire.nextOf('result')
  wire.send(signed)
  expect(await wire.refusal()).toBe('NONCE_UNKNOWN')
})

test('a nonce expires after a minute', async () => {
  const clock = new FakeClock(Date.now())
  await using own = await runningDirectory({}, { clock })
  const { device, wire } = await enrolled(own)
  wire.send(renewal)
  const signed = await device.sign('attestation', device.attestation(await device.challenge(wire), wire))
  await clock.advance(60_000)
  wire.send(signed)
  expect(await wire.refusal()).toBe('NONCE_UNKNOWN')
})

test('where channel binding is off, nothing is bound to the connection', async () => {
  await using own = await runningDirectory({ devices: { host: '127.0.0.1', port: 0, channelBinding: 'off' } })
  const { device, wire } = await enrolled(own)
  wire.close()
  const { welcome, wire: again } = await device.connect()
  expect(welcome.status).toBe('accepted')
  again.close()
})

test('a retired device is refused, connected or not', async () => {
  const { device, wire } = await enrolled()
  await running.directory.services.devices.retire(device.id ?? '', 'stolen', 'test')
  expect(await wire.refusal()).toBe('DEVICE_RETIRED')
  expect(await device.refused()).toBe('DEVICE_RETIRED')
})

test('retiring a device denies its re-enrolment and ends its waiting connection', async () => {
  const { device, wire } = await enrolled()
  wire.send(await device.batch())
  await wire.nextOf('ack')
  const again = device.clone()
  const { welcome, wire: waiting } = await again.enrol(await running.token())
  expect(welcome).toMatchObject({ status: 'pending', epoch: 2 })
  await running.directory.services.devices.retire(device.id ?? '', 'stolen', 'test')
  expect(await waiting.closed).toBe(1000)
  expect(await again.refused()).toBe('ENROLMENT_DENIED')
  const reEnrolment = welcome.reEnrolment ?? ''
  expect(running.rows('SELECT state, decided_by FROM re_enrolments WHERE id = ?', reEnrolment)).toEqual([
    { state: 'denied', decided_by: 'test' },
  ])
  const approve = () => running.directory.services.reEnrolments.settle(reEnrolment, 'approve', 'test')
  expect(await codeThrown(approve)).toBe('CONFLICT')
  const after = running.device()
  Object.assign(after, { privateKey: device.privateKey, spki: device.spki })
  const { welcome: anew } = await after.enrol(await running.token())
  expect(anew).toMatchObject({ status: 'pending', epoch: 3 })
})

describe('orders', () => {
  test('a device that has seen higher numbers gets pending orders under new ones, once', async () => {
    const { device, wire } = await enrolled()
    wire.close()
    const issue = () =>
      running.directory.services.orders.issue({ device: device.id ?? '', kind: 'attest', reason: 'see' }, 'test')
    const [{ id: first }, { id: second }] = [await issue(), await issue()]
    device.order = 7
    const { welcome, wire: restored } = await device.connect()
    const numbered = (orders: readonly string[]) =>
      orders.map((compact) => JSON.parse(Buffer.from(compact.split('.')[1] ?? '', 'base64url').toString()))
    expect(welcome.order).toBe(9)
    expect(numbered(welcome.orders)).toEqual([
      expect.objectContaining({ id: first, number: 8, device: device.id, epoch: 1, kind: 'attest', reason: 'see' }),
      expect.objectContaining({ id: second, number: 9 }),
    ])
    restored.send(await device.batch({ receipts: [{ order: first, number: 1, outcome: 'done', time: 1 }] }))
    restored.send(await device.batch({ receipts: [{ order: first, number: 8, outcome: 'done', time: 2 }] }))
    while ((await restored.nextOf('ack')).payload.sequence !== 2);
    expect(running.rows('SELECT order_id, number FROM receipts WHERE device = ?', device.id ?? '')).toEqual([
      { order_id: first, number: 8 },
    ])
    restored.close()
    const { welcome: later } = await device.connect()
    expect([later.order, numbered(later.orders).map(({ number }) => number)]).toEqual([9, [9]])
    const raised = running.rows(
      "SELECT detail_json AS json FROM activity WHERE kind = 'order-number-raised' AND device = ?",
      device.id ?? '',
    )
    expect(raised.map(({ json }) => JSON.parse(String(json)))).toEqual([{ from: 2, to: 7, renumbered: 2 }])
  })

  test('an order reaches a connected device at once, its receipt closes it', async () => {
    const { device, wire } = await enrolled()
    const { id } = await running.directory.services.orders.issue(
      { device: device.id ?? '', kind: 'attest', reason: 'see' },
      'test',
    )
    expect((await wire.nextOf('order')).payload).toEqual({
      type: 'order',
      id,
      device: device.id,
      epoch: 1,
      number: 1,
      kind: 'attest',
      reason: 'see',
      notAfter: expect.any(Number),
    })
    const receipt = { order: id, number: 1, outcome: 'done' as const, time: 1 }
    wire.send(await device.batch({ receipts: [receipt, { ...receipt, outcome: 'failed' }] }))
    await wire.nextOf('ack')
    expect(running.rows('SELECT state FROM orders WHERE id = ?', id)).toEqual([{ state: 'done' }])
  })

  test('a receipt for the order of another device closes nothing', async () => {
    const [ours, other] = [await enrolled(), await enrolled()]
    const { id } = await running.directory.services.orders.issue(
      { device: ours.device.id ?? '', kind: 'collect', reason: '' },
      'test',
    )
    other.wire.send(await other.device.batch({ receipts: [{ order: id, number: 1, outcome: 'done', time: 1 }] }))
    await other.wire.nextOf('ack')
    expect(running.rows('SELECT state FROM orders WHERE id = ?', id)).toEqual([{ state: 'pending' }])
  })

  test('an order for an offline device comes in its welcome, with a higher number', async () => {
    const { device, wire } = await enrolled()
    wire.close()
    const { wire: second, welcome } = await device.connect({ order: 41 })
    expect(welcome).toMatchObject({ order: 41, orders: [] })
    second.close()
    await second.closed
    await running.directory.services.orders.issue({ device: device.id ?? '', kind: 'attest', reason: '' }, 'test')
    const { wire: third, welcome: next } = await device.connect({ order: 41 })
    expect(next.order).toBe(42)
    expect(next.orders).toHaveLength(1)
    third.close()
  })

  test('a device cannot exhaust the numbers', async () => {
    const { device } = await enrolled()
    const wire = await device.dial()
    wire.send(device.hello({ order: Number.MAX_SAFE_INTEGER }))
    wire.send(await device.sign('attestation', device.attestation(await device.challenge(wire), wire)))
    expect(await wire.refusal()).toBe('FRAME_MALFORMED')
  })

  test('refuses an order for an unknown device', async () => {
    const device = `dev_${'A'.repeat(22)}`
    const issue = () => running.directory.services.orders.issue({ device, kind: 'attest', reason: '' }, 'test')
    expect(await codeThrown(issue)).toBe('DEVICE_UNKNOWN')
  })
})

test('a device that sends faster than its rate is read more slowly, and loses nothing', async () => {
  const clock = new FakeClock(Date.now())
  const limits = { evidenceBurstBytes: 3000, evidenceRateBytes: 1000 }
  await using own = await runningDirectory({ limits }, { clock })
  const { device, wire } = await enrolled(own)
  for (let i = 0; i < 6; i++) wire.send(await device.batch())
  let acknowledged = 0
  let turns = 0
  while (acknowledged < 6) {
    const next = nextAck(wire).then(({ sequence }) => {
      acknowledged = sequence
    })
    for (let settled = false; !settled; turns++) {
      await clock.advance(100)
      settled = await Promise.race([next.then(() => true), new Promise<false>((go) => setImmediate(() => go(false)))])
    }
  }
  expect(acknowledged).toBe(6)
  expect(turns).toBeGreaterThan(5)
})

test('drops a peer that vanished without closing', async () => {
  const clock = new FakeClock(Date.now())
  await using own = await runningDirectory({}, { clock })
  const device = Object.assign(own.device(), { answersPings: false })
  const { wire } = await device.enrol(await own.token())
  await clock.advance(25_000 * 4)
  expect(await wire.closed).toBe(1006)
})

describe('a peer without the key of the device that it names', () => {
  const without = (device: ScriptedDevice, epoch = 1) => Object.assign(running.device(), { id: device.id ?? '', epoch })

  test.each(['serves', 'is retired', 'is in another epoch', 'does not exist'])(
    'does not learn whether that device %s',
    async (how) => {
      const { device } = await enrolled()
      if (how === 'is retired') {
        await running.directory.services.devices.retire(device.id ?? '', 'stolen', 'test')
      }
      if (how === 'does not exist') device.id = `dev_${'A'.repeat(22)}`
      expect(await without(device, how === 'is in another epoch' ? 7 : 1).refused()).toBe('DEVICE_UNKNOWN')
    },
  )

  test.each([0, 2, 7])('while the device itself learns that epoch %i is not its own', async (epoch) => {
    const { device } = await enrolled()
    expect(await Object.assign(device.clone(), { epoch }).refused()).toBe('EPOCH_MISMATCH')
  })
})
