import { type Commit, idempotency } from '../../../src/directory/http/idempotency.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { refusal } from './documented-answers.ts'

let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
})

const post = (path: string, body: object, key?: string, token = directory.token) =>
  directory.ask('POST', `/api/v1${path}`, { body, token, headers: key === undefined ? {} : { 'idempotency-key': key } })
const STOP = { kind: 'freeze', selector: { product: 'codex' }, reason: 'incident' }
const stops = async () => (await directory.store.stops.list({ limit: 100 }, directory.clock.now())).items
const events = (kind: 'token-created' | 'stop-created' | 'order-issued') =>
  directory.store.events.list({ limit: 100, kind })

/** The version of a catalogue says whether it was set before. */
const IDEMPOTENT_BY_ITSELF = ['setCatalogue']

test('every route that creates takes a key', () => {
  const creating = directory.routes.filter(({ creates }) => creates === true).map(({ operationId }) => operationId)
  const answering201 = directory.routes.filter(({ status }) => status === 201).map(({ operationId }) => operationId)
  expect(creating).toEqual(answering201.filter((one) => !IDEMPOTENT_BY_ITSELF.includes(one)))
  expect(creating).toEqual(expect.arrayContaining(['createStop', 'createToken', 'issueOrder', 'addService']))
})

test('repeats the first answer for the same request and key, and creates nothing twice', async () => {
  const first = await post('/stops', STOP, '"one"')
  const again = await post('/stops', STOP, 'one')
  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.text).toBe(first.text)
  expect(again.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'idempotent-replayed': 'true',
    'cache-control': 'no-store',
  })
  expect(first.headers).not.toHaveProperty('idempotent-replayed')
  expect([(await stops()).length, (await events('stop-created')).length]).toEqual([1, 1])
  await post('/stops', STOP, 'two')
  await post('/stops', STOP)
  expect((await stops()).length).toBe(3)
})

test('an order is sent once, and only when the answer is on disk', async () => {
  directory.connected.add(device)
  const order = { kind: 'collect', reason: 'r' }
  const first = await post(`/devices/${device}/orders`, order, 'k')
  const again = await post(`/devices/${device}/orders`, order, 'k')
  expect([again.text, directory.delivered.length, (await events('order-issued')).length]).toEqual([first.text, 1, 1])
})

test('another request with the key is refused: another body or path', async () => {
  await post('/stops', STOP, 'k')
  const other = (await seedDevice(directory, testKey('other'))).device
  const wrong = [
    await post('/stops', { ...STOP, reason: 'another' }, 'k'),
    await post(`/devices/${other}/orders`, { kind: 'collect', reason: 'r' }, 'k'),
  ]
  for (const { status, json } of wrong) {
    expect({ status, json }).toEqual({ status: 422, json: refusal('IDEMPOTENCY_KEY_REUSED') })
  }
  expect((await stops()).length).toBe(1)
})

test('refuses a second request while the first runs, and carries out the first once', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/stops', STOP, 'k')))
  const codes = answers.map(({ status, json }) => (status === 201 ? 201 : Object(json).code))
  expect(new Set(codes.filter((one) => one !== 201 && one !== 'IDEMPOTENCY_KEY_BUSY'))).toEqual(new Set())
  expect(codes).toContain(201)
  expect((await stops()).length).toBe(1)
})

test('a key is held before its answer is looked up', async () => {
  const { answer } = idempotency(directory)
  const request = { principal: 'adm_x', key: 'k', method: 'POST', url: '/', body: {}, status: 201 }
  let runs = 0
  const run = (commit: Commit) => {
    runs++
    return commit(async () => ({}))
  }
  const both = await Promise.allSettled([answer(request, run), answer(request, run)])
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(runs).toBe(1)
})

