import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import type { DirectoryEvent } from '../../../src/protocol/nouns/directory/events.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { HOSTILE_NAME, seedDevice, seedReEnrolment } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { ask, CATALOGUE, refusal } from './documented-answers.ts'

let directory: TestDirectory

let seeded: Awaited<ReturnType<typeof seedDevice>>
beforeAll(async () => {
  directory = await startTestDirectory()
  seeded = await seedDevice(directory)
  await directory.services.catalogues.set(CATALOGUE, 'adm')
})
afterAll(() => directory[Symbol.asyncDispose]())

test('makes, lists and revokes a token, and returns its secret once', async () => {
  const body = { owner: 'bob <b@example.org>', ttlMs: 600_000, serial: 'S1', minimumTier: 'tpm' }
  const created = await ask(directory, 'POST', 'createToken', '/tokens', body)
  const now = directory.clock.now()
  const { token, enrolment } = Object(created.json)
  expect({ status: created.status, token }).toEqual({
    status: 201,
    token: {
      id: token.id,
      owner: 'bob <b@example.org>',
      serial: 'S1',
      minimumTier: 'tpm',
      createdAt: now,
      expiresAt: now + 600_000,
      uses: 1,
      used: 0,
      status: 'usable',
      devices: [],
    },
  })
  const { secret, ...told } = parseEnrolmentString(enrolment)
  expect(told).toEqual({
    url: 'wss://127.0.0.1:7443',
    ...directory.authority.pins,
    token: token.id,
    minimumTier: 'tpm',
  })
  const list = await ask(directory, 'GET', 'listTokens', '/tokens')
  expect(Object(list.json).items).toContainEqual(token)
  expect(list.text).not.toContain(secret)
  expect((await ask(directory, 'DELETE', 'revokeToken', `/tokens/${token.id}`)).json).toEqual({
    ...token,
    status: 'revoked',
  })
  const used = Object(list.json).items.find(({ id }: { id: string }) => id === seeded.token)
  expect(used).toMatchObject({ status: 'used', devices: [seeded.device] })
})

test('a re-enrolment whose key became another device can only be denied', async () => {
  const known = await seedDevice(directory, testKey('waits for a human'))
  const id = await seedReEnrolment(directory, { device: known.device, token: known.token, epoch: 7 })
  const { device } = await seedDevice(directory, testKey('epoch 7'))
  const decide = (outcome: string) => ask(directory, 'POST', `${outcome}ReEnrolment`, `/re-enrolments/${id}/${outcome}`)
  const { status, json } = await decide('approve')
  expect({ status, json }).toEqual({
    status: 409,
    json: refusal('CONFLICT', `${device} has its key or TPM by now: it can only be denied`),
  })
  expect((await decide('deny')).json).toMatchObject({ id, status: 'denied' })
})

test('a re-enrolment is listed, approved once, and not denied after that', async () => {
  const key = testKey('decided')
  const other = await seedDevice(directory, key)
  const id = await seedReEnrolment(directory, { device: other.device, token: other.token, epoch: 2 })
  expect((await ask(directory, 'GET', 'listReEnrolments', '/re-enrolments?status=pending')).json).toMatchObject({
    items: [{ id, device: other.device, epoch: 2, status: 'pending', label: { hostname: HOSTILE_NAME } }],
  })
  const approved = await ask(directory, 'POST', 'approveReEnrolment', `/re-enrolments/${id}/approve`)
  expect(approved.json).toMatchObject({ id, status: 'approved', decidedAt: directory.clock.now() })
  expect((await ask(directory, 'POST', 'approveReEnrolment', `/re-enrolments/${id}/approve`)).json).toEqual(
    approved.json,
  )
  const denied = await ask(directory, 'POST', 'denyReEnrolment', `/re-enrolments/${id}/deny`)
  expect({ status: denied.status, json: denied.json }).toEqual({
    status: 409,
    json: refusal('CONFLICT', 'the re-enrolment was approved before'),
  })
  expect((await ask(directory, 'GET', 'getDevice', `/devices/${other.device}`)).json).toMatchObject({ epoch: 2 })
})

test('returns events newest first, by page and by device', async () => {
  await ask(directory, 'POST', 'createToken', '/tokens', {
    owner: 'alice@example.org',
    ttlMs: 60_000,
    minimumTier: 'tpm',
  })
  await ask(directory, 'POST', 'issueOrder', `/devices/${seeded.device}/orders`, { kind: 'attest', reason: 'audit' })
  const all = Object((await ask(directory, 'GET', 'listEvents', '/events')).json)
  expect(all.items.map(({ kind }: { kind: string }) => kind)).toContain('token-created')
  const page = Object((await ask(directory, 'GET', 'listEvents', '/events?limit=1')).json)
  expect(page).toEqual({ items: [all.items[0]], next: `${all.items[0].id}` })
  expect(Object((await ask(directory, 'GET', 'listEvents', `/events?cursor=${page.next}`)).json).items).toEqual(
    all.items.slice(1),
  )
  const ofDevice = Object((await ask(directory, 'GET', 'listEvents', `/events?device=${seeded.device}`)).json)
  expect(new Set(ofDevice.items.map(({ device }: { device: string }) => device))).toEqual(new Set([seeded.device]))
  const ofKind = Object((await ask(directory, 'GET', 'listEvents', '/events?kind=order-issued')).json).items
  expect(ofKind.map(({ kind, device }: DirectoryEvent) => [kind, device])).toEqual([['order-issued', seeded.device]])
  const ofBoth = `/events?kind=order-issued&device=${seeded.device}`
  expect(Object((await ask(directory, 'GET', 'listEvents', ofBoth)).json).items).toEqual(ofKind)
})

test('the authority is what devices pin', async () => {
  expect((await ask(directory, 'GET', 'getAuthority', '/authority')).json).toEqual({
    pins: directory.authority.pins,
    caCertificate: directory.ca,
    verdicts: {
      publicKey: directory.authority.acknowledgementKey,
      delegation: directory.authority.delegations().acknowledgements,
      root: directory.authority.root,
    },
  })
})

test('a catalogue is handed out by version, and only forwards', async () => {
  const body = (version: number) => ({ catalogue: CATALOGUE.replace('"version":3', `"version":${version}`) })
  expect((await ask(directory, 'GET', 'catalogue', '/catalogue')).json).toMatchObject({ version: 3, setBy: 'adm' })
  expect((await ask(directory, 'POST', 'setCatalogue', '/catalogue', body(4))).json).toMatchObject({ version: 4 })
  expect((await ask(directory, 'GET', 'catalogue', '/catalogue')).json).toMatchObject({ version: 4 })
  const older = await ask(directory, 'POST', 'setCatalogue', '/catalogue', body(4))
  expect([older.status, older.json]).toEqual([409, refusal('CONFLICT')])
  const none = await ask(directory, 'POST', 'setCatalogue', '/catalogue', { catalogue: '{}' })
  expect([none.status, none.json]).toEqual([400, refusal('INPUT_MALFORMED')])
  // Larger than any other body may be, and larger than this one may.
  const large = await ask(directory, 'POST', 'setCatalogue', '/catalogue', { catalogue: 'x'.repeat(100 * 1024) })
  expect([large.status, large.json]).toEqual([400, refusal('INPUT_MALFORMED')])
  const tooLarge = await ask(directory, 'POST', 'setCatalogue', '/catalogue', {
    catalogue: 'x'.repeat(2 * 1024 * 1024),
  })
  expect(tooLarge.status).toBe(413)
})
