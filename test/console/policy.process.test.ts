import type { Browser, Page } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { type ConsolePage, openConsole, TWO_LOOKS } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'
import { waitFor } from '../support/wait-for.ts'

/** The policy and the rules in the console: edited, tested, saved, compared, rolled back, and what refuses. */

const whole = inChromium('policy and rules in the console')

let served: ServedDemonstration
let chromium: Browser

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 60 })
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const signIn = async (name = 'administrator') => openConsole(chromium, await served.invite(name))
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const draftField = (page: Page, title: 'Policy' | 'Rules') => page.getByLabel(`${title} as YAML`)
const policyWith = (lines: string) => `schema: surety/policy@1\n${lines}`
/** The passkey was shown longer ago than what matters allows. */
const minutesLater = () => served.exec('UPDATE sessions SET proven_at = proven_at - 360000')

async function versionOf(noun: 'policy' | 'rules'): Promise<number> {
  return Number((await served.api('GET', `/${noun}`)).version)
}

async function edit({ page, open }: ConsolePage, title: 'Policy' | 'Rules', text: string): Promise<void> {
  await open(`/${title.toLowerCase()}`)
  await draftField(page, title).fill(text)
}

interface Unregistered {
  readonly id: string
  readonly product: string
}

/** An unregistered agent of the catalogue. */
async function unregistered(): Promise<Unregistered> {
  const { items } = await served.api('GET', '/inbox?state=unknown')
  const agents = items as readonly Unregistered[] // as the API describes them
  const known = agents.find(({ product }) => !product.startsWith('unknown/'))
  if (known === undefined) throw new Error('the inbox has no agent of the catalogue')
  return known
}

whole('a rule is tried, then switched on, and decides', async () => {
  await using console = await signIn()
  const { page } = console
  const { id, product } = await unregistered()
  const before = await versionOf('rules')
  const rule = `schema: surety/rules@1\nrules:\n  - name: not-here\n    match: {product: [${product}]}\n    action: block\n    reason: Not approved\n`
  await edit(console, 'Rules', rule)
  await minutesLater()
  await button(page, 'Test').click()
  // A test changes nothing and needs no passkey.
  const tried = await page.getByText(/^[1-9]\d* agents? (is|are) decided about$/).textContent()
  const { rules: counted } = await served.api('POST', '/rules/test', { rules: rule })
  expect(tried).toMatch(new RegExp(`^${Object(counted)[0].decides} `))
  expect(await versionOf('rules')).toBe(before)
  expect(await console.faults(TWO_LOOKS)).toEqual([])

  await button(page, 'Save…').click()
  const save = button(page, `Save: ${tried}`)
  await save.waitFor()
  expect(await save.getAttribute('aria-disabled')).toBe('true')
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await page.getByLabel(/^Reason/).fill('Nobody has looked at it')
  await save.click()
  await page.getByRole('dialog', { name: 'Show that it is you' }).waitFor()
  await button(page, 'Use the passkey').click()
  await page.getByText(`Version ${before + 1} of the rules is in use.`).waitFor()
  expect(await served.api('GET', '/rules')).toMatchObject({
    version: before + 1,
    rules: rule,
    reason: 'Nobody has looked at it',
    setByName: 'administrator',
  })
  await waitFor('the rule to decide', () => served.api('GET', `/inbox/${id}`), {
    until: ({ state }) => state === 'blocked',
  })
  await page.getByText('Nobody has looked at it').first().waitFor()
  expect(await draftField(page, 'Rules').inputValue()).toBe(rule)
})

whole('a fault is shown at its line, and nothing is lost by leaving the page', async () => {
  await using console = await signIn()
  const { page } = console
  const before = await versionOf('policy')
  const text = policyWith('checks:\n  network.firewall: required\n  no.such: required\n')
  await edit(console, 'Policy', text)
  for (const name of ['Test', 'Save…']) {
    // The fault of the request before is shown until this one is sent.
    const refused = page.waitForResponse((response) => response.status() === 400)
    await button(page, name).click()
    await refused
    await page.getByRole('alert').getByText('there is no check "no.such"').waitFor()
  }
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(await draftField(page, 'Policy').getAttribute('aria-invalid')).toBe('true')
  expect(await page.locator('.editor-lines mark').textContent()).toBe('4')
  await button(page, 'Line 4:').click()
  expect(await page.evaluate('getSelection().toString()')).toBe('  no.such: required')
  // Refused requests are errors of the browser's console too.
  expect((await console.faults(TWO_LOOKS)).filter((fault) => !fault.includes('status of 400'))).toEqual([])

  await console.open('/devices')
  await console.open('/policy')
  expect(await draftField(page, 'Policy').inputValue()).toBe(text)
  await draftField(page, 'Policy').press('Tab')
  expect(await page.evaluate('document.activeElement.tagName')).not.toBe('TEXTAREA')
  await draftField(page, 'Policy').press('Control+End')
  await page.keyboard.type('groups:')
  await page.keyboard.press('Enter')
  await page.keyboard.type('- name: a')
  expect(await draftField(page, 'Policy').inputValue()).toBe(`${text}groups:\n  - name: a`)
  await button(page, 'Discard the draft').click()
  expect(await draftField(page, 'Policy').inputValue()).toBe((await served.api('GET', '/policy')).policy)
  expect(await versionOf('policy')).toBe(before)
})

