import type { Browser, Page } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { openConsole, TWO_LOOKS } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'

/** The access policy in the console: edited with faults at the line, tested against the past, saved, rolled back. */

const whole = inChromium('the access policy in the console')

let served: ServedDemonstration
let chromium: Browser
let person = ''

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 20 })
  const { items } = await served.api('GET', '/humans?limit=1')
  person = Object(items)[0].userName
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const signIn = async (name = 'administrator') => openConsole(chromium, await served.invite(name))
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const field = (page: Page) => page.getByLabel('Access as Cedar')
const inUse = async () => String((await served.api('GET', '/access')).access)
const versionOf = async () => Number((await served.api('GET', '/access')).version)
const asks = (action: string, resource: string) =>
  served.root('POST', '/access/v1/evaluation', {
    subject: { type: 'user', id: person },
    action: { name: action },
    resource: { type: 'application', id: resource },
  })
/** Also during the code freeze of the demonstration. */
const READERS = `
@id("readers")
@stopped("allow")
permit (principal is Person, action == Action::"read", resource is Application) unless { context has agent };
`

whole('a policy is tested against what was asked, saved, in force, and rolled back', async () => {
  expect(await asks('read', 'wiki')).toMatchObject({ decision: false })
  expect(await asks('delete', 'wiki')).toMatchObject({ decision: false })
  const [before, version] = [await inUse(), await versionOf()]
  await using console = await signIn()
  const { page, open } = console
  await open('/access')
  await field(page).fill(`${before}${READERS}`)
  await button(page, 'Test').click()
  await page.getByText('1 answer changes').waitFor()
  await page.getByText('read application wiki').waitFor()
  expect(await page.getByRole('listitem').filter({ hasText: 'read application wiki' }).textContent()).toContain(
    'denied → allowed',
  )
  expect(await versionOf()).toBe(version)
  expect(await console.faults(TWO_LOOKS)).toEqual([])

  await button(page, 'Save…').click()
  await page.getByLabel(/^Reason/).fill('People read the wiki')
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await button(page, 'Save: 1 answer changes').click()
  await page.getByText(`Version ${version + 1} of the access policy is in use.`).waitFor()
  expect(await asks('read', 'wiki')).toMatchObject({ decision: true })
  expect(await asks('delete', 'wiki')).toMatchObject({ decision: false })

  await button(page, `Roll back… to version ${version}`).click()
  await page.getByLabel(/^Reason/).fill('Not yet')
  await button(page, /^Roll back: /).click()
  await page.getByText(`Version ${version + 2} of the access policy is in use.`).waitFor()
  expect(await inUse()).toBe(before)
  expect(await asks('read', 'wiki')).toMatchObject({ decision: false })
})

whole.each<[string, string, RegExp, string]>([
  ['that does not parse', 'permit (principal, action resource);', /unexpected token|expected/, '1'],
  [
    'that reads what Cedar does not know',
    '// one\npermit (principal, action, resource) when { context.colour == 1 };',
    /colour/,
    '2',
  ],
  [
    'that is nested too deep',
    `// one\n// two\npermit (principal, action, resource) when { ${'('.repeat(60)}true${')'.repeat(60)} };`,
    /nested/,
    '3',
  ],
])('a text %s is refused at its line, and nothing is lost', async (_, text, why, line) => {
  const before = await versionOf()
  await using console = await signIn()
  const { page, open } = console
  await open('/access')
  await field(page).fill(text)
  for (const name of ['Test', 'Save…']) {
    await button(page, name).click()
    await page.getByRole('alert').getByText(why).waitFor()
  }
  expect(await page.locator('.editor-lines mark').textContent()).toBe(line)
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(await field(page).inputValue()).toBe(text)
  expect(await versionOf()).toBe(before)
})

whole('a policy that denies everything needs insisting', async () => {
  await using console = await signIn()
  const { page, open } = console
  await open('/access')
  await field(page).fill('forbid (principal, action, resource);')
  await button(page, 'Save…').click()
  await page.getByText('It is refused unless you insist.').first().waitFor()
  await page.getByLabel(/^Reason/).fill('An incident')
  expect(await button(page, /^Save: /).getAttribute('aria-disabled')).toBe('true')
  expect(await console.faults(TWO_LOOKS)).toEqual([])
})

whole('who may not configure reads, and changes nothing', async () => {
  await served.invite('looks', 'viewer')
  await using console = await signIn('looks')
  const { page, open } = console
  await open('/access')
  expect(await field(page).getAttribute('readonly')).not.toBeNull()
  for (const name of ['Test', 'Save…', /^Roll back/]) expect(await button(page, name).count()).toBe(0)
})

whole('on a phone the editor and its test are one below the other', async () => {
  await using console = await signIn()
  const { page, open } = console
  await page.setViewportSize({ width: 390, height: 844 })
  await open('/access')
  await field(page).waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
})

whole('the policy of the gate has the same page: refused with a fault, or saved', async () => {
  const gate = async () => await served.api('GET', '/gate-policy')
  const before = String((await gate()).gatePolicy)
  await using console = await signIn()
  const { page, open } = console
  await open('/gate-policy')
  const text = page.getByLabel('Gate policy as Cedar')
  await text.waitFor()
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await text.fill('permit (principal, action resource);')
  await button(page, 'Test').click()
  await page.getByText('The text has a fault: see below it.').waitFor()
  expect(await gate()).toMatchObject({ version: 0 })
  await text.fill(`${before}// ours\n`)
  await button(page, 'Save…').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').first().fill('ours')
  await dialog.getByRole('button', { name: /^Save: 2 permits, 6 forbids/ }).click()
  await page.getByText('Version 1 of the policy of the gate is in use.').waitFor()
  expect(await gate()).toMatchObject({ version: 1, reason: 'ours', gatePolicy: `${before}// ours\n` })
})
