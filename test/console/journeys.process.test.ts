import type { Browser, Page } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { openConsole } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'

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

const signIn = async (name: string) => openConsole(chromium, await served.invite(name))
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

interface Administrator {
  readonly id: string
  readonly name: string
  readonly role: string
}

async function administrators(): Promise<readonly Administrator[]> {
  const { items } = await served.api('GET', '/administrators')
  return items as readonly Administrator[] // as the API describes them
}

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
