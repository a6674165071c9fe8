import type { Browser } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { type ConsolePage, linksIn, openConsole } from '../support/console/console-page.ts'
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

const MARKUP = '<img src=x onerror=alert(1)><b>markup</b>'
/** Members of what devices report that hold free text. */
const MEMBERS = [
  ...['name', 'vendor', 'version', 'profile', 'path', 'workspace', 'hostname', 'manufacturer', 'model', 'osName'],
  ...['osVersion', 'kernel', 'cpu', 'command', 'package', 'url', 'detail', 'reason', 'executable', 'purpose'],
]
const REPORTED_TEXTS = ['sightings.name', 'findings.text', 'accounts.user_name', 'seen_agents.name']
const MORE_TEXTS = ['user_name', 'version', 'executable', 'workspace'].map((column) => `seen_agents.${column}`)
const REPORTED_JSON = ['devices.label_json', 'sightings.json', 'inventory.json', 'health.json', 'claims.json']
const MORE_JSON = ['tamper_signs.json', 'stop_devices.receipt_json']

/** As if every device had sent markup in each of its texts. */
function spoilt(): string {
  const texts = [...REPORTED_TEXTS, ...MORE_TEXTS].map((place) => {
    const [table, column] = place.split('.')
    return `UPDATE ${table} SET ${column} = '${MARKUP}' || ${column} WHERE ${column} IS NOT NULL;`
  })
  const documents = [...REPORTED_JSON, ...MORE_JSON].map((place) => {
    const [table, column] = place.split('.')
    // The version of the daemon is no free text.
    const members = table === 'inventory' ? MEMBERS.filter((name) => name !== 'version') : MEMBERS
    const inMembers = members.reduce(
      (sql, name) => `replace(${sql}, '"${name}":"', '"${name}":"${MARKUP}')`,
      `replace(${column}, '":["', '":["${MARKUP}')`,
    )
    return `UPDATE ${table} SET ${column} = ${inMembers} WHERE ${column} IS NOT NULL;`
  })
  return [...texts, ...documents].join('\n')
}

whole('markup in every text that a device can send is text on every page', async () => {
  await served.exec(spoilt())
  const { page } = console
  const shown: string[] = []
  const look = async (path: string) => {
    await console.open(path)
    expect({ path, injected: await page.evaluate(INJECTED) }).toEqual({ path, injected: [] })
    if ((await page.locator('main').textContent())?.includes(MARKUP)) shown.push(path)
  }
  await console.open('/')
  for (const path of await linksIn(page, 'nav[aria-label="Pages"] a')) {
    await look(path)
    const [item] = await linksIn(page, `main a[href^="${path}/"]`)
    if (path !== '/' && item !== undefined) await look(item)
  }
  // Whoever changes the pages sees whether the texts are still on them.
  expect(shown).toEqual(expect.arrayContaining(['/devices', '/agents', '/inbox']))
  expect(shown.filter((path) => path.startsWith('/devices/'))).toHaveLength(1)
})
