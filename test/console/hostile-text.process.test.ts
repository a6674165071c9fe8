import type { Browser } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { type ConsolePage, openConsole } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'

/** Names that devices and people chose are text, wherever the console shows them. */

const whole = inChromium('hostile names in the console')

let served: ServedDemonstration
let chromium: Browser
let console: ConsolePage

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 60 })
  console = await openConsole(chromium, await served.invite('administrator'))
})
afterAll(async () => {
  await console?.[Symbol.asyncDispose]()
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

/** What came of it: elements that markup would have made, and texts outside of an element that keeps their direction. */
const INJECTED = `[...document.querySelectorAll('script:not([src]), img[onerror], iframe, main b, main i')].map((one) => one.outerHTML)`
const texts = async (selector: string) => console.page.locator(selector).allInnerTexts()

/** In the demonstration there is one of each. */
const NAMES = {
  markup: 'Robin <b>"& Sons"</b> Tables',
  long: 'Bartholomew Maximilian Archibald Featherstonehaugh',
} as const

whole.each(Object.entries(NAMES))('a name with %s is text in the list and on its page', async (_kind, name) => {
  const { items } = await served.api('GET', '/humans?limit=500')
  const person = (items as readonly { id: string; displayName: string }[]).find((one) =>
    one.displayName.startsWith(name),
  )
  expect(person).toBeDefined()
  await console.open('/people')
  expect((await texts('main bdi')).filter((text) => text.startsWith(name)).length).toBeGreaterThan(0)
  expect(await console.page.evaluate(INJECTED)).toEqual([])
  await console.open(`/people/${person?.id}`)
  expect((await texts('h1 bdi'))[0]).toBe(person?.displayName)
  expect(await texts('.crumbs bdi')).toEqual([person?.displayName])
  expect(await console.page.title()).toBe(`${person?.displayName} · Surety`)
  expect(await console.page.evaluate(INJECTED)).toEqual([])
  expect(await console.faults(['light phone'])).toEqual([])
})
