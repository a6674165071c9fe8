import type { MessageDelivery, MessagePreference } from '../../../src/protocol/nouns/directory/messages.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { BY, claimApi, claimOf, report, seedClaimant } from '../claims/claim-fixture.ts'
import { ALL, seedDevices } from '../stops/stop-fixture.ts'
import { DAY_MS, HOUR_MS, headerOf, type MessageFixture, openMessages } from './message-fixture.ts'

/** Who gets messages about what, and when. */

let opened: MessageFixture
beforeEach(async () => {
  opened = await openMessages()
})
afterEach(() => opened[Symbol.asyncDispose]())

describe('the digest', () => {
  test('names to owners, managers and successors what is theirs, once', async () => {
    const bob = await opened.add('bob')
    const ada = await opened.add('ada', { manager: bob.id })
    const eve = await opened.add('eve')
    await opened.register(ada.id, { successor: eve.id, expiresAt: opened.directory.clock.now() + 10 * DAY_MS })
    await opened.review()
    const device = await seedClaimant(opened.directory, 'told')
    await report(opened.directory, device, { agentClaims: [claimOf()] })
    await claimApi(opened.directory).confirm(device, ada.id)
    expect(await opened.work()).toEqual([])
    await opened.until(9)
    expect(await opened.work()).toEqual([
      '<ada@example.org> Surety: 1 review to answer, 1 registration ends soon',
      '<bob@example.org> Surety: 1 claim to decide',
      '<eve@example.org> Surety: 1 agent to accept',
      'slack Surety: 1 claim to decide, 2 unregistered agents, 1 registration ends soon',
    ])
    await opened.until(9)
    expect(await opened.work()).toEqual([])
  })

  test('has a review again before it is over', async () => {
    await opened.register((await opened.add('ada')).id)
    await opened.review(5 * DAY_MS)
    await opened.until(9)
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
    for (let days = 0; days < 2; days++) await opened.until(9)
    expect(await opened.work()).toEqual([
      '<ada@example.org> Surety: 1 review to answer',
      'slack Surety: 1 review ends soon',
    ])
  })

  test('leaves out what was done in the meantime', async () => {
    const ada = await opened.add('ada')
    const id = await opened.register(ada.id)
    await opened.review()
    const [open] = (await opened.directory.services.reviews.list({ state: 'open' })).items
    await opened.directory.services.reviews.answer(
      open?.id ?? '',
      { registration: id, answer: 'keep' },
      { id: ada.id, kind: 'person', name: 'ada', role: 'member' },
    )
    await opened.until(9)
    expect(await opened.work()).toEqual([])
  })

  test('gives administrators what their role may do, at the address of their person', async () => {
    await opened.add('ada', { email: 'ada@work.example' })
    await opened.api.tokenOf('operator', 'ada')
    await opened.api.tokenOf('viewer', 'vic@example.org')
    await opened.api.tokenOf('auditor', 'aud@example.org')
    await opened.api.tokenOf('operator', 'nameless')
    await seedClaimant(opened.directory, 'seen')
    await opened.until(9)
    expect(await opened.work()).toEqual([
      '<ada@work.example> Surety: 2 unregistered agents',
      'slack Surety: 2 unregistered agents',
    ])
  })

  test('is made once after the directory was down for days', async () => {
    await opened.register((await opened.add('ada')).id)
    await opened.review()
    await opened.directory.clock.advance(5 * DAY_MS)
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
    expect(await opened.list()).toHaveLength(1)
  })

  test('continues with the next people when interrupted, and sends nothing twice', async () => {
    const people = await Promise.all(Array.from({ length: 30 }, (_, at) => opened.add(`p${at}`)))
    for (const { id, userName } of people) await opened.register(id, { name: `agent of ${userName}` })
    await opened.review()
    await opened.until(9)
    const { messageQueue } = opened.directory.services
    for (const _ of [1, 2]) await messageQueue.queueDigest()
    expect(await opened.list()).toHaveLength(20)
    // A directory that starts again has this queue anew.
    expect((await opened.work()).length).toBe(30)
    expect(new Set(opened.smtp.taken.map(({ to }) => to.join())).size).toBe(30)
  })
})

