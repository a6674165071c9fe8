import type { Browser, Page } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { type LookName, openConsole } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'
import { waitFor } from '../support/wait-for.ts'

/** What people do in the console, in browsers of their own. Devices are made up; they answer stops. */

const whole = inChromium('journeys in the console')

let served: ServedDemonstration
let chromium: Browser

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 60, args: ['--stops-confirm-above', '5'] })
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const signIn = async (name: string, look?: LookName) => openConsole(chromium, await served.invite(name), look)
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const dialog = (page: Page, name: string) => page.getByRole('dialog', { name })

interface Administrator {
  readonly id: string
  readonly name: string
  readonly role: string
}

async function administrators(): Promise<readonly Administrator[]> {
  const { items } = await served.api('GET', '/administrators')
  return items as readonly Administrator[] // as the API describes them
}

/** Another administrator, who has been one for more than a day. */
async function secondPerson(): Promise<string> {
  const found = (await administrators()).find(({ name, role }) => role === 'administrator' && name !== 'administrator')
  if (found === undefined) throw new Error('there is one administrator only')
  return found.name
}

/** An invitation makes its person new for a day, who confirms nothing. */
const aDayLater = () => served.exec('UPDATE principals SET token_given_at = NULL')
/** The passkey was shown longer ago than what matters allows. */
const minutesLater = () => served.exec('UPDATE sessions SET proven_at = proven_at - 360000')

interface Waiting {
  readonly id: string
  readonly name: string
  readonly proposedOwner?: object
}

/** The inbox as the page lists it. */
async function inbox(): Promise<readonly Waiting[]> {
  return (await served.api('GET', '/inbox')).items as readonly Waiting[] // as the API describes them
}

const stateOf = async (id: string) => (await served.api('GET', `/inbox/${id}`)).state
const at = (page: Page) => new URL(page.url()).searchParams.get('at')

whole('an agent in the inbox is registered with the keyboard alone', async () => {
  await using console = await signIn('administrator')
  const { page } = console
  await console.open('/inbox')
  // An agent without a proposed owner could not be registered with keys only.
  const listed = await inbox()
  const steps = listed.findIndex(({ proposedOwner }, place) => place > 0 && proposedOwner !== undefined)
  const { id } = listed[steps] ?? {}
  for (let step = 0; step < steps; step++) await page.keyboard.press('j')
  await page.waitForURL((url) => url.searchParams.get('at') === id)
  await page.keyboard.press('r')
  const purpose = page.getByLabel('Purpose')
  await waitFor('a mistake', () => purpose.getAttribute('aria-invalid'), { until: (invalid) => invalid === 'true' })
  await waitFor('the field that lacks to have focus', () => page.evaluate('document.activeElement.tagName === "INPUT"'))
  await page.keyboard.type('Writes the tests of the console')
  await page.keyboard.press('Enter')
  await page.getByText(/^Registered “.*” for /).waitFor()
  await waitFor('the page to go to the next', () => at(page), { until: (next) => next !== id })
  expect(await stateOf(id ?? '')).toBe('registered')
})

whole('an agent without an owner is registered, and waits for one by name', async () => {
  await using console = await signIn('administrator')
  const { page } = console
  const { id, name } = (await inbox()).find(({ proposedOwner }) => proposedOwner === undefined) ?? {}
  await console.open(`/inbox?at=${id}`)
  await page.getByText('Without an owner it waits in the register.').waitFor()
  await page.getByLabel('Purpose').fill('Nobody answers for it yet')
  await page.keyboard.press('Enter')
  await page.getByText(`Registered “${name}”. It waits for an owner.`).waitFor()
  expect(await stateOf(id ?? '')).toBe('unknown')
  await button(page, /^Undo/).click()
  await page.getByText('Undone. It waits in the inbox again.').waitFor()
})

