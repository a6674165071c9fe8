import { existsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Browser } from 'playwright-core'
import { readConsoleFiles } from '../../src/directory/console/read-console-files.ts'
import type { Principal } from '../../src/protocol/noun/permissions.ts'
import { fetchIn, inChromium, launchChromium } from '../support/browser/chromium.ts'
import { builtConsole } from '../support/console/built-console.ts'
import { openConsole } from '../support/console/console-page.ts'
import {
  comingFrom,
  type DocumentedProxy,
  PROGRAMS,
  PROXIED_NAME,
  type ProxyName,
  startProxy,
} from '../support/console/documented-proxy.ts'
import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../support/directory/test-console.ts'
import { freePort } from '../support/processes/free-port.ts'
import { waitFor } from '../support/wait-for.ts'

/** The console behind each proxy of the documentation, as it is there: in Chromium, and as other programs ask. */

const ROOT: Principal = { id: 'adm_root', kind: 'administrator', name: 'root', role: 'administrator' }
/** Of whoever asks. */
const SENDER = '127.0.0.9'

describe.each(Object.keys(PROGRAMS) as readonly ProxyName[])('behind %s', (name) => {
  const has = existsSync(PROGRAMS[name])
  if (!has)
    process.stderr.write(
      `skipped: the console behind ${name}: ${PROGRAMS[name]} is missing (apt-get install ${name})\n`,
    )
  const proxied = has ? test : test.skip
  const whole = has ? inChromium(`the console behind ${name}`) : test.skip

  let directory: TestDirectory
  let console: TestConsole
  let proxy: DocumentedProxy
  beforeAll(async () => {
    if (!has) return
    const https = await freePort()
    directory = await startTestDirectory()
    const files = readConsoleFiles(builtConsole())
    console = await startTestConsole(directory, { files }, { url: `https://${PROXIED_NAME}:${https}` })
    proxy = await startProxy(name, { https, console: console.port })
  })
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await console?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  interface Ask {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    /** Of the TLS handshake. */
    readonly servername?: string
  }

  /** As a program that trusts the authority of the test. The answer is not read. */
  function opened(path: string, { method = 'GET', headers = {}, servername = PROXIED_NAME }: Ask = {}) {
    const host = `${PROXIED_NAME}:${proxy.port}`
    const at = {
      host: '127.0.0.1',
      port: proxy.port,
      localAddress: SENDER,
      ca: proxy.ca,
      servername,
      agent: false as const,
    }
    return new Promise<IncomingMessage>((resolve, reject) => {
      request({ ...at, path, method, headers: { host, ...headers } })
        .on('response', resolve)
        .on('error', reject)
        .end()
    })
  }

  async function ask(path: string, how: Ask = {}) {
    const answer = await opened(path, how)
    let text = ''
    for await (const chunk of answer.setEncoding('utf8')) text += chunk
    return { status: answer.statusCode, headers: answer.headers, text }
  }

  whole('a person signs in with a passkey, and news reaches the page at once', async () => {
    await using forwarding = await comingFrom(SENDER, proxy.port)
    const chromium: Browser = await launchChromium([
      `--host-resolver-rules=MAP ${PROXIED_NAME} 127.0.0.1:${forwarding.port}`,
      `--ignore-certificate-errors-spki-list=${proxy.key}`,
    ])
    try {
      const { link } = await directory.services.signIn.invitations.inviteAdministrator(
        { name: 'ada', role: 'administrator' },
        ROOT,
      )
      expect(link).toMatch(new RegExp(`^https://${PROXIED_NAME}:${proxy.port}/welcome#`))
      await using open = await openConsole(chromium, link)
      const { page, context } = open
      await open.settle()

      const cookies = await context.cookies()
      expect(cookies).toMatchObject([
        { name: '__Host-surety', secure: true, httpOnly: true, sameSite: 'Strict', path: '/', domain: PROXIED_NAME },
      ])

      // Signed out and in again, as somebody who claims to be elsewhere.
      const state = await fetchIn(page, 'GET', '/sign-in/state')
      const { csrf } = Object(state.json.signedIn)
      expect((await fetchIn(page, 'POST', '/sign-in/end', { body: {}, csrf })).status).toBe(200)
      await context.setExtraHTTPHeaders({ 'x-forwarded-for': '203.0.113.7' })
      await page.goto(`https://${PROXIED_NAME}:${proxy.port}/`)
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await page.locator('main#main').waitFor()
      const [signedIn] = await directory.store.events.list({ kind: 'signed-in', limit: 1 })
      expect(signedIn?.facts).toMatchObject({ method: 'passkey', address: SENDER })

      // A message of some bytes arrives while the answer goes on.
      const [cookie] = await context.cookies()
      const live = await opened('/api/v1/live', { headers: { cookie: `__Host-surety=${cookie?.value}` } })
      let news = ''
      live.setEncoding('utf8').on('data', (text: string) => {
        news += text
      })
      try {
        await waitFor('the summary', () => news.includes('event: summary'), { show: () => news })
        await directory.services.humans.add({ userName: 'brand-new' }, ROOT)
        await waitFor(
          'the news',
          async () => {
            await directory.clock.advance(250)
            return news.includes('human-added')
          },
          { show: () => news },
        )
        expect(live.complete).toBe(false)
      } finally {
        live.destroy()
      }
      await open.settle()
      expect(await open.faults(['light'])).toEqual([])
    } finally {
      await chromium.close()
    }
  })

  proxied('the page comes compressed, under its policy, and is kept to HTTPS', async () => {
    const { status, headers } = await ask('/', { headers: { 'accept-encoding': 'gzip' } })
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'strict-transport-security': 'max-age=31536000',
      'content-security-policy': expect.stringContaining("require-trusted-types-for 'script'"),
    })
  })

  proxied('HTTP leads to HTTPS, and answers nothing itself', async () => {
    const answer = await fetch(`http://127.0.0.1:${proxy.httpPort}/api/v1/me`, {
      redirect: 'manual',
      headers: { host: PROXIED_NAME },
    })
    expect([301, 308]).toContain(answer.status)
    expect(await answer.text()).not.toContain('UNAUTHENTICATED')
    expect(answer.headers.get('location')).toMatch(/^https:\/\//)
  })

  proxied.each([
    ['another name', { servername: 'evil.example', headers: { host: 'evil.example' } }],
    ['another name inside a connection for the right one', { headers: { host: 'evil.example' } }],
  ])('%s reaches no page', async (_name, how) => {
    const answer = await ask('/', how).catch((error: unknown) => ({ status: 'refused', text: String(error) }))
    expect(answer.status === 'refused' || answer.status === 421 || answer.text === '').toBe(true)
    expect(answer.text).not.toContain('<script')
  })

  proxied.each([
    ['no session', {}, 401],
    ['a cookie with the name for plain HTTP', { cookie: `surety=${'A'.repeat(43)}` }, 401],
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['the address behind the proxy', { origin: 'http://127.0.0.1:7445' }, 403],
  ])('a request with %s changes nothing', async (_name, headers, status) => {
    expect((await ask('/api/v1/services', { method: 'POST', headers })).status).toBe(status)
  })
})
