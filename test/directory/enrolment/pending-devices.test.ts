import { codeThrown } from '../../support/code-thrown.ts'
import { come } from '../../support/directory/come.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

/** Those of these tokens. */
const pending = async (...tokens: readonly string[]) =>
  (await running.directory.store.pendingDevices.list({ limit: 100 })).items.filter(({ token }) =>
    tokens.includes(token),
  )
const settle = (id: string | undefined, outcome: 'accept' | 'refuse', more: { owner?: string; reason?: string } = {}) =>
  running.directory.services.pendingDevices.settle(id ?? '', { outcome, ...more }, 'adm')
const devices = (token: string) => running.rows('SELECT id, owner, status FROM devices WHERE token = ?', token)

test('a device of a token whose devices wait is in no list until a human accepts it', async () => {
  const { id, enrolment } = await running.tokenWithId({ pending: 'all' })
  const { outcome, welcome, device, wire } = await come(running, enrolment, { serial: 'S1' })
  expect(outcome).toBe('pending')
  expect(welcome).toMatchObject({ status: 'pending', epoch: 1, tier: 'software', orders: [] })
  expect(welcome).not.toHaveProperty('reEnrolment')
  expect(devices(id)).toEqual([])
  expect(await pending(id)).toMatchObject([
    { id: device.id, status: 'pending', why: 'token', owner: 'ada@example.org', label: { serial: 'S1' } },
  ])
  const waits = "SELECT 1 AS waits FROM activity WHERE kind = 'enrolment-pending' AND device = ?"
  expect(running.rows(waits, device.id ?? '')).toEqual([{ waits: 1 }])

  await settle(device.id, 'accept', { owner: 'bob@example.org', reason: 'ticket 7' })
  expect(await wire.closed).toBe(1000)
  expect(devices(id)).toEqual([{ id: device.id, owner: 'bob@example.org', status: 'active' }])
  const back = await device.connect()
  expect(back.welcome).toMatchObject({ status: 'accepted', device: device.id, epoch: 1 })
  back.wire.send(await device.batch())
  expect((await back.wire.nextOf('ack')).payload).toMatchObject({ sequence: 1 })
  back.wire.close()
  expect(await pending(id)).toMatchObject([{ status: 'accepted', decidedBy: 'adm', reason: 'ticket 7' }])
  const accepted = "SELECT actor FROM audit WHERE act = 'device-accepted' AND device = ?"
  expect(running.rows(accepted, device.id ?? '')).toEqual([{ actor: 'adm' }])
})

test('may not attest or send while it waits, also after a restart of the directory', async () => {
  const { device, wire } = await come(running, await running.token({ pending: 'all' }))
  wire.send(await device.batch())
  expect(await wire.refusal()).toBe('ENROLMENT_PENDING')
  Object.assign(device, { sequence: 0, head: ZEROS })
  expect(await device.refused()).toBe('ENROLMENT_PENDING')
  await running.restart()
  // The directory listens at another port by now.
  const later = Object.assign(running.device(), { id: device.id, epoch: 1 })
  Object.assign(later, { privateKey: device.privateKey, spki: device.spki })
  expect(await later.refused()).toBe('ENROLMENT_PENDING')
  // Another key does not learn that there is such a device.
  const thief = Object.assign(running.device(), { id: device.id, epoch: 1 })
  expect(await thief.refused()).toBe('DEVICE_UNKNOWN')
  const nobody = Object.assign(running.device(), { id: `dev_${'A'.repeat(22)}`, epoch: 1 })
  expect(await nobody.refused()).toBe('DEVICE_UNKNOWN')
})

test('after a lost welcome, the same keys and token wait once more and use it once', async () => {
  const { id, enrolment } = await running.tokenWithId({ pending: 'all' })
  const first = await come(running, enrolment)
  const again = await come(running, enrolment, {}, first.device.clone())
  expect(again.welcome?.device).toBe(first.welcome?.device)
  expect(await first.wire.refusal()).toBe('SESSION_SUPERSEDED')
  expect(running.rows('SELECT used FROM tokens WHERE id = ?', id)).toEqual([{ used: 1 }])
  expect(await pending(id)).toHaveLength(1)
  await settle(first.device.id, 'accept')
  expect(await again.wire.closed).toBe(1000)
  expect((await again.device.connect()).welcome.status).toBe('accepted')
})

test('a refused device learns it, and its key waits for a human with any token', async () => {
  const { id, enrolment } = await running.tokenWithId({ pending: 'all' })
  const { device, wire } = await come(running, enrolment)
  await settle(device.id, 'refuse', { reason: 'no laptop of ours' })
  expect(await wire.closed).toBe(1000)
  expect(await device.refused()).toBe('ENROLMENT_DENIED')
  expect((await come(running, enrolment, {}, device.clone())).outcome).toBe('TOKEN_USED')
  expect(devices(id)).toEqual([])
  expect(running.rows('SELECT used FROM tokens WHERE id = ?', id)).toEqual([{ used: 1 }])

  const later = await running.tokenWithId()
  const other = await come(running, later.enrolment, {}, device.clone())
  expect(other.outcome).toBe('pending')
  expect((await pending(later.id)).filter(({ status }) => status === 'pending')).toMatchObject([
    { why: 'refused-before' },
  ])
  await settle(other.device.id, 'accept')
  expect((await other.device.connect()).welcome.status).toBe('accepted')
})

