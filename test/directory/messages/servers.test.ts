import { HOUR_MS, headerOf, type MessageFixture, openMessages } from './message-fixture.ts'

/** Mail servers that refuse, hang or answer slowly, and what names and addresses may not do. */

let opened: MessageFixture
beforeEach(async () => {
  opened = await openMessages()
})
afterEach(() => opened[Symbol.asyncDispose]())

describe('a mail server', () => {
  test.each<[string, (command: string) => string | undefined, RegExp]>([
    ['refuses the sender', (command) => (command.startsWith('MAIL') ? '550 no' : undefined), /550 no/],
    ['refuses the message', (command) => (command === '.' ? '554 spam' : undefined), /554 spam/],
    ['is overloaded', (command) => (command === 'connect' ? undefined : '421 too busy'), /421 too busy/],
    ['says nothing', (command) => (command === 'connect' ? 'hang' : undefined), /not taken within 1 s/],
    ['hangs at the end', (command) => (command === '.' ? 'hang' : undefined), /not taken within 1 s/],
    ['speaks another language', (command) => (command.startsWith('EHLO') ? 'HTTP/1.1 400' : undefined), /./],
  ])('that %s is asked again later, and delays nothing else', async (_, answer, problem) => {
    await opened.owing()
    opened.smtp.answerWith(answer)
    await opened.api.stopped({ kind: 'freeze', selector: { product: 'codex' }, reason: 'x' })
    expect(await opened.work()).toEqual(['slack Surety: 1 stop in force'])
    expect(await opened.status('mail')).toMatchObject({
      waiting: 1,
      failed: 0,
      problem: expect.stringMatching(problem),
    })
    expect(await opened.work()).toEqual([])
    opened.smtp.answerWith(() => undefined)
    await opened.directory.clock.advance(10_000)
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
    expect(await opened.status('mail')).toMatchObject({ waiting: 0, failed: 0 })
    expect(await opened.status('mail')).not.toHaveProperty('problem')
  })

  test('that is not there is asked again for a day, and then each message is an event', async () => {
    await opened.owing()
    await opened.smtp.close()
    for (let hours = 0; hours < 72 && (await opened.status('mail'))?.failed === 0; hours++) {
      await opened.work()
      await opened.directory.clock.advance(HOUR_MS)
    }
    expect(await opened.status('mail')).toMatchObject({ waiting: 0, failed: 1 })
    const [event] = await opened.directory.store.events.list({ limit: 1, kind: 'message-failed' })
    expect(event).toMatchObject({
      actor: 'directory',
      facts: { medium: 'mail', recipientName: 'ada', problem: expect.stringContaining('ECONNREFUSED') },
    })
    expect(opened.directory.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'a message was given up: its server did not take it' },
    ])
  })

  test('that refuses one address gets the others', async () => {
    await opened.register((await opened.add('gone')).id, { name: 'one' })
    await opened.owing()
    opened.smtp.answerWith((command) => (command.includes('gone@') ? '550 nobody here' : undefined))
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
    expect(await opened.status('mail')).toMatchObject({ waiting: 0, failed: 1 })
    expect(
      (await opened.list()).map(({ state, problem }) => [state, problem?.includes('550 nobody here')]),
    ).toContainEqual(['failed', true])
    expect(await opened.kinds()).toContain('message-failed')
  })

  test('gets the same message again after the directory ended while sending it', async () => {
    await opened.owing()
    const ending = new AbortController()
    opened.smtp.answerWith((command) => {
      if (command === '.') ending.abort()
      return command === '.' ? 'hang' : undefined
    })
    while (await opened.directory.services.messageQueue.queueDigest());
    expect(await opened.directory.services.messageSending.step('mail', ending.signal)).toBe(false)
    expect((await opened.list()).map(({ state, attempts }) => [state, attempts])).toEqual([['waiting', 0]])
    opened.smtp.answerWith(() => undefined)
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
    const [{ id } = { id: '' }] = await opened.list()
    expect(headerOf(opened.smtp.taken[0]?.data ?? '', 'Message-ID')).toBe(`<${id}@example.org>`)
  })
})

describe('names and addresses that try to be more', () => {
  test.each(['ada@example.org,eve@evil.example', '"a"@example.org', 'a<eve@evil.example'])(
    'nothing is sent to %s',
    async (email) => {
      await opened.register((await opened.add('ada', { email })).id)
      await opened.review()
      await opened.until(9)
      expect(await opened.work()).toEqual([])
      expect(opened.smtp.commands).toEqual([])
    },
  )

  test('no name adds a header, a recipient or a line', async () => {
    const ada = await opened.add('ada', { displayName: 'Ada, Bcc: eve@evil.example <eve@evil.example>' })
    await opened.register(ada.id, { name: 'x Bcc: eve@evil.example' })
    await opened.review()
    await opened.until(9)
    expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 review to answer'])
    const [mail] = opened.smtp.taken
    const head = mail?.data.slice(0, mail.data.indexOf('\n\n')) ?? ''
    expect(head.split('\n').filter((line) => /^(to|cc|bcc):/i.test(line))).toEqual(['To: ada@example.org'])
    expect(head).not.toContain('evil.example')
    expect(opened.smtp.commands.filter((command) => command.startsWith('RCPT'))).toEqual(['RCPT TO:<ada@example.org>'])
  })
})
