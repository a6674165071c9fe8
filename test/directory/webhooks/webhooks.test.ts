import { Webhook as Verifier } from 'standardwebhooks'
import type { ErrorCode } from '../../../src/base/errors.ts'
import type { Webhook, WebhookDelivery } from '../../../src/protocol/nouns/directory/webhooks.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { ask, refusal } from '../http/documented-answers.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** Webhooks on the API of a test, whose loop runs when a test says so, and a real receiver on this machine. */

let directory: TestDirectory
let receiver: Receiver
directoryForAll(
  (started) => {
    directory = started
  },
  { webhookTimeoutMs: 1_000 },
)
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver[Symbol.asyncDispose]())

const SIGNAL = new AbortController().signal
const HOUR_MS = 3_600_000

async function add(events: readonly string[] = ['*'], url = receiver.url) {
  const answer = await ask(directory, 'POST', 'addWebhook', '/webhooks', { url, events })
  return answer.json as { webhook: Webhook; secret: string }
}
const get = async (id: string) => (await ask(directory, 'GET', 'getWebhook', `/webhooks/${id}`)).json as Webhook
const deliveries = async (id: string) => {
  const { json } = await ask(directory, 'GET', 'listWebhookDeliveries', `/webhooks/${id}/deliveries`)
  return (json as { items: WebhookDelivery[] }).items
}
const act = (id: string, what: string, body?: object) =>
  directory.ask('POST', `/api/v1/webhooks/${id}/${what}`, body === undefined ? {} : { body })

/** Something happens. */
async function happens(kind: 'stop-created' | 'token-created' = 'stop-created', subject = 'x'): Promise<number> {
  const { store, clock } = directory
  await store.audit.add({ at: clock.now(), actor: 'adm_test', act: kind, subject, details: { n: 1 } })
  return store.events.newest()
}

/** Sends all that is due. */
async function work(id: string): Promise<void> {
  for (let steps = 0; await directory.services.webhookDelivering.step(id, SIGNAL); steps++) {
    if (steps > 10_000) throw new Error('the work does not end')
  }
}

test('sends events in order, once each, as a library of Standard Webhooks verifies', async () => {
  await happens()
  const { webhook, secret } = await add(['stop-created', 'token-created'])
  const [first, second] = [await happens('stop-created'), await happens('token-created')]
  await directory.store.activity.add({ at: directory.clock.now(), kind: 'forked', device: undefined })
  await work(webhook.id)
  expect(receiver.got.map(({ headers }) => headers['webhook-id'])).toEqual(
    [first, second].map((id) => `evt_${id}_${directory.clock.now()}`),
  )
  const verifier = new Verifier(secret)
  for (const { headers, body } of receiver.got) {
    const verified = verifier.verify(body, headers)
    expect(verified).toEqual({
      type: expect.stringMatching(/^(stop|token)-created$/),
      timestamp: new Date(directory.clock.now()).toISOString(),
      data: {
        id: expect.any(Number),
        time: directory.clock.now(),
        kind: expect.any(String),
        subject: 'x',
        actor: 'adm_test',
        facts: { n: 1 },
      },
    })
    expect(() => verifier.verify(`${body} `, headers)).toThrow('No matching signature found')
  }
  await work(webhook.id)
  expect(receiver.got).toHaveLength(2)
  expect(await get(webhook.id)).toMatchObject({
    state: 'active',
    behind: 1,
    position: second,
    deliveredAt: expect.any(Number),
  })
  expect(await deliveries(webhook.id)).toMatchObject([
    { event: second, delivered: true, status: 204 },
    { event: first, delivered: true, status: 204 },
  ])
})

test('the secret is shown once, and the database has it encrypted', async () => {
  const { webhook, secret } = await add()
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const { text } = await directory.ask('GET', '/api/v1/webhooks')
  expect(text).not.toContain(secret)
  const stored = directory.database.prepare('SELECT json FROM webhooks').all()
  expect(JSON.stringify(stored)).not.toContain(secret.slice(6))
  expect((await directory.store.events.list({ limit: 1, kind: 'webhook-added' }))[0]?.facts).toEqual({
    webhook: webhook.id,
    host: `127.0.0.1:${receiver.port}`,
  })
})