whole('a draft stays when another person saves, and replaces what its author has seen', async () => {
  await using console = await signIn()
  const { page } = console
  const before = await versionOf('policy')
  const mine = policyWith('# mine\nchecks: {network.firewall: advisory}\n')
  await edit(console, 'Policy', mine)
  await button(page, 'Save…').click()
  await page.getByLabel(/^Reason/).fill('The firewall is managed elsewhere')
  await served.api('PUT', '/policy', { policy: policyWith('# theirs\n'), reason: 'An incident', force: true })
  await button(page, /^Save: /).click()
  await page.getByText('VERSION_STALE').waitFor()
  await button(page, 'Cancel').click()
  expect(await draftField(page, 'Policy').inputValue()).toBe(mine)
  await page.getByText(`Your draft began with version ${before} and is kept.`).waitFor()
  expect(await button(page, 'Save…').getAttribute('aria-disabled')).toBe('true')
  await page.getByRole('link', { name: 'See what changed' }).click()
  await page.locator('.line-added').getByText('# theirs').waitFor()
  expect(await draftField(page, 'Policy').inputValue()).toBe(mine)
  await button(page, `Replace version ${before + 1} with my draft`).click()
  await button(page, 'Save…').click()
  await page.getByLabel(/^Reason/).fill('The firewall is managed elsewhere')
  await button(page, /^Save: /).click()
  await page.getByText(`Version ${before + 2} of the policy is in use.`).waitFor()
  expect((await served.api('GET', '/policy')).policy).toBe(mine)
})

whole('a policy that fails every device needs insisting, and can be rolled back', async () => {
  await using console = await signIn()
  const { page } = console
  const before = await served.api('GET', '/policy')
  // Each device lacks one of these: one is of Windows, the other of the rest.
  const strict = policyWith(
    'checks:\n  access.credential-guard: required-everywhere\n  access.ssh-root-login: required-everywhere\n',
  )
  await edit(console, 'Policy', strict)
  await button(page, 'Save…').click()
  await page.getByText('It is refused unless you insist.').first().waitFor()
  await page.getByLabel(/^Reason/).fill('Only for the test')
  const save = button(page, /^Save: /)
  expect(await save.getAttribute('aria-disabled')).toBe('true')
  await page.getByLabel('Use it although the test advises against it').check()
  await save.click()
  await page
    .getByText(/although its test advised against it/)
    .first()
    .waitFor()
  expect(await served.api('GET', '/policy')).toMatchObject({ policy: strict, forced: true })

  await button(page, `Roll back… to version ${before.version}`).click()
  await page.getByRole('dialog', { name: `Roll back to version ${before.version}` }).waitFor()
  await page.getByLabel(/^Reason/).fill('It was too strict')
  await button(page, /^Roll back: [1-9]\d* verdicts? changes?$/).click()
  await page
    .getByText(/^It was too strict$/)
    .first()
    .waitFor()
  expect(await served.api('GET', '/policy')).toMatchObject({ policy: before.policy, restores: before.version })
})

whole('who may not configure reads, and changes nothing', async () => {
  await served.invite('looks', 'viewer')
  await using console = await signIn('looks')
  const { page } = console
  for (const title of ['Policy', 'Rules'] as const) {
    await console.open(`/${title.toLowerCase()}`)
    expect(await draftField(page, title).getAttribute('readonly')).not.toBeNull()
    await page.getByText('in use', { exact: true }).first().waitFor()
    for (const name of ['Test', 'Save…', /^Roll back/]) expect(await button(page, name).count()).toBe(0)
    const refused = await page.evaluate(
      `fetch('/api/v1/${title.toLowerCase()}/test', { method: 'POST', body: '{}' }).then(({ status }) => status)`,
    )
    expect(refused).toBe(403)
  }
})
