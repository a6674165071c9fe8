import { createPublicKey } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { apiStore } from '../../../src/directory/store/api-store.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { MIGRATIONS } from '../../../src/directory/store/schema.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { type RunningDirectory, runningDirectory } from '../../support/running-directory.ts'
import { nextAck, type ScriptedDevice, ZEROS } from '../../support/scripted-device.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

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
  await running.directory.actions.decide(welcome.reEnrolment ?? '', 'approve', 'test')
  return { first, again: Object.assign(again, { sequence: 0, head: ZEROS }) }
}

/** Puts the second epoch under another key, as a machine with a TPM would that lost its disk. */
function rekey(device: ScriptedDevice): void {
  const spki = Buffer.from(running.device().spki).toString('base64url')
  const { database } = running.directory
  database.prepare('UPDATE devices SET application_key = ? WHERE id = ?').run(spki, device.id ?? '')
  database
    .prepare('UPDATE device_keys SET application_key = ? WHERE device = ? AND epoch = 2')
    .run(spki, device.id ?? '')
}

function jwkOf(device: string, epoch?: number) {
  const spki = apiStore(running.directory.database).applicationKey(device, epoch)
  if (spki === undefined) throw new Error('no key')
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' })
}

test('evidence of an earlier epoch verifies with jose and the key of that epoch, and with no other', async () => {
  const { first } = await reenrolled()
  rekey(first)
  const id = first.id ?? ''
  const kept = apiStore(running.directory.database).evidenceJws(id, { epoch: 1, sequence: 1 }) ?? ''
  const { payload } = await compactVerify(kept, await importJWK(jwkOf(id, 1), 'ES256'))
  expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ sub: id, epoch: 1, sequence: 1 })
  await expect(compactVerify(kept, await importJWK(jwkOf(id), 'ES256'))).rejects.toThrow('signature')
  expect(jwkOf(id, 2)).toEqual(jwkOf(id))
  expect(apiStore(running.directory.database).applicationKey(id, 3)).toBeUndefined()
})

test('a key of an earlier epoch is still its device: it enrols no second one', async () => {
  const { first } = await reenrolled()
  rekey(first)
  const { welcome, wire } = await first.clone().enrol(await running.token())
  expect(welcome).toMatchObject({ status: 'pending', device: first.id, epoch: 3 })
  wire.close()
})

test('an old key does not get the new epoch by the token of the new one', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  wire.send(await device.batch())
  await nextAck(wire)
  const token = await running.token({ uses: 2 })
  const { welcome } = await device.clone().enrol(token)
  await running.directory.actions.decide(welcome.reEnrolment ?? '', 'approve', 'test')
  rekey(device)
  const thief = await device.clone().enrol(token)
  expect(thief.welcome).toMatchObject({ status: 'pending', epoch: 3 })
  thief.wire.close()
})

test('a device that has spoken asks a human, although its token has uses left', async () => {
  const device = running.device()
  const token = await running.token({ uses: 2 })
  const { wire } = await device.enrol(token)
  wire.send(await device.batch())
  await nextAck(wire)
  const copy = await device.clone().enrol(token)
  expect(copy.welcome).toMatchObject({ status: 'pending', device: device.id, epoch: 2 })
  copy.wire.close()
})

test('the step that keeps keys takes those that are still known from an older database', () => {
  using folder = temporaryFolder()
  const path = `${folder.path}/directory.sqlite`
  const before = openDatabase(path)
  before.exec(MIGRATIONS[0] ?? '')
  before.exec(`
    PRAGMA user_version=1;
    INSERT INTO tokens VALUES ('t', '', 'ada', NULL, 'software', 0, 1, 9, 0, NULL);
    INSERT INTO devices (id, epoch, status, tier, owner, token, application_key, label_json, enrolled_at, head)
      VALUES ('d', 3, 'active', 'software', 'ada', 't', 'third', '{}', 5, 'h'),
             ('e', 1, 'active', 'software', 'ada', 't', 'only', '{}', 6, 'h');
    UPDATE devices SET endorsement_hash = 'ek of e' WHERE id = 'e';
    INSERT INTO re_enrolments (id, device, epoch, state, tier, owner, token, application_key, label_json, created_at, decided_at)
      VALUES ('a', 'd', 2, 'approved', 'software', 'ada', 't', 'second', '{}', 7, 8),
             ('b', 'd', 3, 'approved', 'software', 'ada', 't', 'third', '{}', 9, 10),
             ('c', 'd', 4, 'pending', 'software', 'ada', 't', 'fourth', '{}', 11, NULL);
    UPDATE re_enrolments SET endorsement_hash = 'ek of ' || id WHERE id <> 'b';
  `)
  before.close()
  using database = openStore(path)
  const rows = database.prepare('SELECT * FROM device_keys ORDER BY device, epoch').all()
  expect(rows.map((row) => Object.values(row))).toEqual([
    ['d', 2, 'second', 8, 'ek of a', 't'],
    ['d', 3, 'third', 10, null, 't'],
    ['e', 1, 'only', 6, 'ek of e', 't'],
  ])
})