whole('what is shown and typed in the inbox stays when another agent comes above it', async () => {
  await using console = await signIn('administrator')
  const { page } = console
  const before = await inbox()
  const [first, last] = [before[0]?.id ?? '', before.at(-1)?.id ?? '']
  expect(last).not.toBe(first)
  await console.open('/inbox')
  await page.getByLabel('Purpose').fill('Half of a sent')
  await served.exec(`UPDATE seen_agents SET first_seen = ${Date.now()} WHERE id = '${last}'`)
  // The act of another person makes the page read its lists again.
  await served.api('POST', '/groups', { name: 'news of the inbox' })
  const top = page.locator('.triage-row').first()
  await waitFor('the list to move', () => top.getAttribute('href'), { until: (href) => href === `/inbox/${last}` })
  expect(await page.locator('.triage-row[aria-current]').getAttribute('href')).toBe(`/inbox/${first}`)
  expect(await page.getByLabel('Purpose').inputValue()).toBe('Half of a sent')
  await page.getByLabel('Purpose').press('End')
  await page.keyboard.type('ence')
  await page.keyboard.press('Enter')
  await page.getByText(/^Registered “/).waitFor()
  const { items } = await served.api('GET', '/registrations?limit=500')
  expect(items).toContainEqual(expect.objectContaining({ purpose: 'Half of a sentence' }))
  expect(await stateOf(last)).toBe('unknown')
})

whole('a code freeze is counted, confirmed on a phone, seen in the bar, and released', async () => {
  await using first = await signIn('administrator')
  await using second = await signIn(await secondPerson(), 'dark phone')
  await aDayLater()
  await minutesLater()
  const { page } = first
  await first.open('/stops')
  await button(page, 'Freeze agents…').click()
  await page.getByLabel('Every agent on every device').check()
  const act = button(page, /^Ask to freeze \d+ agents on \d+ devices$/)
  await act.waitFor()
  const { impact } = await served.api('POST', '/stops', {
    kind: 'freeze',
    selector: { all: true },
    reason: 'count',
    dryRun: true,
  })
  const { agents, affectedDevices } = Object(impact)
  expect(await act.textContent()).toBe(`Ask to freeze ${agents} agents on ${affectedDevices} devices`)
  expect(await act.getAttribute('aria-disabled')).toBe('true')
  await page.getByLabel(/^Reason/).fill('A key leaked')
  await act.click()
  // What matters asks for the passkey.
  await dialog(page, 'Show that it is you').waitFor()
  await button(page, 'Use the passkey').click()
  await page.waitForURL(/\/stops\/stop_/)
  await page.getByText('waits for a second person, not in force').first().waitFor()
  expect(await page.getByLabel('Code freeze').count()).toBe(0)

  await second.open(new URL(page.url()).pathname)
  await button(second.page, 'Confirm: freeze now').click()
  await dialog(second.page, 'Show that it is you').waitFor()
  await button(second.page, 'Use the passkey').click()
  await waitFor('the bar to count', () => page.getByLabel('Code freeze').textContent(), {
    until: (text) => text !== null && /[1-9]\d* agents? FROZEN/.test(text) && text.includes('A key leaked'),
  })

  await button(page, /^Release/).click()
  await dialog(page, 'Release the stop')
    .getByLabel(/^Reason/)
    .fill('The key was replaced')
  await dialog(page, 'Release the stop')
    .getByRole('button', { name: /^Release/ })
    .click()
  await button(second.page, /^Confirm the release/).click()
  await page.getByLabel('Code freeze').waitFor({ state: 'detached' })
})

interface Registered {
  readonly id: string
  readonly name: string
  readonly owner?: string
  readonly successor?: string
  readonly successorAcceptedAt?: number
}

