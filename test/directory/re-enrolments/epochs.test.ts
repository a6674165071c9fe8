import { createPublicKey } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, ZEROS } from '../../support/directory/scripted-device.ts'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

/** One device in its second epoch, with the keys of a new machine; what it sent in the first is kept. */
async function reenrolled() {
  const first = running.device()
  const { wire } = await first.enrol(await running.token())
  wire.send(await first.batch())
  await nextAck(wire)
  // The machine was set up anew: it proves its old key once more, and the human lets it in with it.
  const again = first.clone()
  const { welcome } = await again.enrol(await running.token())
  await running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'approve', 'test')
  return { first, again: Object.assign(again, { sequence: 0, head: ZEROS }) }
}

/** Puts the second epoch under another key, as a machine with a TPM would that lost its disk. */
async function rekey(device: ScriptedDevice): Promise<void> {
  const spki = Buffer.from(running.device().spki).toString('base64url')
  await running.exec(`UPDATE devices SET application_key = '${spki}' WHERE id = '${device.id}';
    UPDATE device_keys SET application_key = '${spki}' WHERE device = '${device.id}' AND epoch = 2`)
}

async function jwkOf(device: string, epoch?: number) {
  const spki = await running.directory.store.devices.applicationKey(device, epoch)
  if (spki === undefined) throw new Error('no key')
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' })
}

test('evidence of an earlier epoch verifies with jose and only the key of that epoch', async () => {
  const { first } = await reenrolled()
  await rekey(first)
  const id = first.id ?? ''
  const kept = (await running.directory.store.evidence.jws(id, { epoch: 1, sequence: 1 })) ?? ''
  const { payload } = await compactVerify(kept, await importJWK(await jwkOf(id, 1), 'ES256'))
  expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ sub: id, epoch: 1, sequence: 1 })
  await expect(compactVerify(kept, await importJWK(await jwkOf(id), 'ES256'))).rejects.toThrow('signature')
  expect(await jwkOf(id, 2)).toEqual(await jwkOf(id))
  expect(await running.directory.store.devices.applicationKey(id, 3)).toBeUndefined()
})

test('a key of an earlier epoch is still its device: it enrols no second one', async () => {
  const { first } = await reenrolled()
  await rekey(first)
  const { welcome, wire } = await first.clone().enrol(await running.token())
  expect(welcome).toMatchObject({ status: 'pending', device: first.id, epoch: 3 })
  wire.close()
})

test('an old key does not get the new epoch by the token of the new one', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.send(await device.batch())
  await nextAck(wire)
  const token = await running.token({ uses: 2, unbound: true })
  const { welcome } = await device.clone().enrol(token)
  await running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'approve', 'test')
  await rekey(device)
  const thief = await device.clone().enrol(token)
  expect(thief.welcome).toMatchObject({ status: 'pending', epoch: 3 })
  thief.wire.close()
})

test('a device that has spoken asks a human, although its token has uses left', async () => {
  const device = running.device()
  const token = await running.token({ uses: 2, unbound: true })
  const { wire } = await device.enrol(token)
  wire.send(await device.batch())
  await nextAck(wire)
  const copy = await device.clone().enrol(token)
  expect(copy.welcome).toMatchObject({ status: 'pending', device: device.id, epoch: 2 })
  copy.wire.close()
})

test('a token names the device that it admitted, also after its next enrolment', async () => {
  const first = running.device()
  const [one, two] = [await running.tokenWithId(), await running.tokenWithId()]
  const { welcome: before } = await first.enrol(one.enrolment)
  const again = first.clone()
  const { welcome } = await again.enrol(two.enrolment)
  const { store } = running.directory
  const usersOf = async () =>
    await Promise.all([one, two].map(async ({ id }) => (await store.tokens.view(id, Date.now()))?.devices))
  // It used the second as soon as it asked.
  expect(await usersOf()).toEqual([[before.device], [before.device]])
  await running.directory.services.reEnrolments.settle(welcome.reEnrolment ?? '', 'approve', 'test')
  expect(await usersOf()).toEqual([[before.device], [before.device]])
})

test("an EK of an earlier epoch is still its device's, also after a software epoch", async () => {
  using database = migratedStore()
  const store = directoryStore(sqliteDatabase(database))
  await store.tokens.put({
    id: 't',
    secretHash: '',
    owner: 'ada',
    minimumTier: 'software',
    uses: 9,
    used: 0,
    createdAt: 0,
    expiresAt: 1,
  })
  const common = {
    owner: 'ada',
    token: 't',
    notes: [],
    label: { hostname: 'x', platform: 'linux', arch: 'x64' },
  } as const
  await store.devices.put({
    ...common,
    id: 'd',
    epoch: 1,
    status: 'active',
    tier: 'tpm-attested',
    applicationKey: 'first',
    endorsement: { publicHash: 'ek' },
    enrolledAt: 0,
    sequence: 0,
    head: ZEROS,
    lastOrder: 0,
  })
  const reEnrolment = {
    ...common,
    id: 'a',
    device: 'd',
    epoch: 2,
    state: 'pending',
    tier: 'software',
    createdAt: 1,
  } as const
  await store.reEnrolments.put({ ...reEnrolment, applicationKey: 'second' })
  await store.reEnrolments.startEpoch({ ...reEnrolment, applicationKey: 'second' }, 2)
  expect((await store.devices.get('d'))?.endorsement).toBeUndefined()
  expect((await store.devices.withEndorsement('ek'))?.id).toBe('d')
  expect(await store.devices.withEndorsement('another')).toBeUndefined()
})
