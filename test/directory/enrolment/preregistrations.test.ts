import type { DeviceLabel } from '../../../src/protocol/messages/frames.ts'
import type { PreregistrationInit } from '../../../src/protocol/nouns/enrolment/preregistrations.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import type { ScriptedDevice } from '../../support/directory/scripted-device.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

const LABEL = { hostname: 'laptop', platform: 'linux', arch: 'x64' } as const
const add = (...items: readonly PreregistrationInit[]) => running.directory.services.preregistrations.add(items, 'adm')
const bulkToken = (init: { uses?: number; owner?: string } = {}) =>
  running.directory.services.tokens.create(
    { ttlMs: 60_000, minimumTier: 'software', preregistered: true, uses: 9, ...init },
    'adm',
  )
const list = async () => (await running.directory.store.preregistrations.list({ limit: 100 })).items
const named = async (...names: readonly string[]) => (await list()).filter(({ name }) => names.includes(name))

/** @returns the owner of the device that was made, or the code of the refusal. */
async function come(
  enrolment: string,
  label: Partial<DeviceLabel>,
  device: ScriptedDevice = running.device(),
): Promise<string> {
  const wire = await device.dial()
  wire.send(device.helloToken(enrolment))
  const attestation = device.attestation(await device.challenge(wire), wire, 'enrol')
  wire.send(await device.sign('attestation', { ...attestation, label: { ...LABEL, ...label } }))
  const frame = await wire.next()
  wire.close()
  if (frame.kind === 'refusal') return String(frame.payload.code)
  const { device: id, status } = device.adopt(frame.payload)
  return status === 'pending' ? 'pending' : ((await running.directory.store.devices.get(id))?.owner ?? 'none')
}

test('only preregistered devices enrol, once each, with the preregistered owner', async () => {
  const items = [
    { kind: 'serial', name: 'PF-1', owner: 'ada' },
    { kind: 'host', name: 'Lap-2', owner: 'bob' },
    { kind: 'serial-or-host', name: 'PF-3', owner: 'cleo' },
    { kind: 'serial-or-host', name: 'lap-4', owner: 'dora' },
  ] as const
  expect(await add(...items)).toEqual({ added: 4, changed: 0, unchanged: 0 })
  const { id, enrolment } = await bulkToken()
  expect(await come(enrolment, { serial: 'pf-1' })).toBe('ada')
  expect(await come(enrolment, { hostname: 'LAP-2' })).toBe('bob')
  expect(await come(enrolment, { serial: 'PF-3' })).toBe('cleo')
  expect(await come(enrolment, { hostname: 'lap-4', serial: 'x' })).toBe('dora')
  // A serial number is no host name.
  for (const label of [{ hostname: 'PF-1' }, { serial: 'Lap-2' }, { serial: 'PF-9' }, {}]) {
    expect(await come(enrolment, label)).toBe('TOKEN_SERIAL_MISMATCH')
  }
  // Another machine that calls itself like one of them.
  expect(await come(enrolment, { serial: 'PF-1' })).toBe('TOKEN_SERIAL_MISMATCH')
  // A refusal uses neither the token nor the preregistration.
  expect((await running.directory.store.tokens.get(id))?.used).toBe(4)
  const used = await named(...items.map(({ name }) => name))
  expect(used.map(({ device, enrolledAt }) => device !== undefined && enrolledAt !== undefined)).toEqual(
    Array(4).fill(true),
  )
})

test('a refused enrolment is recorded with what the machine calls itself', async () => {
  const { id, enrolment } = await bulkToken()
  await come(enrolment, { hostname: 'spare', serial: 'PF-29' })
  const refused = "SELECT detail_json AS json FROM activity WHERE kind = 'enrolment-refused' AND detail_json LIKE ?"
  const rows = running.rows(refused, `%${id}%`)
  expect(rows.map(({ json }) => JSON.parse(String(json)))).toEqual([
    {
      token: id,
      code: 'TOKEN_SERIAL_MISMATCH',
      host: 'spare',
      serial: 'PF-29',
      message: 'the token is for preregistered devices, and this one is none',
    },
  ])
})

test('a lost welcome is no second use', async () => {
  await add({ kind: 'serial', name: 'PF-31', owner: 'ada' })
  const { enrolment } = await bulkToken()
  const device = running.device()
  expect(await come(enrolment, { serial: 'PF-31' }, device)).toBe('ada')
  const id = device.id
  device.id = undefined
  expect(await come(enrolment, { serial: 'PF-31' }, device)).toBe('ada')
  expect(device.id).toBe(id)
})