test('after a rotation messages are signed with both secrets for a day', async () => {
  const { webhook, secret } = await add()
  const { secret: newer } = (await act(webhook.id, 'rotate')).json as { secret: string }
  await happens()
  await work(webhook.id)
  for (const { headers, body } of receiver.got) {
    for (const one of [secret, newer]) new Verifier(one).verify(body, headers)
  }
  await directory.clock.advance(24 * HOUR_MS + 1)
  await happens()
  receiver.got.length = 0
  await work(webhook.id)
  const [{ headers, body } = { headers: {}, body: '' }] = receiver.got
  expect(String(headers['webhook-signature']).split(' ')).toHaveLength(1)
  // The library compares the time with the clock of the machine.
  expect(() =>
    new Verifier(secret).verify(body, { ...headers, 'webhook-timestamp': `${Math.floor(Date.now() / 1000)}` } as Record<
      string,
      string
    >),
  ).toThrow()
})

test('two rotations in a row leave the receiver with a secret that signs', async () => {
  const { webhook, secret } = await add(['stop-created'])
  await act(webhook.id, 'rotate')
  await act(webhook.id, 'rotate')
  await happens()
  await work(webhook.id)
  const [{ headers, body } = { headers: {}, body: '' }] = receiver.got
  new Verifier(secret).verify(body, headers)
  expect(receiver.got).toHaveLength(1)
})

