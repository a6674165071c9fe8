import type { Browser, Page } from 'playwright-core'
import type { DeviceDifference, TimelinePage } from '../../src/protocol/nouns/devices/timeline.ts'
import { type History, historyReader } from '../../src/protocol/nouns/directory/history.ts'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { LOOKS, type LookName, openConsole } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration, serveEmptyDirectory } from '../support/console/demonstration.ts'
import { waitFor } from '../support/wait-for.ts'

/** The overview of a fleet, of a small one and of none, and one device over time. */

const whole = inChromium('the fleet over time in the console')

let served: ServedDemonstration
let chromium: Browser

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 20 })
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const EVERY_LOOK = Object.keys(LOOKS) as readonly LookName[] // of the very names
const textsOf = (page: Page, selector: string) => page.locator(selector).allTextContents()

whole('the chart has a table with the counts of the history, and no fault in any look', async () => {
  await using console = await openConsole(chromium, await served.invite('administrator'))
  const { page } = console
  await console.open('/')
  await page.locator('.chart canvas').waitFor()
  await page.getByText('As a table').click()
  const { days }: History = historyReader.readJson(JSON.stringify(await served.api('GET', '/history')))
  expect(days.length).toBeGreaterThan(5)
  const rows = page.locator('details table tbody tr')
  expect(await rows.count()).toBe(days.length)
  expect(await rows.last().locator('td').nth(1).textContent()).toBe(String(days.at(-1)?.agents.running))
  await page.getByText(/^Live, \d\d:\d\d:\d\d$/).waitFor()
  expect(await console.faults(EVERY_LOOK)).toEqual([])
})

/** A device whose verdict changed, and what happened on it. */
async function changedDevice(): Promise<{ readonly path: string; readonly times: readonly number[] }> {
  const { items } = await served.api('GET', '/events?kind=verdict-changed&limit=1')
  const [event] = items as readonly { readonly device: string }[] // as the API describes them
  const path = `/devices/${event?.device}`
  const timeline = (await served.api('GET', `${path}/timeline?limit=500`)) as unknown as TimelinePage // as it describes it
  return { path, times: timeline.items.map(({ time }) => time) }
}

const parameter = (page: Page, name: string) => Number(new URL(page.url()).searchParams.get(name))

whole('two points of a device are chosen by keyboard, with the difference of the API', async () => {
  await using console = await openConsole(chromium, await served.invite('administrator'))
  const { page } = console
  const { path, times } = await changedDevice()
  await console.open(path)
  await page.getByRole('button', { name: '90 d' }).click()
  await console.settle()
  // Before all that is known.
  await page.keyboard.press('a')
  await page.keyboard.press('Shift+}')
  await page.waitForURL(/[?&]a=\d+/)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  expect(parameter(page, 'a')).toBe(first - 1)
  await page.getByRole('slider', { name: 'Point B' }).focus()
  await page.keyboard.press('Shift+ArrowLeft')
  await page.waitForURL(/[?&]b=\d+/)
  expect(parameter(page, 'b')).toBe(last)
  const asked = `${path}/difference?from=${first - 1}&to=${last}`
  const difference = (await served.api('GET', asked)) as unknown as DeviceDifference // as the API describes it
  const { checks, agents, things, components = [] } = difference
  const count = [checks, agents.appeared, agents.left, things.appeared, things.left, components].flat().length
  expect(count).toBeGreaterThan(0)
  await waitFor('the differences to be listed', () => page.locator('.difference li').count(), {
    until: (listed) => listed === count,
  })
  expect(await console.faults(EVERY_LOOK)).toEqual([])
  // Neither point passes the other.
  const endOfA = async () => {
    await page.getByRole('slider', { name: 'Point A' }).press('End')
    return parameter(page, 'a')
  }
  await waitFor('point A to stop before B', endOfA, { until: (a) => a === last - 1 })
  expect(await endOfA()).toBe(last - 1)
  // A link leads to the same.
  await page.reload()
  await console.settle()
  expect(await page.getByRole('slider', { name: 'Point B' }).getAttribute('aria-valuetext')).toBe(
    await page.evaluate(
      `new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }).format(${last})`,
    ),
  )
})

whole('who may not see events reads that past verdicts are missing', async () => {
  await using console = await openConsole(chromium, await served.invite('looks', 'viewer'))
  const { path } = await changedDevice()
  await console.open(`${path}?a=nonsense&b=-1`)
  await console.page.getByText('Past verdicts come from events, which your role may not see.').waitFor()
  expect(await console.page.getByRole('button', { name: /^Freeze/ }).count()).toBe(0)
  expect(await console.page.getByRole('heading', { name: 'What changed from A to B' }).count()).toBe(0)
  expect(await console.faults(['light'])).toEqual([])
})

whole('a small fleet is shown by name, and says since when there is no news', async () => {
  await using small = await serveDemonstration({ devices: 3 })
  await using console = await openConsole(chromium, await small.invite('administrator'))
  const { page } = console
  await console.open('/')
  const { items } = await small.api('GET', '/devices')
  const names = (items as readonly { readonly label: { readonly hostname: string } }[]).map((one) => one.label.hostname)
  expect((await textsOf(page, 'main .list-lines a')).toSorted()).toEqual(names.toSorted())
  expect(await page.locator('.chart').count()).toBe(0)
  expect(await page.locator('main').textContent()).not.toMatch(/\d%/)
  expect(await console.faults(EVERY_LOOK)).toEqual([])
  await page.getByRole('button', { name: 'Freeze agents…' }).click()
  await page.getByRole('dialog', { name: 'Freeze agents' }).waitFor()
  await page.keyboard.press('Escape')
  await small[Symbol.asyncDispose]()
  await page.getByText(/^No live news since \d\d:\d\d:\d\d\. Asked every 15 s\.$/).waitFor()
})

whole('an empty fleet says how the first laptop comes, to who may add one', async () => {
  await using empty = await serveEmptyDirectory()
  await using console = await openConsole(chromium, await empty.invite('administrator'))
  await console.open('/')
  await console.page.getByRole('heading', { name: 'Add the first laptop: three commands' }).waitFor()
  expect(await console.page.getByRole('button', { name: 'Freeze agents…' }).count()).toBe(0)
  expect(await console.faults(EVERY_LOOK)).toEqual([])
  await using viewer = await openConsole(chromium, await empty.invite('looks', 'viewer'))
  await viewer.page.getByText('An operator or administrator adds the first one.').waitFor()
  expect(await viewer.page.getByText('surety-directory tokens create').count()).toBe(0)
})
