import type { Browser } from 'playwright-core'
import { readConsoleFiles } from '../../src/directory/console/read-console-files.ts'
import { identityProvider } from '../../src/directory/sign-in/identity-provider.ts'
import { signInRoutes } from '../../src/directory/sign-in/routes.ts'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { builtConsole } from '../support/console/built-console.ts'
import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../support/directory/test-console.ts'
import { type Account, CLIENT, realProvider } from '../support/identity-provider/identity-provider.ts'
import { freePort } from '../support/processes/free-port.ts'

/** The door of the console, and npm's `oidc-provider` behind it, in Chromium. */

const whole = inChromium('sign-in at an identity provider')
const BY = { id: 'adm_root', name: 'root' }

let chromium: Browser
let directory: TestDirectory
let console: TestConsole
beforeAll(async () => {
  if (whole === test) chromium = await launchChromium()
})
afterAll(() => chromium?.close())
afterEach(async () => {
  await console[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** At an identity provider where everybody is this account. */
async function start(account: Account) {
  directory = await startTestDirectory()
  await directory.services.humans.add({ userName: 'ada' }, BY)
  const port = await freePort()
  const provider = await realProvider(`http://localhost:${port}/sign-in/oidc/callback`, account)
  const { signIn, organisation } = directory.services
  const at = identityProvider({ issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret })
  const oidc = signIn.oidcAt(at, { roles: ['ops=operator'] })
  const routes = signInRoutes({ ...signIn, organisation, clock: directory.clock, log: { warn: () => undefined }, oidc })
  const files = readConsoleFiles(builtConsole())
  console = await startTestConsole(directory, { files, signIn: routes }, { port })
  return provider
}

whole('a person signs in there, and is back at the page that they opened', async () => {
  await using provider = await start({ preferred_username: 'ada', groups: ['ops'] })
  const page = await chromium.newPage()
  await page.goto(`${console.url}/devices`)
  await page.getByRole('link', { name: `Sign in at ${new URL(provider.issuer).host}` }).click()
  await page.locator('main#main').waitFor()
  expect(new URL(page.url()).pathname).toBe('/devices')
  expect((await directory.store.events.list({ kind: 'signed-in', limit: 9 })).map(({ facts }) => facts)).toMatchObject([
    { method: 'oidc' },
  ])
  await page.close()
})

whole('a person who is not registered reads that at the door', async () => {
  await using provider = await start({ preferred_username: 'eve' })
  const page = await chromium.newPage()
  await page.goto(console.url)
  await page.getByRole('link', { name: `Sign in at ${new URL(provider.issuer).host}` }).click()
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.textContent()).toContain('You are no active person of this directory')
  expect(await page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()).toBe(true)
  await page.close()
})

whole('an address shows the words of the console only', async () => {
  await using _provider = await start({ preferred_username: 'ada' })
  const page = await chromium.newPage()
  for (const word of ['<b>call 0900</b>', 'constructor', '__proto__', '']) {
    await page.goto(`${console.url}/?refused=${encodeURIComponent(word)}`)
    await page.getByRole('heading', { name: 'Sign in to Surety' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await page.locator('main').textContent()).not.toContain('0900')
  }
  await page.goto(`${console.url}/?refused=too-many`)
  expect(await page.getByRole('alert').textContent()).toContain('Wait a minute')
  await page.close()
})
