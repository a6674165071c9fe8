import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
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

test.each([
  ['GET', 'changes', '/changes?since=5&until=5', 400, 'INPUT_MALFORMED'],
  ['GET', 'changes', '/changes?since=0&until=2678400001', 400, 'INPUT_MALFORMED'],
])('%s of %s is refused: %s -> %i %s', async (method, _what, path, status, code) => {
  const answer = await directory.ask(method, `/api/v1${path}`)
  expect({ status: answer.status, json: answer.json }).toEqual({ status, json: refusal(code) })
})

test.each([
  ['a blank owner', { owner: ' \t\u00a0\u3000' }, 400, 'INPUT_MALFORMED'],
  ['an owner that nobody can see', { owner: '\u200b\u202e\ufeff\u0000' }, 400, 'INPUT_MALFORMED'],
])('a token with %s is refused', async (_name, body, status, code) => {
  const answer = await directory.ask('POST', '/api/v1/tokens', { body })
  expect({ status: answer.status, json: answer.json }).toEqual({ status, json: refusal(code) })
})

test('refuses a path that cannot be decoded as any other, and never repeats it', async () => {
  const { status, json, headers } = await directory.ask('GET', '/api/v1/agents/%E0%A4%A')
  expect({ status, json, sniffed: headers['x-content-type-options'] }).toEqual({
    status: 400,
    json: refusal('INPUT_MALFORMED', 'the request is not well-formed'),
    sniffed: 'nosniff',
  })
})

test('every refusal is a problem of RFC 9457', async () => {
  const answers = await Promise.all([
    directory.ask('GET', '/api/v1/devices?limit=0'),
    directory.ask('GET', '/api/v1/nowhere'),
    directory.ask('GET', '/api/v1/agents/%E0%A4%A'),
    directory.ask('GET', '/api/v1/devices', { token: null }),
    directory.ask('GET', '/metrics', { token: null }),
  ])
  expect(answers.map(({ headers }) => headers['content-type'])).toEqual(
    answers.map(() => 'application/problem+json; charset=utf-8'),
  )
  expect(answers.map(({ status, json }) => [Object(json).status === status, Object(json).title])).toEqual(
    ['Bad Request', 'Not Found', 'Bad Request', 'Unauthorized', 'Unauthorized'].map((title) => [true, title]),
  )
})

test.each(['freeze', 'retire', 'attest '])('an order of kind %j is not for this route', async (kind) => {
  const path = `/api/v1/devices/${seeded.device}/orders`
  const answer = await directory.ask('POST', path, { body: { kind, reason: 'x' } })
  expect({ status: answer.status, json: answer.json }).toEqual({ status: 400, json: refusal('INPUT_MALFORMED') })
})

test('a refusal names the place and never repeats the value', async () => {
  const answer = await directory.ask('POST', '/api/v1/tokens', { body: { owner: 'x', serial: ['hunter2'] } })
  expect(answer.json).toEqual(refusal('INPUT_MALFORMED', 'body: serial: must be string'))
})

test('a retired device is refused from then on: verdict, orders, and the record of why', async () => {
  const { device } = await seedDevice(directory, testKey('retired'))
  const retire = (reason: string) => ask(directory, 'POST', 'retireDevice', `/devices/${device}/retire`, { reason })
  const retired = { status: 'retired', result: { verdict: 'not-compliant' } }
  expect((await retire('stolen')).json).toMatchObject(retired)
  expect((await retire('again')).json).toMatchObject(retired)
  const order = await ask(directory, 'POST', 'issueOrder', `/devices/${device}/orders`, { kind: 'attest', reason: 'x' })
  expect({ status: order.status, json: order.json }).toEqual({ status: 409, json: refusal('DEVICE_RETIRED') })
  const { items } = Object((await ask(directory, 'GET', 'listEvents', `/events?device=${device}`)).json)
  expect(items.filter(({ kind }: { kind: string }) => kind === 'retired')).toEqual([
    {
      id: expect.any(Number),
      time: directory.clock.now(),
      kind: 'retired',
      subject: device,
      device,
      actor: expect.stringMatching(/^adm_/),
      actorName: 'administrator',
      facts: { reason: 'stolen' },
    },
  ])
})

test('a failure of ours tells its reason to the log alone', async () => {
  await using broken = await startTestDirectory()
  const { device } = await seedDevice(broken)
  broken.database.exec(`UPDATE results SET json = '{"password":"hunter2"}'`)
  broken.lines.length = 0
  const answer = await broken.ask('GET', `/api/v1/devices/${device}`)
  expect({ status: answer.status, json: answer.json, lines: broken.lines }).toEqual({
    status: 500,
    json: refusal('STORE_CORRUPT', 'the stored data is damaged; see the log'),
    lines: [
      {
        level: 'error',
        message: 'administrator request failed',
        fields: {
          operation: 'getDevice',
          reason: expect.stringContaining('the JSON in column json does not fit its schema'),
        },
      },
    ],
  })
  expect(JSON.stringify(broken.lines)).not.toContain('hunter2')
})
