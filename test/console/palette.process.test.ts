import type { Browser, Page } from 'playwright-core'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { type ConsolePage, openConsole } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'
import { waitFor } from '../support/wait-for.ts'

/** The search of everything, with the keyboard alone. */

const whole = inChromium('the palette of the console')

let served: ServedDemonstration
let chromium: Browser
let administrator: ConsolePage

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 60 })
  administrator = await openConsole(chromium, await served.invite('administrator'))
})
afterAll(async () => {
  await administrator?.[Symbol.asyncDispose]()
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const field = (page: Page) => page.getByRole('combobox', { name: /^Search everything/ })
const chosen = async (page: Page) => page.getByRole('option', { selected: true }).textContent()
const options = async (page: Page) => page.getByRole('option').allTextContents()

/** Types where focus is, and waits for what is found. */
async function search(page: Page, words: string) {
  await field(page).waitFor()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(words)
  await page.locator('.palette [role="status"]', { hasText: /result|Nothing/ }).waitFor()
}

/** A device of the register, by what the directory calls it. */
async function aDevice() {
  const { devices } = await served.api('GET', '/search?q=demo')
  const [device] = Object(devices).items as readonly { id: string; name: string }[] // as the API describes it
  if (device === undefined) throw new Error('no device is called so')
  return device
}

whole('slash opens it, letters find a device, Enter goes there and Escape comes back', async () => {
  const { page } = administrator
  const { id, name } = await aDevice()
  await administrator.open('/people')
  await page.keyboard.press('/')
  await search(page, name)
  expect(await chosen(page)).toContain(name)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/devices/${id}`)
  await page.keyboard.press('/')
  await field(page).waitFor()
  // Where one was comes first.
  expect((await options(page))[0]).toContain(name)
  await page.keyboard.press('Escape')
  await field(page).waitFor({ state: 'detached' })
})

whole('focus returns to where it was', async () => {
  const { page } = administrator
  await administrator.open('/people')
  const button = page.getByRole('button', { name: 'Search everything' })
  await button.press('Enter')
  await field(page).waitFor()
  await page.keyboard.press('Escape')
  await waitFor('the button to have focus', () => page.evaluate('document.activeElement.className'), {
    until: (name) => name === 'find',
  })
})

whole('Enter before the answer opens what is found for all that was typed', async () => {
  const { page } = administrator
  const { id, name } = await aDevice()
  await administrator.open('/')
  await page.keyboard.press('/')
  await field(page).waitFor()
  await page.keyboard.insertText(name)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/devices/${id}`)
})

whole('arrows, Home and End choose, and the field names the chosen one', async () => {
  const { page } = administrator
  await administrator.open('/')
  await page.keyboard.press('/')
  await search(page, 'a')
  const all = await options(page)
  expect(all.length).toBeGreaterThan(5)
  const named = async () => {
    const id = await field(page).getAttribute('aria-activedescendant')
    return page.locator(`[id="${id}"]`).textContent()
  }
  for (const [key, at] of [
    ['ArrowDown', 1],
    ['ArrowUp', 0],
    ['ArrowUp', -1],
    ['ArrowDown', 0],
    ['End', -1],
    ['Home', 0],
  ] as const) {
    await page.keyboard.press(key)
    expect(await chosen(page)).toBe(all.at(at))
    expect(await named()).toBe(all.at(at))
  }
  await page.keyboard.press('Escape')
})

whole('Ctrl-K opens it from a field, and does not open over a dialog', async () => {
  const { page } = administrator
  await administrator.open('/people')
  await page.getByRole('searchbox').focus()
  await page.keyboard.type('/')
  expect(await field(page).count()).toBe(0)
  await page.keyboard.press('Control+k')
  await search(page, '>freeze')
  expect(await chosen(page)).toContain('Freeze agents…')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Freeze agents' }).waitFor()
  await page.keyboard.press('Control+k')
  expect(await field(page).count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.locator('main').press('Control+k')
  await field(page).waitFor()
  await page.keyboard.press('Control+k')
  await field(page).waitFor({ state: 'detached' })
})

whole('agents of what was found are frozen, with their number', async () => {
  const { page } = administrator
  const { name } = await aDevice()
  await administrator.open('/')
  await page.keyboard.press('/')
  await search(page, `>${name}`)
  expect(await options(page)).toEqual([expect.stringContaining(`Freeze agents of ${name}…`)])
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^(Ask to freeze|Freeze) \d+ agents? on \d+ devices?/ }).waitFor()
  await page.keyboard.press('Escape')
})

whole('a viewer is offered no stop and no act of others', async () => {
  await using viewer = await openConsole(chromium, await served.invite('a-viewer', 'viewer'))
  const { page } = viewer
  await viewer.open('/')
  await page.keyboard.press('/')
  await search(page, 'freeze')
  expect(await page.getByRole('group', { name: 'Stops' }).count()).toBe(0)
  await search(page, '>')
  const acts = (await options(page)).join('\n')
  expect(acts).toContain('Sign out')
  for (const act of ['Freeze', 'Register', 'release']) expect(acts).not.toContain(act)
  await search(page, 'Webhooks')
  expect(await options(page)).toEqual([])
})

whole('names that devices and people chose are text', async () => {
  const { page } = administrator
  await administrator.open('/')
  await page.keyboard.press('/')
  await search(page, 'Robin <b>')
  const texts = await page.locator('[role="option"] bdi').allInnerTexts()
  expect(texts.join('\n')).toContain('Robin <b>"& Sons"</b> Tables')
  expect(await page.locator('[role="listbox"] b').count()).toBe(0)
  await page.keyboard.press('Escape')
})

whole('words that no name can have are refused in words, and other words work again', async () => {
  const { page } = administrator
  await administrator.open('/')
  await page.keyboard.press('/')
  await field(page).waitFor()
  await page.keyboard.insertText('a\u202eb')
  await page.locator('.palette [role="alert"]').waitFor()
  await search(page, 'demo')
  expect(await page.locator('.palette [role="alert"]').count()).toBe(0)
  await page.keyboard.press('Escape')
  // The browser writes refusals to its log.
  await administrator.faults([])
})

whole('it and the keyboard shortcuts have no findings of axe, on a phone too', async () => {
  const { page } = administrator
  await administrator.open('/')
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('button', { name: 'Search everything' }).click()
  await search(page, 'c')
  expect(await administrator.faults(['light', 'dark phone'])).toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await waitFor('the palette to be gone', () => field(page).count(), { until: (count) => count === 0 })
  expect(await administrator.faults(['dark', 'light phone'])).toEqual([])
})
