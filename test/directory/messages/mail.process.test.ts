import { type MailSettings, mail } from '../../../src/directory/messages/mail.ts'
import { contentOf } from '../../../src/directory/messages/things.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { MAIL_LOGIN, type MailServer, startMailServer, withMailServer } from '../../support/mail/mail-server.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Mail to a real server, over real TLS, as another library reads it. */

const whole = withMailServer('mail to a real server')

const NAMES = [
  'nightly',
  'größer & <b>besser</b> 🦊',
  'x\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<>',
  '.',
  'From here',
]
const things = NAMES.map((name, at) => ({
  kind: 'succession' as const,
  id: `agt_${at}`,
  version: '',
  text: `${name}: yours if Ada leaves`,
  path: `/registrations/agt_${at}`,
}))
const content = contentOf([{ group: { kind: 'succession', things, total: 5, path: '/mine' }, news: things }])
const SIGNAL = new AbortController().signal

let server: MailServer | undefined
afterEach(async () => {
  await server?.[Symbol.asyncDispose]()
  server = undefined
})

async function opened(init: Parameters<typeof startMailServer>[0] = { tls: true }) {
  server = await startMailServer(init)
  const { port, ca, mails } = server
  const settings: MailSettings = { host: 'localhost', port, tls: 'starttls', from: 'surety@example.org', ca }
  const send = (changes: Partial<MailSettings> = {}, address = 'ada@example.org') =>
    mail({ ...settings, ...changes }, { timeoutMs: scaledMs(10_000) }).send(
      { id: 'msg_1', content, address, origin: 'https://console.example.org' },
      SIGNAL,
    )
  return { send, mails, settings }
}

whole('a person gets one mail, with text and HTML, and no header of a name', async () => {
  const { send, mails } = await opened()
  expect(await send()).toEqual({ delivered: true })
  const [one] = await waitFor('the mail', mails, { until: (found) => found.length === 1 })
  const headers = Object.fromEntries(one?.headers ?? [])
  expect(headers).toMatchObject({
    From: 'Surety <surety@example.org>',
    To: 'ada@example.org',
    Subject: 'Surety: 5 agents to accept',
    'Message-ID': '<msg_1@example.org>',
    'Auto-Submitted': 'auto-generated',
  })
  expect(one?.headers.filter(([name]) => /^(to|cc|bcc|from|subject)$/i.test(name))).toHaveLength(3)
  expect(one?.envelopeTo).toBe('ada@example.org')
  expect(one?.text).toContain(
    '- größer & <b>besser</b> 🦊: yours if Ada leaves\n  https://console.example.org/registrations/agt_1\n',
  )
  expect(one?.text).toContain('- x\\x0d\\nBcc: eve@evil.example\\x0d\\n\\x0d\\n.\\x0d\\nMAIL FROM:<>: yours')
  expect(one?.html).toContain('größer &amp; &lt;b&gt;besser&lt;/b&gt; 🦊')
})

whole('a certificate of another name or issuer ends it before a password is sent', async () => {
  const { send, mails } = await opened({ tls: true, login: true })
  const login = MAIL_LOGIN
  const wrongName = await send({ host: '127.0.0.1', login })
  expect(wrongName).toMatchObject({ delivered: false, problem: expect.stringMatching(/altnames|IP/) })
  const unknown = await send({ ca: undefined, login })
  expect(unknown).toMatchObject({ delivered: false, problem: expect.stringMatching(/self-signed/) })
  expect(mails()).toEqual([])
})

whole('a server without STARTTLS gets nothing, and no password', async () => {
  const { send, mails } = await opened({ login: true })
  expect(await send({ login: MAIL_LOGIN })).toMatchObject({
    delivered: false,
    problem: expect.stringMatching(/STARTTLS|TLS/i),
  })
  expect(await send({ tls: 'implicit' })).toMatchObject({ delivered: false })
  expect(mails()).toEqual([])
})

whole('a server that asks for a login takes the right one only', async () => {
  const { send, mails } = await opened({ tls: true, login: true })
  const wrong = await send({ login: { ...MAIL_LOGIN, password: 'wrong' } })
  expect(wrong).toMatchObject({ delivered: false, problem: expect.stringContaining('535') })
  expect(wrong.problem).not.toContain('wrong')
  expect(await send()).toMatchObject({ delivered: false, problem: expect.stringContaining('sign in first') })
  expect(await send({ login: MAIL_LOGIN })).toEqual({ delivered: true })
  await waitFor('the mail', mails, { until: (found) => found.length === 1 })
})

whole('an address that it refuses is refused for good, one that it defers is not', async () => {
  const { send } = await opened({ tls: true })
  expect(await send({}, 'nobody@example.org')).toMatchObject({ delivered: false, onlyThis: true, isFinal: true })
  expect(await send({}, 'later@example.org')).toMatchObject({ delivered: false, onlyThis: true, isFinal: false })
})

whole('a server that is not there is a problem, and no error', async () => {
  const { send, settings } = await opened()
  await server?.[Symbol.asyncDispose]()
  server = undefined
  expect(await send()).toMatchObject({ delivered: false, problem: expect.stringMatching(/ECONN(REFUSED|RESET)/) })
  expect(await send({ ...settings, host: 'nowhere.invalid' })).toMatchObject({ delivered: false })
})