describe('stops', () => {
  test('reach at once who may confirm them, and not who asked for them', async () => {
    await opened.add('olga')
    await opened.api.tokenOf('operator', 'olga')
    await opened.api.tokenOf('auditor', 'aud@example.org')
    const carl = await opened.api.tokenOf('operator', 'carl@example.org')
    await seedDevices(opened.directory, 3, 0)
    const { id } = await opened.api.stopped(ALL, carl)
    expect(await opened.work()).toEqual([
      '<olga@example.org> Surety: 1 stop waits for a second person',
      'slack Surety: 1 stop waits for a second person',
    ])
    expect(await opened.work()).toEqual([])
    await opened.directory.clock.advance(DAY_MS - HOUR_MS)
    const olga = await opened.directory.services.principals.list('administrator')
    expect(olga.map(({ name }) => name)).toContain('olga')
    await opened.api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' })
    expect(await opened.work()).toEqual([
      '<aud@example.org> Surety: 1 stop in force',
      '<carl@example.org> Surety: 1 stop in force',
      '<olga@example.org> Surety: 1 stop in force',
      'slack Surety: 1 stop in force',
    ])
    const [mail] = opened.smtp.taken.slice(-1)
    expect(mail?.data.replaceAll('=\n', '')).toContain(`https://console.example.org/stops/${id}`)
    await opened.api.ask('POST', `/stops/${id}/release`, { reason: 'mended' }, carl)
    expect(await opened.work()).toEqual([
      '<olga@example.org> Surety: 1 stop waits for a second person',
      'slack Surety: 1 stop waits for a second person',
    ])
    await opened.api.ask('POST', `/stops/${id}/confirm`, { what: 'release' })
    expect(await opened.work()).toEqual([
      '<aud@example.org> Surety: 1 stop is over',
      '<carl@example.org> Surety: 1 stop is over',
      '<olga@example.org> Surety: 1 stop is over',
      'slack Surety: 1 stop is over',
    ])
  })

  test('reach the person that they name, in quiet hours too', async () => {
    const ada = await opened.add('ada')
    await opened.add('bob')
    const group = await opened.directory.services.groups.add({ name: 'payments' }, BY)
    await opened.directory.store.groups.addMember(group.id, ada.id)
    await opened.until(23)
    await opened.api.stopped({ kind: 'freeze', selector: { human: ada.id }, reason: 'incident 42' })
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 stop in force', 'slack Surety: 1 stop in force'])
    expect(opened.smtp.taken[0]?.data.replaceAll('=\n', '')).toContain(
      'Freeze person ada, by administrator: incident 42',
    )
    await opened.api.stopped({ kind: 'freeze', selector: { group: group.id }, reason: 'incident 43' })
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 stop in force', 'slack Surety: 1 stop in force'])
    await opened.api.stopped({ kind: 'drill', selector: { all: true }, reason: 'a drill' })
    expect(await opened.work()).toEqual([])
  })

  test('leave no message if they ended before the first one', async () => {
    const { id } = await opened.api.stopped({ kind: 'freeze', selector: { product: 'codex' }, reason: 'short' })
    await opened.api.ask('POST', `/stops/${id}/release`, { reason: 'over' })
    expect(await opened.work()).toEqual([])
  })

  test('leave no message if the database undid them', async () => {
    const failing = opened.directory.store.transaction(async () => {
      await opened.directory.services.stops.create({ kind: 'freeze', selector: { product: 'codex' }, reason: 'x' }, BY)
      await opened.directory.services.messageQueue.queueUrgent()
      expect((await opened.directory.store.messages.list({})).items).toHaveLength(1)
      throw new Error('undone')
    })
    await expect(failing).rejects.toThrow('undone')
    expect(await opened.list()).toEqual([])
  })
})

describe('quiet hours', () => {
  test('hold back what is not urgent, over midnight', async () => {
    await opened.register((await opened.add('ada')).id)
    await opened.review()
    await opened.until(9)
    opened.smtp.answerWith((command) => (command.startsWith('MAIL') ? '451 later' : undefined))
    expect(await opened.work()).toEqual([])
    opened.smtp.answerWith(() => undefined)
    await opened.until(20)
    expect(await opened.work()).toEqual([])
    await opened.until(0)
    expect(await opened.work()).toEqual([])
    await opened.until(8)
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
  })
})