describe('a receiver that does not take it', () => {
  test('retries later, in order and with the same id, and delays no other webhook', async () => {
    await using other = await startReceiver()
    const { webhook } = await add(['stop-created'])
    const { webhook: good } = await add(['stop-created'], other.url)
    receiver.answerWith((response) => void response.writeHead(500).end())
    const ids = [await happens(), await happens()]
    await work(webhook.id)
    await work(good.id)
    expect([receiver.got.length, other.got.length]).toEqual([1, 2])
    expect(await get(webhook.id)).toMatchObject({
      state: 'failing',
      problem: 'status 500',
      nextAttemptAt: expect.any(Number),
    })
    await work(webhook.id)
    expect(receiver.got).toHaveLength(1)
    receiver.answerWith((response) => void response.writeHead(200).end('thanks'))
    await directory.clock.advance(10_000)
    await work(webhook.id)
    expect(receiver.got.map(({ headers }) => String(headers['webhook-id']).split('_')[1])).toEqual(
      [ids[0], ids[0], ids[1]].map(String),
    )
    expect(await get(webhook.id)).toMatchObject({ state: 'active', behind: 0 })
    expect((await get(webhook.id)).problem).toBeUndefined()
  })

  test.each<[string, (response: import('node:http').ServerResponse) => void, string | RegExp]>([
    [
      'redirects',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'status 302: redirects are not followed',
    ],
    ['refuses', (response) => response.writeHead(404).end(), 'status 404'],
    ['says nothing', () => undefined, 'no answer within 1 s'],
    ['never ends its answer', (response) => void response.writeHead(200).write('a'), 'no answer within 1 s'],
    ['hangs up', (response) => response.destroy(), /ECONNRESET/],
  ])('%s', async (_, answer, problem) => {
    const { webhook } = await add()
    receiver.answerWith(answer)
    await happens()
    await work(webhook.id)
    const seen = await get(webhook.id)
    expect({ state: seen.state, problem: seen.problem }).toEqual({
      state: 'failing',
      problem: problem instanceof RegExp ? expect.stringMatching(problem) : problem,
    })
  })

  test('with an endless answer has taken it: what is beyond is not read', async () => {
    const { webhook } = await add(['stop-created'])
    receiver.answerWith((response) => {
      response.writeHead(200)
      const more = (error?: Error | null) => void (error ?? response.write('x'.repeat(65_536), more))
      more()
    })
    await happens()
    await work(webhook.id)
    expect(await deliveries(webhook.id)).toMatchObject([{ delivered: true, status: 200 }])
  })

  test('that is not there is named', async () => {
    const { webhook } = await add()
    await receiver[Symbol.asyncDispose]()
    await happens()
    await work(webhook.id)
    expect((await get(webhook.id)).problem).toMatch(/ECONNREFUSED/)
    receiver = await startReceiver()
  })

  test('says by Retry-After when to come again, within bounds', async () => {
    const { webhook } = await add()
    receiver.answerWith((response) => void response.writeHead(503, { 'retry-after': '600' }).end())
    await happens()
    await work(webhook.id)
    const { nextAttemptAt = 0 } = await get(webhook.id)
    expect(nextAttemptAt - directory.clock.now()).toBeGreaterThanOrEqual(600_000)
    receiver.answerWith((response) => void response.writeHead(503, { 'retry-after': '99999' }).end())
    await directory.clock.advance(HOUR_MS)
    await work(webhook.id)
    const { nextAttemptAt: later = 0 } = await get(webhook.id)
    expect(later - directory.clock.now()).toBeLessThanOrEqual(4.5 * HOUR_MS)
  })

  test('for a day is disabled, with an event, and continues where it was when enabled', async () => {
    const { webhook } = await add(['stop-created'])
    receiver.answerWith((response) => void response.writeHead(500).end())
    const [first, second] = [await happens(), await happens()]
    for (let hours = 0; hours < 48; hours++) {
      await work(webhook.id)
      await directory.clock.advance(HOUR_MS)
    }
    const disabled = await get(webhook.id)
    expect(disabled).toMatchObject({ state: 'disabled', problem: 'status 500', disabledAt: expect.any(Number) })
    expect((disabled.disabledAt ?? 0) - (disabled.failingSince ?? 0)).toBeGreaterThanOrEqual(24 * HOUR_MS)
    expect(await directory.store.events.list({ limit: 1, kind: 'webhook-disabled' })).toMatchObject([
      { actor: 'directory', facts: { webhook: webhook.id, problem: 'status 500' } },
    ])
    receiver.answerWith((response) => void response.writeHead(204).end())
    receiver.got.length = 0
    await work(webhook.id)
    expect(receiver.got).toEqual([])
    await act(webhook.id, 'enable', {})
    await work(webhook.id)
    expect(receiver.got.map(({ body }) => JSON.parse(body).data.id)).toEqual([first, second])
  })

  test('is gone with 410, and what waited may be skipped', async () => {
    const { webhook } = await add(['stop-created'])
    receiver.answerWith((response) => void response.writeHead(410).end())
    await happens()
    await work(webhook.id)
    expect(await get(webhook.id)).toMatchObject({ state: 'disabled', problem: 'status 410' })
    receiver.answerWith((response) => void response.writeHead(204).end())
    receiver.got.length = 0
    await act(webhook.id, 'enable', { skip: true })
    await work(webhook.id)
    expect(receiver.got).toEqual([])
    expect((await get(webhook.id)).behind).toBe(0)
  })

  test('a clock that jumps a year disables nothing, and back a year delays nothing', async () => {
    const { webhook } = await add(['stop-created'])
    receiver.answerWith((response) => void response.writeHead(500).end())
    await happens()
    await work(webhook.id)
    directory.clock.jump(366 * 24 * HOUR_MS)
    await work(webhook.id)
    expect((await get(webhook.id)).state).toBe('failing')
    directory.clock.jump(-2 * 366 * 24 * HOUR_MS)
    receiver.answerWith((response) => void response.writeHead(204).end())
    await work(webhook.id)
    expect((await get(webhook.id)).state).toBe('active')
  })
})

test('an idle webhook reads past other events, and stores its place now and then', async () => {
  const { webhook } = await add(['webhook-disabled'])
  for (let n = 0; n < 1_200; n++) await happens()
  await work(webhook.id)
  expect((await get(webhook.id)).behind).toBeLessThan(201)
  expect(receiver.got).toEqual([])
})

test('the newest 200 attempts are kept', async () => {
  const { webhook } = await add(['stop-created'])
  for (let n = 0; n < 210; n++) await happens()
  await work(webhook.id)
  expect(await deliveries(webhook.id)).toHaveLength(200)
})

test('a lost key of secrets disables the webhook, and says why', async () => {
  const { webhook } = await add(['stop-created'])
  directory.database.exec(
    `UPDATE webhooks SET json = json_set(json, '$.secret', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')`,
  )
  await happens()
  await work(webhook.id)
  expect(await get(webhook.id)).toMatchObject({ state: 'disabled', problem: expect.stringContaining('webhooks.key') })
})

