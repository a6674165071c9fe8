import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { faultOf } from '../../../src/base/schema.ts'
import { liveStream } from '../../../src/directory/live/live-stream.ts'
import type { Principal } from '../../../src/protocol/noun/permissions.ts'
import type { Summary } from '../../../src/protocol/nouns/directory/directory.ts'
import { liveMessageSchemas } from '../../../src/protocol/nouns/directory/live.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { waitFor } from '../../support/wait-for.ts'

const DEVICE = `dev_${'A'.repeat(22)}`

interface Message {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads the stream over TLS as a browser would. */
async function listen({ url, ca, token }: Pick<TestDirectory, 'url' | 'ca' | 'token'>) {
  const asked = request(`${url}/api/v1/live`, { ca, agent: false, headers: { authorization: `Bearer ${token}` } })
  asked.on('error', () => undefined).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const state = { ended: false }
  for (const end of ['end', 'error'] as const) response.on(end, () => Object.assign(state, { ended: true }))
  const messages = (): Message[] =>
    text.split('\n\n').flatMap((block) => {
      const [, event = '', json = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
      return event === '' ? [] : [{ event, data: JSON.parse(json) }]
    })
  return {
    response,
    state,
    text: () => text,
    messages,
    of: (event: string) => messages().filter((one) => one.event === event),
    [Symbol.dispose]: () => void asked.destroy(),
  }
}

async function listening(directory: TestDirectory) {
  const live = await listen(directory)
  await waitFor('the first summary', () => live.of('summary').length === 1)
  return live
}

const news = (directory: TestDirectory, at: number) =>
  directory.store.activity.add({ at, kind: 'agent-appeared', device: DEVICE, detail: { agent: 'claude-code' } })

test('begins with the summary, then tells what changes, in documents of its schemas', async () => {
  await using directory = await startTestDirectory()
  using live = await listening(directory)
  expect(live.response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  expect(live.text()).toMatch(/^retry: 3000\n\n/)
  const { time: _, ...counted } = (await directory.ask('GET', '/api/v1/summary')).json as Summary
  expect(live.of('summary')[0]?.data).toMatchObject(counted)
  await news(directory, 7)
  const created = await directory.ask('POST', '/api/v1/stops', {
    body: { kind: 'freeze', selector: { all: true }, reason: 'incident <b>42</b>' },
  })
  expect(created.status).toBe(201)
  for (let turn = 0; turn < 8; turn++) await directory.clock.advance(250)
  await waitFor('all messages', () => live.of('stops').length === 1 && live.of('summary').length === 2)
  const events = live.of('events').flatMap(({ data }) => data.items as Readonly<Record<string, unknown>>[])
  expect(events).toMatchObject([
    { kind: 'agent-appeared', device: DEVICE, time: 7, words: 'agent claude-code' },
    { kind: 'stop-created', subject: expect.stringMatching(/^stop_/), words: expect.stringContaining('<b>42</b>') },
  ])
  expect(live.of('stops')[0]?.data).toMatchObject({ items: [{ id: events[1]?.subject, state: 'standing' }] })
  for (const { event, data } of live.messages()) {
    const schema = Object.entries(liveMessageSchemas).find(([name]) => name === event)?.[1]
    expect([event, schema && faultOf(schema, data)]).toEqual([event, undefined])
  }
})

test('sends nothing that did not change, and a sign of life every 15 seconds', async () => {
  await using directory = await startTestDirectory()
  using live = await listening(directory)
  for (let turn = 0; turn < 61; turn++) await directory.clock.advance(250)
  await waitFor('a heartbeat', () => live.text().includes(': still here\n\n'))
  expect(live.messages()).toHaveLength(1)
})

test('of very many events the newest are sent, with the number of the others', async () => {
  await using directory = await startTestDirectory()
  using live = await listening(directory)
  for (let at = 1; at <= 70; at++) await news(directory, at)
  for (let turn = 0; turn < 3; turn++) await directory.clock.advance(250)
  await waitFor('the events', () => live.of('events').length === 1)
  const { items, leftOut } = Object(live.of('events')[0]?.data)
  expect([leftOut, items.length, items[0]?.time, items.at(-1)?.time]).toEqual([20, 50, 21, 70])
})

test('a viewer hears of the summary only', async () => {
  await using directory = await startTestDirectory()
  const body = { name: 'vic', role: 'viewer' }
  const { token } = (await directory.ask('POST', '/api/v1/administrators', { body })).json as { token: string }
  using live = await listen({ ...directory, token })
  using other = await listening(directory)
  await news(directory, 7)
  await directory.ask('POST', '/api/v1/stops', { body: { kind: 'freeze', selector: { all: true }, reason: 'x' } })
  for (let turn = 0; turn < 8; turn++) await directory.clock.advance(250)
  await waitFor('the other to hear all', () => other.of('stops').length === 1 && other.of('events').length > 0)
  await waitFor('the summary', () => live.of('summary').length === 2)
  expect(new Set(live.messages().map(({ event }) => event))).toEqual(new Set(['summary']))
})

test.each([
  ['is revoked', 'DELETE', '', undefined],
  ['may see other things', 'POST', '/role', { role: 'viewer' }],
])('ends once its principal %s', async (_what, method, path, change) => {
  await using directory = await startTestDirectory()
  const body = { name: 'olga', role: 'operator' }
  const added = (await directory.ask('POST', '/api/v1/administrators', { body })).json as { token: string }
  using live = await listen({ ...directory, token: added.token })
  await waitFor('the first summary', () => live.of('summary').length === 1)
  const changed = await directory.ask(
    method,
    `/api/v1/administrators/olga${path}`,
    change === undefined ? {} : { body: change },
  )
  expect(changed.status).toBe(200)
  for (let turn = 0; turn < 58; turn++) await directory.clock.advance(250)
  expect(live.state.ended).toBe(false)
  for (let turn = 0; turn < 4; turn++) await directory.clock.advance(250)
  await waitFor('its end', () => live.state.ended)
})

test.each([
  ['without a token', null, 401],
  ['with a token that decides only', 'decide', 403],
])('refuses a listener %s', async (_who, scope, status) => {
  await using directory = await startTestDirectory()
  const body = { name: 'gate', scope }
  const token =
    scope === null
      ? null
      : ((await directory.ask('POST', '/api/v1/services', { body })).json as { token: string }).token
  expect((await directory.ask('GET', '/api/v1/live', { token })).status).toBe(status)
})

test('a directory that ends waits for no listener', async () => {
  const directory = await startTestDirectory()
  using live = await listening(directory)
  await directory[Symbol.asyncDispose]()
  await waitFor('its end', () => live.state.ended)
})

const OPERATOR: Principal = { id: 'adm_1', kind: 'administrator', name: 'olga', role: 'operator' }

/** The stream itself, with an event log that a test fills. */
function stream() {
  const clock = new FakeClock()
  const failures: string[] = []
  const told = { newest: 0, summaries: 0, failing: false }
  const live = liveStream({
    clock,
    log: { error: (message) => void failures.push(message) },
    async summary() {
      told.summaries++
      return { time: clock.now() } as Summary
    },
    stops: { list: async () => ({ items: [] }) },
    store: {
      events: {
        async newest() {
          if (told.failing) throw new TypeError('the disk is full')
          return told.newest
        },
        after: async (id, limit) =>
          Array.from({ length: Math.min(limit, told.newest - id) }, (_, at) => ({
            id: id + 1 + at,
            time: 1,
            kind: 'gap',
            facts: { text: 'x'.repeat(5_000) },
          })),
      },
    },
  })
  const open = () => live.open({ principal: OPERATOR, principalNow: async () => OPERATOR })
  return { clock, told, live, open, failures }
}

test('a listener that does not read is dropped, and the others hear all', async () => {
  const { clock, told, live, open } = stream()
  await using _ended = live
  const [slow, good] = [await open(), await open()]
  let read = ''
  good.on('data', (chunk) => {
    read += chunk
  })
  for (let turn = 0; turn < 24; turn++) {
    told.newest += 20
    await clock.advance(250)
  }
  await clock.advance(500)
  expect(slow.readableLength).toBeLessThan(1024 * 1024)
  let left = ''
  for await (const chunk of slow) left += chunk
  expect(left).toMatch(/^retry: 3000\n\n/)
  expect(left.length).toBeLessThan(read.length / 2)
  expect(read).toContain(`"id":${told.newest},`)
})

test('many listeners cost one count a second, and none costs nothing', async () => {
  const { clock, told, live, open } = stream()
  await using _ended = live
  const many = await Promise.all(Array.from({ length: 30 }, open))
  expect(told.summaries).toBe(1)
  for (let turn = 0; turn < 20; turn++) await clock.advance(250)
  expect(told.summaries).toBeGreaterThan(3)
  expect(told.summaries).toBeLessThanOrEqual(6)
  for (const one of many) one.destroy()
  await clock.advance(500)
  expect(clock.sleeping).toBe(0)
})

test('a failure is logged, and what happened is sent afterwards', async () => {
  const { clock, told, live, open, failures } = stream()
  await using _ended = live
  const listener = await open()
  let read = ''
  listener.on('data', (chunk) => {
    read += chunk
  })
  Object.assign(told, { failing: true, newest: 1 })
  await clock.advance(750)
  told.failing = false
  await clock.advance(1_000)
  expect(failures).toContain('no message could be sent to consoles')
  expect(read).toContain('"id":1,')
})

test('refuses a listener beyond a thousand', async () => {
  const { live, open } = stream()
  await using _ended = live
  for (let at = 0; at < 1_000; at++) await open()
  await expect(open()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
})
