import type { Browser, Locator, Page } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { type ConsolePage, linksIn, openConsole, TWO_LOOKS } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'
import { waitFor } from '../support/wait-for.ts'

/** What is done with nouns that have no page of their own: dialogs, refusals, and secrets that are shown once. */

const whole = inChromium('dialogs of nouns in the console')

let served: ServedDemonstration
let chromium: Browser
let console: ConsolePage
let page: Page

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 60 })
  console = await openConsole(chromium, await served.invite('administrator'))
  page = console.page
})
afterAll(async () => {
  await console?.[Symbol.asyncDispose]()
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

/** Of a refused request the browser says something too. No other test is to count it. */
afterEach(() => {
  if (whole !== test) return
  expect(console.trouble().filter((line) => !/ a status of 4\d\d /.test(line))).toEqual([])
})

const dialog = () => page.getByRole('dialog')
const button = (name: string | RegExp, within: Page | Locator = page) => within.getByRole('button', { name })
/** The error below a field. */
const mistakeOf = async (label: string | RegExp) => {
  const id = await page.getByLabel(label).getAttribute('aria-describedby')
  return page.locator(`[id="${id}"].mistake`).textContent()
}

/** Of re-enrolments the demonstration has none. */
const NOUNS = [
  ...['claims', 'zombies', 'pending-devices', 'groups', 'service-accounts', 'tokens', 'webhooks', 'preregistrations'],
  ...['administrators', 'services', 'sessions', 'passkeys'],
] as const

whole.each(NOUNS)('no dialog of %s has a fault', async (noun) => {
  await console.open(`/${noun}`)
  const [item] = await linksIn(page, `main a[href^="/${noun}/"]`)
  const faults: string[] = []
  let opened = 0
  for (const path of [`/${noun}`, ...(item === undefined ? [] : [item])]) {
    await console.open(path)
    const names = await page.locator('.page-acts button').allInnerTexts()
    for (const name of names.filter((text) => text.endsWith('…'))) {
      await page.locator('.page-acts').getByRole('button', { name, exact: true }).click()
      await dialog().waitFor()
      opened += 1
      faults.push(...(await console.faults(TWO_LOOKS)))
      await page.keyboard.press('Escape')
      await dialog().waitFor({ state: 'detached' })
    }
  }
  expect(faults).toEqual([])
  expect(opened).toBeGreaterThan(0)
})

whole('a token is created, its secret is shown once, and it is revoked', async () => {
  await console.open('/tokens')
  await button('Create a token…').click()
  await page.getByLabel('Owner').fill('verbs@example.org')
  await page.getByLabel('Valid for').fill('a while')
  await page.keyboard.press('Enter')
  await expect(mistakeOf('Valid for')).resolves.toBe('Write a time such as 90m, 24h or 7d.')
  await waitFor('focus on the mistake', () => page.evaluate('document.activeElement.getAttribute("aria-invalid")'), {
    until: (invalid) => invalid === 'true',
  })
  await page.getByLabel('Valid for').fill('2h')
  await page.keyboard.press('Enter')
  const secret = await page.getByLabel('Enrolment string').inputValue()
  expect(secret).toMatch(/^surety-enrol-v1\./)
  await dialog().getByText('install -D -m 600 /dev/stdin /etc/surety/enrolment').waitFor()
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await page.setViewportSize({ width: 1280, height: 800 })
  await button('Done').click()
  await dialog().waitFor({ state: 'detached' })
  expect(await page.content()).not.toContain(secret)

  const row = page.getByRole('row').filter({ hasText: 'verbs@example.org' })
  await row.getByRole('link').click()
  await page.getByRole('heading', { level: 1 }).filter({ hasText: /^tok_/ }).waitFor()
  expect(await page.content()).not.toContain(secret)
  await button('Revoke…').click()
  await button('Revoke the token', dialog()).click()
  await dialog().waitFor({ state: 'detached' })
  const { items } = await served.api('GET', '/tokens?named=verbs@example.org')
  expect(items).toMatchObject([{ status: 'revoked' }])
})

whole('a used up or revoked token has no button', async () => {
  await console.open('/tokens?status=revoked')
  const [path = ''] = await linksIn(page, 'main a[href^="/tokens/"]')
  await console.open(path)
  await page.getByText('revoked').first().waitFor()
  expect(await button('Revoke…').count()).toBe(0)
})

whole.each([
  ['no URL', '', '*', 'URL', 'This is needed.'],
  ['a URL without encryption', 'http://hooks.example.org/in', '*', 'URL', /begins with https/],
  ['a word for a URL', 'hooks', '*', 'URL', 'Does not have the form that it must have.'],
  ['no kinds of events', 'https://hooks.example.org/in', ' , ', 'Events', 'This is needed.'],
] as const)('a webhook with %s is refused beside its field', async (_name, url, events, label, text) => {
  await console.open('/webhooks')
  const { items: before } = await served.api('GET', '/webhooks')
  await button('Add a webhook…').click()
  await page.getByLabel('URL').fill(url)
  await page.getByLabel('Events').fill(events)
  await button('Add a webhook', dialog()).click()
  await page.locator('.mistake').filter({ hasText: text }).waitFor()
  expect(await mistakeOf(label)).toMatch(text)
  const { items: after } = await served.api('GET', '/webhooks')
  expect(after).toEqual(before)
})

whole('an administrator is invited by a link that is shown once', async () => {
  await console.open('/administrators')
  await button('Invite an administrator…').click()
  await page.getByLabel('Name').fill('new.comer')
  await page.getByLabel('Role').selectOption('viewer')
  await button('Invite an administrator', dialog()).click()
  const link = await page.getByLabel('Link').inputValue()
  await button('Done').click()
  await using invited = await openConsole(chromium, link)
  await invited.open('/tokens')
  await invited.page.getByText('There is no such page.').waitFor()
})

const NAMES = {
  Hebrew: 'צוות פיתוח',
  Arabic: 'فريق الدعم',
  emoji: '🚀🇺🇦 Robots & <b>"friends"</b>',
} as const

whole.each(Object.entries(NAMES))('a group with a name in %s is added, renamed and removed', async (_kind, name) => {
  await console.open('/groups')
  await button('Add a group…').click()
  await dialog().getByLabel('Name').fill(name)
  await button('Add a group', dialog()).click()
  await dialog().waitFor({ state: 'detached' })
  const { items } = await served.api('GET', `/groups?named=${encodeURIComponent(name)}`)
  const [group] = items as readonly { readonly id: string; readonly name: string }[] // as the API describes them
  expect(group?.name).toBe(name)

  await console.open(`/groups/${group?.id}`)
  const heading = page.locator('h1 bdi')
  expect(await heading.textContent()).toBe(name)
  expect(await page.evaluate('getComputedStyle(document.querySelector("h1 bdi")).unicodeBidi')).toBe('isolate')
  expect(await page.locator('main b').count()).toBe(0)
  await button('Change…').click()
  expect(await dialog().getByLabel('Name').inputValue()).toBe(name)
  await dialog().getByLabel('Name').fill(`${name} 2`)
  await button('Change the group', dialog()).click()
  await dialog().waitFor({ state: 'detached' })
  await button('Remove…').click()
  await dialog().getByText(`${group?.id} (`).waitFor()
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await button('Remove the group', dialog()).click()
  await page.waitForURL(/\/groups$/)
})

whole('a person adds a second passkey, and signs out everywhere', async () => {
  await using other = await openConsole(chromium, await served.invite('settings', 'viewer'))
  await other.open('/settings')
  await other.page.getByText('This session').waitFor()
  const passkeys = other.page.getByRole('region', { name: 'Your passkeys' })
  expect(await passkeys.getByRole('button', { name: /^Remove/ }).count()).toBe(0)
  await using again = await openConsole(chromium, await served.invite('settings'))
  await other.open('/settings')
  await passkeys.getByRole('button', { name: 'Remove the passkey passkey 2' }).waitFor()
  await other.page.getByRole('button', { name: 'Sign out everywhere: 2 sessions' }).click()
  await other.page.getByRole('heading', { name: 'Sign in to Surety' }).waitFor()
  await again.page.goto(new URL('/settings', again.page.url()).href)
  await again.page.getByRole('heading', { name: 'Sign in to Surety' }).waitFor()
})

whole('rows are higher and single keys off when asked, also after a reload', async () => {
  await console.open('/settings')
  await button('Comfortable').click()
  await page.getByLabel(/^Single keys act/).uncheck()
  await console.open('/inbox')
  expect(await page.evaluate('document.documentElement.dataset.density')).toBe('comfortable')
  await page.keyboard.press('j')
  await page.keyboard.press('r')
  expect(new URL(page.url()).search).toBe('')
  await console.open('/settings')
  await page.getByLabel(/^Single keys act/).check()
  await button('Compact').click()
  await console.open('/inbox')
  await page.keyboard.press('j')
  await page.waitForURL(/\?at=/)
})