test.each([
  ['accept', 'refuse'],
  ['refuse', 'accept'],
] as const)('after %s it is too late to %s, and the same again changes nothing', async (first, then) => {
  const { device } = await come(running, await running.token({ pending: 'all' }))
  await settle(device.id, first)
  await settle(device.id, first)
  expect(await codeThrown(() => settle(device.id, then))).toBe('CONFLICT')
  expect(running.rows("SELECT act FROM audit WHERE act LIKE 'device-%' AND device = ?", device.id ?? '')).toHaveLength(
    1,
  )
})

test('what is no pending device cannot be decided', async () => {
  const { device } = await come(running, await running.token())
  expect(await codeThrown(() => settle(device.id, 'accept'))).toBe('NOT_FOUND')
  expect(await codeThrown(() => settle(`dev_${'A'.repeat(22)}`, 'refuse'))).toBe('NOT_FOUND')
})

test('two devices that wait with one key: the second can only be refused', async () => {
  const [one, other] = [await running.tokenWithId({ pending: 'all' }), await running.tokenWithId({ pending: 'all' })]
  const first = await come(running, one.enrolment)
  const second = await come(running, other.enrolment, {}, first.device.clone())
  expect(second.device.id).not.toBe(first.device.id)
  await settle(first.device.id, 'accept')
  expect(await codeThrown(() => settle(second.device.id, 'accept'))).toBe('CONFLICT')
  expect([devices(one.id), devices(other.id)]).toMatchObject([[{ status: 'active' }], []])
  await settle(second.device.id, 'refuse')
  expect((await first.device.connect()).welcome.status).toBe('accepted')
})

test('admits an accepted device though its token was revoked or used up meanwhile', async () => {
  const { id, enrolment } = await running.tokenWithId({ pending: 'all' })
  const { device } = await come(running, enrolment)
  await running.directory.services.tokens.revoke(id, 'adm')
  await settle(device.id, 'accept')
  expect((await device.connect()).welcome.status).toBe('accepted')
})

test.each([
  ['unproven', 'pending'],
  ['all', 'pending'],
  ['token', 'accepted'],
] as const)('the setting %s: a device with a key in a file is %s', async (pendingDevices, outcome) => {
  await using own = await runningDirectory({ pendingDevices })
  expect((await come(own, await own.token())).outcome).toBe(outcome)
})

test('a known device with any token is a re-enrolment', async () => {
  const { device, wire } = await come(running, await running.token())
  wire.close()
  const { id, enrolment } = await running.tokenWithId({ pending: 'all' })
  const again = await come(running, enrolment, {}, device.clone())
  expect(again.welcome).toMatchObject({ status: 'pending', device: device.id, epoch: 2 })
  expect(again.welcome?.reEnrolment).toMatch(/^ren_/)
  expect(await pending(id)).toEqual([])
})

describe('a token that lets devices wait that are not preregistered', () => {
  const add = (name: string) =>
    running.directory.services.preregistrations.add([{ kind: 'serial', name, owner: 'bob' }], 'adm')

  test('lets those in that are, each once', async () => {
    await add('PF-1')
    const { id, enrolment } = await running.tokenWithId({ pending: 'unlisted', uses: 9 })
    const listed = await come(running, enrolment, { serial: 'pf-1' })
    expect(listed.outcome).toBe('accepted')
    expect(devices(id)).toMatchObject([{ owner: 'bob' }])
    const other = await come(running, enrolment, { serial: 'PF-9' })
    const clone = await come(running, enrolment, { serial: 'PF-1' })
    expect([other.outcome, clone.outcome]).toEqual(['pending', 'pending'])
    expect(
      (await pending(id))
        .map(({ why, owner, notes }) => ({ why, owner, notes }))
        .toSorted((a, b) => a.notes.length - b.notes.length),
    ).toEqual([
      { why: 'unlisted', owner: 'ada@example.org', notes: ['it is not preregistered'] },
      {
        why: 'unlisted',
        owner: 'ada@example.org',
        notes: expect.arrayContaining([`${listed.device.id} enrolled as this one`]),
      },
    ])
  })

  test('gives a preregistration back when the device that took it is refused', async () => {
    await add('PF-2')
    const { id, enrolment } = await running.tokenWithId({ preregistered: true, pending: 'all', uses: 9 })
    const thief = await come(running, enrolment, { serial: 'PF-2' })
    expect(thief.outcome).toBe('pending')
    expect((await come(running, enrolment, { serial: 'PF-2' })).outcome).toBe('TOKEN_SERIAL_MISMATCH')
    await settle(thief.device.id, 'refuse')
    const honest = await come(running, enrolment, { serial: 'PF-2' })
    expect(honest.outcome).toBe('pending')
    await settle(honest.device.id, 'accept')
    expect(devices(id)).toMatchObject([{ id: honest.device.id, owner: 'bob' }])
  })
})

test('a token that contradicts itself is not made', async () => {
  const create = (init: Parameters<typeof running.directory.services.tokens.create>[0]) =>
    codeThrown(() => running.directory.services.tokens.create(init, 'adm'))
  const token = { ttlMs: 60_000, minimumTier: 'tpm', owner: 'ada' } as const
  const before = running.rows('SELECT id FROM tokens')
  expect(await create({ ...token, preregistered: true, pending: 'unlisted' })).toBe('INPUT_MALFORMED')
  expect(await create({ ...token, owner: undefined, pending: 'unlisted' })).toBe('INPUT_MALFORMED')
  expect(await create({ ...token, owner: undefined, pending: 'all' })).toBe('INPUT_MALFORMED')
  expect(await create({ ...token, unbound: true })).toBe('INPUT_MALFORMED')
  expect(running.rows('SELECT id FROM tokens')).toEqual(before)
})