test('the same machine may ask a human to enrol again, and no other one', async () => {
  await add({ kind: 'serial', name: 'PF-41', owner: 'ada' }, { kind: 'serial', name: 'PF-42', owner: 'bob' })
  const { enrolment } = await bulkToken()
  const device = running.device()
  expect(await come(enrolment, { serial: 'PF-41' }, device)).toBe('ada')
  const { wire } = await device.connect()
  wire.send(await device.batch())
  await wire.nextOf('ack')
  expect(await come((await bulkToken()).enrolment, { serial: 'PF-41' }, device.clone())).toBe('pending')
  expect(await come((await bulkToken()).enrolment, { serial: 'PF-41' })).toBe('TOKEN_SERIAL_MISMATCH')
})

test('a preregistration does not change what other tokens do', async () => {
  await add({ kind: 'serial', name: 'PF-51', owner: 'ada' })
  expect(await come(await running.token(), { serial: 'PF-51' })).toBe('ada@example.org')
  expect((await named('PF-51'))[0]).not.toHaveProperty('device')
})

test('a token with an owner names it only where there is no preregistration to do so', async () => {
  await add({ kind: 'serial', name: 'PF-61', owner: 'ada' })
  const { enrolment } = await bulkToken({ owner: 'the lab' })
  expect(await come(enrolment, { serial: 'PF-61' })).toBe('ada')
  expect(await come(enrolment, { serial: 'PF-62' })).toBe('TOKEN_SERIAL_MISMATCH')
})

test('as many devices enrol as the token has uses', async () => {
  const { enrolment } = await running.directory.services.tokens.create(
    { owner: 'ada', ttlMs: 60_000, minimumTier: 'software', uses: 2, unbound: true },
    'adm',
  )
  expect([await come(enrolment, {}), await come(enrolment, {})]).toEqual(['ada', 'ada'])
  const third = running.device()
  expect(await come(enrolment, {}, third)).toBe('TOKEN_USED')
})

describe('adding', () => {
  test('is for all or none, and again changes only owners', async () => {
    const one = { kind: 'serial', name: 'PF-71', owner: 'ada' } as const
    await add(one)
    expect(await add(one, { ...one, name: 'PF-72' })).toEqual({ added: 1, changed: 0, unchanged: 1 })
    expect(await add({ ...one, owner: 'bob' })).toEqual({ added: 0, changed: 1, unchanged: 0 })
    expect(await come((await bulkToken()).enrolment, { serial: 'PF-71' })).toBe('bob')
    expect(await add({ ...one, owner: 'bob' })).toEqual({ added: 0, changed: 0, unchanged: 1 })
    const before = await list()
    expect(await codeThrown(() => add({ ...one, name: 'PF-73' }, { ...one, owner: 'eve' }))).toBe('CONFLICT')
    expect(await codeThrown(() => add({ ...one, name: 'PF-73' }, { ...one, name: 'pf-73' }))).toBe('INPUT_MALFORMED')
    expect(await list()).toEqual(before)
  })

  test.each(['xyz', 'ab'.repeat(31), `${'ab'.repeat(32)}ab`, '=', 'A'.repeat(42)])(
    'refuses %j as a hash',
    async (name) => {
      const before = await list()
      expect(await codeThrown(() => add({ kind: 'endorsement-key', name, owner: 'ada' }))).toBe('INPUT_MALFORMED')
      expect(await list()).toEqual(before)
    },
  )

  test('takes one hash for the other spelling', async () => {
    const bytes = Buffer.alloc(32, 0xab)
    await add({ kind: 'endorsement-key', name: bytes.toString('hex').toUpperCase(), owner: 'ada' })
    expect((await add({ kind: 'endorsement-key', name: bytes.toString('base64url'), owner: 'ada' })).unchanged).toBe(1)
  })

  test('is in the audit with its numbers, and a removal with what it was', async () => {
    await add({ kind: 'serial', name: 'PF-81', owner: 'ada' })
    const [one] = await named('PF-81')
    await running.directory.services.preregistrations.remove(one?.id ?? '', 'adm')
    const acts = running.rows('SELECT act, actor, details_json AS json FROM audit ORDER BY id')
    expect(acts.map(({ act, actor, json }) => [act, actor, JSON.parse(String(json))])).toEqual(
      expect.arrayContaining([
        ['devices-preregistered', 'adm', { added: 1, changed: 0, unchanged: 0 }],
        ['preregistration-removed', 'adm', { kind: 'serial', name: 'PF-81', owner: 'ada' }],
      ]),
    )
  })
})

test('a token needs an owner unless it takes only preregistered devices', async () => {
  const { tokens } = running.directory.services
  expect(await codeThrown(() => tokens.create({ ttlMs: 60_000, minimumTier: 'tpm' }, 'adm'))).toBe('INPUT_MALFORMED')
})

test('two devices that come as the same one at once: one of them enrols', async () => {
  await add({ kind: 'serial', name: 'PF-twice', owner: 'ada' })
  const { enrolment } = await bulkToken()
  const both = await Promise.all([come(enrolment, { serial: 'PF-twice' }), come(enrolment, { serial: 'PF-twice' })])
  expect(both.toSorted()).toEqual(['TOKEN_SERIAL_MISMATCH', 'ada'])
})