test('a register of before knows again which token let a device in first', () => {
  using folder = temporaryFolder()
  const path = `${folder.path}/directory.sqlite`
  const step = MIGRATIONS.findIndex((sql) => sql.includes('device_keys ADD COLUMN token'))
  const before = openDatabase(path)
  for (const sql of MIGRATIONS.slice(0, step)) before.exec(sql)
  before.exec(`
    PRAGMA user_version=${step};
    INSERT INTO tokens VALUES ('one', '', 'ada', NULL, 'software', 0, 1, 1, 1, NULL), ('two', '', 'ada', NULL, 'software', 0, 1, 1, 1, NULL);
    INSERT INTO devices (id, epoch, status, tier, owner, token, application_key, label_json, enrolled_at, head)
      VALUES ('d', 2, 'active', 'software', 'ada', 'two', 'second', '{}', 5, 'h');
    INSERT INTO device_keys VALUES ('d', 1, 'first', 5, NULL), ('d', 2, 'second', 8, NULL);
    INSERT INTO events (at, kind, device, json) VALUES (5, 'enrolled', 'd', '{"token":"one"}');
  `)
  before.close()
  using database = openStore(path)
  const rows = database.prepare('SELECT epoch, token FROM device_keys ORDER BY epoch').all()
  expect(rows.map((row) => Object.values(row))).toEqual([
    [1, 'one'],
    [2, 'two'],
  ])
  expect(apiStore(database).token('one', 6)?.devices).toEqual(['d'])
})

test('a token that let a device in names it also after it enrolled anew with another', async () => {
  const first = running.device()
  const [one, two] = [await running.tokenWithId(), await running.tokenWithId()]
  const { welcome: before } = await first.enrol(one.enrolment)
  const again = first.clone()
  const { welcome } = await again.enrol(two.enrolment)
  const store = apiStore(running.directory.database)
  const usersOf = () => [one, two].map(({ id }) => store.token(id, Date.now())?.devices)
  // It used the second as soon as it asked.
  expect(usersOf()).toEqual([[before.device], [before.device]])
  await running.directory.actions.decide(welcome.reEnrolment ?? '', 'approve', 'test')
  expect(usersOf()).toEqual([[before.device], [before.device]])
})

test('an EK of an earlier epoch is still its device`s, also where the key of the newest is in no TPM', () => {
  using database = openStore(':memory:')
  const store = directoryStore(database)
  store.putToken({
    ...{ id: 't', secretHash: '', owner: 'ada', minimumTier: 'software', uses: 9, used: 0, createdAt: 0, expiresAt: 1 },
  })
  const common = {
    owner: 'ada',
    token: 't',
    notes: [],
    label: { hostname: 'x', platform: 'linux', arch: 'x64' },
  } as const
  store.putDevice({
    ...{ ...common, id: 'd', epoch: 1, status: 'active', tier: 'tpm-attested', applicationKey: 'first' },
    ...{ endorsement: { publicHash: 'ek' }, enrolledAt: 0, sequence: 0, head: ZEROS, lastOrder: 0 },
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
  store.putReEnrolment({ ...reEnrolment, applicationKey: 'second' })
  store.adoptReEnrolment({ ...reEnrolment, applicationKey: 'second' }, 2)
  expect(store.device('d')?.endorsement).toBeUndefined()
  expect(store.deviceByEndorsement('ek')?.id).toBe('d')
  expect(store.deviceByEndorsement('another')).toBeUndefined()
})