whole('a successor accepts on a phone, the owner leaves, and the agent is retired', async () => {
  const { items } = await served.api('GET', '/registrations?state=active&limit=500')
  const all = items as readonly Registered[] // as the API describes them
  const { id, name, owner, successor } =
    all.find((one) => one.successor !== undefined && one.successorAcceptedAt === undefined) ?? {}
  const registration = () => served.api('GET', `/registrations/${id}`)
  await using phone = await openConsole(chromium, await served.invitePerson(successor ?? ''), 'dark phone')
  await phone.open('/mine')
  const card = phone.page.getByRole('article', { name: `Will you answer for “${name}”?` })
  await card.getByRole('button', { name: 'I will answer for it' }).click()
  await card.waitFor({ state: 'detached' })
  expect(await registration()).toMatchObject({ owner, successor })

  await using console = await signIn('administrator')
  const { page } = console
  await console.open(`/people/${owner}`)
  await button(page, /^If .* leaves…$/).click()
  const leaving = page.getByRole('dialog')
  await leaving
    .getByText(/to successors/)
    .first()
    .waitFor()
  await leaving.getByLabel(/^Reason/).fill('Left the company')
  await leaving.getByRole('button', { name: /^Deactivate / }).click()
  await waitFor('the successor to be the owner', registration, { until: (now) => now.owner === successor })
  await leaving.waitFor({ state: 'detached' })

  await console.open(`/registrations/${id}`)
  await button(page, 'Retire…').click()
  await page
    .getByRole('dialog')
    .getByLabel(/^Reason/)
    .fill('Nobody needs it')
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Retire/ })
    .click()
  const { stop } = await waitFor('the end to begin', registration, {
    until: ({ state }) => `${state}`.startsWith('retir'),
  })
  // Devices that are away have not answered: while there are any, the registration is retiring.
  const progress = async () => Object((await served.api('GET', `/stops/${stop}`)).progress)
  const { unreachable } = await waitFor('connected devices to answer', progress, {
    until: (seen) => seen.waiting === seen.unreachable && seen.devices > seen.waiting,
  })
  const ended = unreachable === 0 ? 'retired' : 'retiring'
  await waitFor('the end', registration, { until: ({ state }) => state === ended })
  await page.getByText(ended, { exact: true }).first().waitFor()
})

whole('no other page can frame the console, and an ended session leads to the door', async () => {
  await using console = await signIn('administrator')
  const { page, context } = console
  const other = await context.newPage()
  await other.route('http://localhost:1/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${served.url}"></iframe>` }),
  )
  await other.goto('http://localhost:1/')
  const [, frame] = other.frames()
  await waitFor('the browser to refuse the frame', () => frame?.url(), {
    until: (url) => url?.startsWith('chrome-error:') === true,
  })
  await other.close()
  await served.exec('UPDATE sessions SET ends_at = 1')
  await page.getByRole('link', { name: 'Register' }).click()
  await page.getByRole('heading', { name: 'Sign in to Surety' }).waitFor()
})

whole('who signs out is at the door in every tab', async () => {
  await using console = await signIn('administrator')
  const other = await console.context.newPage()
  await other.goto(served.url)
  await button(other, 'Sign out').waitFor()
  await button(console.page, 'Sign out').click()
  for (const page of [console.page, other]) await page.getByRole('heading', { name: 'Sign in to Surety' }).waitFor()
  expect(await console.context.cookies()).toEqual([])
})

whole('the page of an administrator who is revoked goes to the door', async () => {
  await served.invite('leaving', 'operator')
  await using console = await signIn('leaving')
  const leaving = (await administrators()).find(({ name }) => name === 'leaving')
  await served.api('DELETE', `/administrators/${leaving?.id}`)
  await console.page.getByRole('heading', { name: 'Sign in to Surety' }).waitFor()
})

whole('a lone administrator is offered to freeze for an hour', async () => {
  await using console = await signIn('administrator')
  for (const { id, name } of await administrators()) {
    if (name !== 'administrator') await served.api('DELETE', `/administrators/${id}`)
  }
  const { page } = console
  await console.open('/stops')
  await button(page, 'Freeze agents…').click()
  await page.getByLabel('Every agent on every device').check()
  await page.getByText('You are the only person who can confirm.').waitFor()
  await page.getByLabel(/^Reason/).fill('Nobody else is here')
  await button(page, /^Freeze \d+ agents on \d+ devices for 1 hour$/).click()
  await page.getByText('as an emergency').waitFor()
  await page.getByLabel('Code freeze').waitFor()
})