test('a test is sent at once, also by a disabled webhook, and changes nothing else', async () => {
  const { webhook, secret } = await add(['stop-created'])
  const { json } = await ask(directory, 'POST', 'testWebhook', `/webhooks/${webhook.id}/test`)
  expect(json).toMatchObject({ delivered: true, status: 204 })
  const [{ headers, body } = { headers: {}, body: '' }] = receiver.got
  expect(new Verifier(secret).verify(body, headers)).toMatchObject({ type: 'test' })
  expect(await get(webhook.id)).toMatchObject({ state: 'active', position: webhook.position })
})

test.each<[string, object, number, ErrorCode]>([
  ['no URL', { url: 'x', events: ['*'] }, 400, 'INPUT_MALFORMED'],
  ['http elsewhere', { url: 'http://a.example/', events: ['*'] }, 400, 'INPUT_MALFORMED'],
  ['a user', { url: 'https://u:p@a.example/', events: ['*'] }, 400, 'INPUT_MALFORMED'],
  ['a control character', { url: 'https://a.example/\u0000', events: ['*'] }, 400, 'INPUT_MALFORMED'],
  ['metadata of a cloud', { url: 'https://169.254.169.254/latest', events: ['*'] }, 403, 'NOT_PERMITTED'],
  ['a private network', { url: 'https://10.0.0.1/', events: ['*'] }, 403, 'NOT_PERMITTED'],
])('a webhook with %s is refused', async (_, body, status, code) => {
  const answer = await directory.ask('POST', '/api/v1/webhooks', { body })
  expect({ status: answer.status, json: answer.json }).toEqual({ status, json: refusal(code) })
  expect(await directory.store.webhooks.list()).toEqual([])
})

test('a name that comes to be a private address is refused when it is sent', async () => {
  const { webhook } = await add(['stop-created'])
  directory.database.exec("UPDATE webhooks SET url = 'https://10.1.2.3/'")
  await happens()
  await work(webhook.id)
  expect((await get(webhook.id)).problem).toMatch(/private network/)
})

test('there are at most 50', async () => {
  for (let n = 0; n < 50; n++) await add()
  expect(await directory.ask('POST', '/api/v1/webhooks', { body: { url: receiver.url, events: ['*'] } })).toMatchObject(
    {
      status: 429,
      json: refusal('QUOTA_EXCEEDED'),
    },
  )
})

test('a removed webhook gets nothing, also if it is removed while it is sent to', async () => {
  const { webhook } = await add(['stop-created'])
  await happens()
  await happens()
  receiver.answerWith(async (response) => {
    await directory.ask('DELETE', `/api/v1/webhooks/${webhook.id}`)
    response.writeHead(204).end()
  })
  await work(webhook.id)
  expect([receiver.got.length, await directory.store.webhooks.list()]).toEqual([1, []])
})

test('the commands add, show, test and remove one by its host', async () => {
  const host = `127.0.0.1:${receiver.port}`
  const run = (...args: readonly string[]) => runCommand(directory, ['webhooks', ...args])
  const added = await run('add', receiver.url, '--events', 'stop-created,token-created')
  expect(added.out).toMatch(/secret +whsec_/)
  expect((await run('list')).out).toContain(host)
  expect((await run('list')).out).not.toContain('hidden')
  expect((await run('show', host)).out).toMatch(/state +active/)
  expect((await run('test', host)).out).toMatch(/^delivered in \d+ ms\n$/)
  receiver.answerWith((response) => void response.writeHead(500).end())
  const failed = await run('test', host)
  expect({ exitCode: failed.exitCode, out: failed.out, err: failed.err }).toEqual({
    exitCode: 1,
    out: '',
    err: 'surety-directory: the receiver did not take the message: status 500 [WEBHOOK_FAILED]\n',
  })
  expect((await run('deliveries', host)).out).toContain('status 500')
  expect((await run('remove', 'nowhere.example', '--yes')).err).toContain('[NOT_FOUND]')
  expect((await run('remove', host)).err).toContain('[NOT_CONFIRMED]')
  expect((await run('remove', host, '--yes')).out).toContain('is removed')
  expect(await directory.store.webhooks.list()).toEqual([])
})