test('the keys of principals are apart', async () => {
  const { token } = await directory.services.principals.add(
    { kind: 'administrator', name: 'eve', role: 'operator', ttlMs: 60_000 },
    'adm_test',
  )
  await post('/stops', STOP, 'k')
  const other = await post('/stops', { ...STOP, reason: 'hers' }, 'k', token)
  expect([other.status, (await stops()).length]).toEqual([201, 2])
})

test('a refusal is not stored: nothing was done, and the request may be sent again', async () => {
  const unknown = newTestId('dev')
  const path = `/devices/${unknown}/orders`
  expect((await post(path, { kind: 'collect', reason: 'r' }, 'k')).status).toBe(404)
  expect((await post('/stops', STOP, 'k')).status).toBe(201)
})

test('keeps no answer with a secret, and a second request names what was created', async () => {
  const requests = [
    ['/tokens', { owner: 'ada', minimumTier: 'software' }, /^tok_/],
    ['/administrators', { name: 'eve', role: 'viewer' }, /^adm_/],
    ['/services', { name: 'gate', scope: 'read' }, /^svc_/],
  ] as const
  for (const [path, body, id] of requests) {
    const first = await post(path, body, `key ${path}`.replace(' ', '-'))
    expect(first.status).toBe(201)
    const again = await post(path, body, `key-${path}`)
    expect({ status: again.status, code: Object(again.json).code }).toEqual({ status: 409, code: 'ANSWER_NOT_KEPT' })
    const created = Object(Object.values(Object(first.json)).find((one) => id.test(Object(one).id))).id
    expect(Object(again.json).detail).toContain(created)
  }
  const secrets = directory.database.prepare('SELECT body FROM idempotency_keys').all()
  expect(secrets).toEqual([{ body: null }, { body: null }, { body: null }])
  // The seeded device has one.
  expect((await events('token-created')).length).toBe(2)
})

test('a key is forgotten after a day, and may be used again', async () => {
  await post('/stops', STOP, 'k')
  await directory.clock.advance(24 * 3_600_000 + 1)
  await post('/stops', { ...STOP, reason: 'next day' }, 'k')
  expect((await stops()).length).toBe(2)
  expect(directory.database.prepare('SELECT keys FROM idempotency_use').all()).toEqual([{ keys: 1 }])
})

test('a principal with too many answers is refused, and nothing is created', async () => {
  const { id } = (await directory.store.principals.list())[0] ?? { id: '' }
  directory.database.prepare('INSERT INTO idempotency_use VALUES (?, 100000, 0)').run(id)
  expect(await post('/stops', STOP, 'k')).toMatchObject({ status: 429, json: refusal('QUOTA_EXCEEDED') })
  expect((await stops()).length).toBe(0)
  expect((await post('/stops', STOP)).status).toBe(201)
})

test.each(['', ' ', '""', 'a b', `"${'x'.repeat(256)}"`, 'x'.repeat(256), '"a"b"', 'é', '"\u0001"'])(
  'the key %j is refused',
  async (key) => {
    const sent = await post('/stops', STOP, key).catch((error: unknown) => ({ status: String(error), json: undefined }))
    // Node itself refuses to send a control character.
    if (typeof sent.status === 'number') expect(sent).toMatchObject({ status: 400, json: refusal('INPUT_MALFORMED') })
    expect((await stops()).length).toBe(0)
  },
)

test('a commit that fails stores neither', async () => {
  directory.database.exec(
    "CREATE TRIGGER full BEFORE INSERT ON idempotency_keys BEGIN SELECT RAISE(ABORT, 'full'); END",
  )
  directory.connected.add(device)
  const answer = await post(`/devices/${device}/orders`, { kind: 'collect', reason: 'r' }, 'k')
  expect(answer.status).toBe(409)
  expect([directory.delivered, await events('order-issued')]).toEqual([[], []])
  directory.database.exec('DROP TRIGGER full')
  expect((await post(`/devices/${device}/orders`, { kind: 'collect', reason: 'r' }, 'k')).status).toBe(201)
})