describe('people', () => {
  test('turn their own mail off and on', async () => {
    const request = { kind: 'administrator', name: 'vic@example.org', role: 'operator', ttlMs: 9 * DAY_MS } as const
    const { token: vic } = await opened.directory.services.principals.add(request, 'adm_test')
    const preference = async (method: string, body?: object) =>
      (await opened.api.ask(method, '/mine/messages', body, vic)).json as MessagePreference
    expect(await preference('GET')).toEqual({ mail: true, address: 'vic@example.org' })
    expect(await preference('PUT', { mail: false })).toEqual({ mail: false, address: 'vic@example.org' })
    await preference('PUT', { mail: false })
    await seedClaimant(opened.directory, 'unwanted')
    await opened.until(9)
    expect(await opened.work()).toEqual(['slack Surety: 2 unregistered agents'])
    await preference('PUT', { mail: true })
    await opened.until(9)
    expect(await opened.work()).toEqual(['<vic@example.org> Surety: 2 unregistered agents'])
    expect((await opened.kinds()).filter((kind) => kind.startsWith('messages-'))).toEqual([
      'messages-turned-on',
      'messages-turned-off',
    ])
  })

  test('who leave or turn mail off get nothing that waited', async () => {
    const [ada, bob] = [await opened.add('ada'), await opened.add('bob')]
    await opened.register(ada.id, { name: 'one' })
    await opened.register(bob.id, { name: 'two' })
    await opened.review()
    await opened.until(9)
    while (await opened.directory.services.messageQueue.queueDigest());
    await opened.directory.services.departures.deactivate(ada.id, BY, { reason: 'left' })
    await opened.directory.store.messages.setMailOff(bob.id, true)
    expect(await opened.work()).toEqual([])
    expect((await opened.list()).map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(await opened.kinds()).not.toContain('message-failed')
  })
})

describe('a test message', () => {
  const sent = async (body: object) => opened.api.ask('POST', '/messages/test', body)

  test('is sent at once and kept nowhere', async () => {
    await opened.until(23)
    expect((await sent({ to: 'slack' })).json).toMatchObject({ medium: 'slack', delivered: true })
    expect((await sent({ to: 'mail', address: 'ops@example.org' })).json).toMatchObject({ delivered: true })
    expect(headerOf(opened.smtp.taken[0]?.data ?? '', 'Subject')).toBe('Surety: a test')
    expect(JSON.parse(opened.slack.got[0]?.body ?? '{}')).toMatchObject({ text: 'Surety: a test' })
    expect(await opened.list()).toEqual([])
  })

  test('says what went wrong, and nothing of the URL', async () => {
    opened.slack.answerWith((response) => void response.writeHead(404).end('no_service'))
    const { json, text } = await sent({ to: 'slack' })
    expect(json as MessageDelivery).toMatchObject({ delivered: false, problem: 'status 404' })
    expect(text + JSON.stringify(await opened.status('slack'))).not.toContain('hidden')
  })

  test('is a command, and so are the status and the list', async () => {
    const run = async (...args: readonly string[]) => await runCommand(opened.directory, ['messages', ...args])
    expect(await run('test', '--to', 'slack')).toMatchObject({
      out: expect.stringMatching(/^sent by slack in \d+ ms\n$/),
    })
    opened.slack.answerWith((response) => void response.writeHead(500).end())
    expect(await run('test', '--to', 'slack')).toMatchObject({
      exitCode: 1,
      err: 'surety-directory: the message by slack was not taken: status 500 [MESSAGE_FAILED]\n',
    })
    expect(await run('test')).toMatchObject({ exitCode: 2, err: expect.stringContaining('--to') })
    await opened.owing('ada')
    opened.smtp.answerWith((command) => (command.startsWith('MAIL') ? '451 \u001b[31mlater' : undefined))
    await opened.work()
    const { out } = await run('status')
    expect(out).toContain(`smtp://127.0.0.1:${opened.smtp.port}; 1 message waiting; nothing sent yet; `)
    expect(out).toMatch(/^teams +off: it has no settings$/m)
    expect(out).toMatch(/^quiet hours +20:00-08:00$/m)
    const listed = await run('list', '--state', 'waiting')
    expect(listed.out).toContain('Surety: 1 review to answer')
    for (const shown of [out, listed.out]) expect(shown).not.toContain('\u001b')
  })

  test.each([
    [{ to: 'teams' }, 'NOT_FOUND'],
    [{ to: 'mail' }, 'NOT_FOUND'],
    [{ to: 'mail', address: 'a@b.example\r\nBcc: c@d.example' }, 'INPUT_MALFORMED'],
    [{ to: 'mail', address: 'a@b.example,c@d.example' }, 'INPUT_MALFORMED'],
    [{ to: 'slack', address: 'a@b.example' }, 'INPUT_MALFORMED'],
  ])('of %j is refused', async (body, code) => {
    expect((await sent(body)).json).toMatchObject({ code })
    expect([opened.smtp.taken, opened.slack.got]).toEqual([[], []])
  })
})
