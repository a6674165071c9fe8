import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { addAuthenticator } from '../browser/chromium.ts'
import { waitFor } from '../wait-for.ts'

/** The console as a person has it: signed in, and looked at for what must not be. */

/** How a page is looked at. */
export const LOOKS = {
  light: { colorScheme: 'light', width: 1280, height: 800 },
  dark: { colorScheme: 'dark', width: 1280, height: 800 },
  'light phone': { colorScheme: 'light', width: 360, height: 740 },
  'dark phone': { colorScheme: 'dark', width: 360, height: 740 },
} as const

export type LookName = keyof typeof LOOKS

/** Each theme and each width once. */
export const TWO_LOOKS: readonly LookName[] = ['light', 'dark phone']

export interface ConsolePage extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Opens a page. @param path as the side links it. */
  open(path: string): Promise<void>
  /** Waits until a page is there, with what it asked for. */
  settle(): Promise<void>
  /** What is wrong with the page that is open, in lines. Each begins with its path. */
  faults(looks: readonly LookName[]): Promise<readonly string[]>
  /** Errors in the browser's console since the last call. `faults` returns them as well. */
  trouble(): readonly string[]
}

const require = createRequire(import.meta.url)
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
/** WCAG 2.2 AA, and what the makers of axe advise besides. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** It never ends. */
const LIVE = '/api/v1/live'

/** Opens the console in a browser of its own, with an authenticator. @param link invites somebody, whose passkey is made. */
export async function openConsole(chromium: Browser, link: string, look: LookName = 'light'): Promise<ConsolePage> {
  const { colorScheme, width, height } = LOOKS[look]
  const context = await chromium.newContext({ colorScheme, viewport: { width, height }, reducedMotion: 'reduce' })
  const trouble = troubleOf(context)
  const page = await context.newPage()
  await addAuthenticator(page)
  const pending = pendingOf(page)
  const settle = async () => {
    await page.locator('h1').first().waitFor()
    let quiet = 0
    await waitFor(
      'the page to have its answers',
      async () => {
        const waiting = pending.size > 0 || (await page.locator('main .skeleton').count()) > 0
        // An answer may lead to another question.
        quiet = waiting ? 0 : quiet + 1
        return quiet > 2
      },
      { show: () => [page.url(), ...pending] },
    )
  }
  await page.goto(link)
  await page.getByRole('button', { name: 'Make the passkey' }).click()
  await page.locator('main#main').waitFor()
  return {
    page,
    context,
    settle,
    async open(path) {
      await page.goto(new URL(path, page.url()).href)
      await settle()
    },
    async faults(looks) {
      const path = new URL(page.url()).pathname
      const found: string[] = []
      for (const name of looks) {
        await page.emulateMedia({ colorScheme: LOOKS[name].colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize(LOOKS[name])
        for (const fault of await faultsOf(page)) found.push(`${path} ${name}: ${fault}`)
      }
      for (const line of trouble.splice(0)) found.push(`${path}: ${line}`)
      return found
    },
    trouble: () => trouble.splice(0),
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** What the browser says: errors, what the policy for content refused, requests that failed. */
function troubleOf(context: BrowserContext): string[] {
  const trouble: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') trouble.push(`${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => trouble.push(String(error.error().stack)))
  return trouble
}

/** Addresses of requests that have no whole answer yet. */
function pendingOf(page: Page): ReadonlySet<string> {
  const pending = new Set<string>()
  page.on('request', (request) => {
    if (!request.url().endsWith(LIVE)) pending.add(request.url())
  })
  page.on('requestfinished', (request) => pending.delete(request.url()))
  page.on('requestfailed', (request) => pending.delete(request.url()))
  return pending
}

/** Other than one heading of the first level, scrolling to the side, findings of axe. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  const headings = await page.locator('h1').allInnerTexts()
  const wide = (await page.evaluate(WIDE)) as readonly string[] // as it is written below
  return [
    ...(headings.length === 1 ? [] : [`headings of the first level: ${JSON.stringify(headings)}`]),
    ...wide.map((element) => `wider than the window: ${element}`),
    ...(await axeFindings(page)),
  ]
}

/** Elements for which the page scrolls to the side. A table scrolls inside. The types of the project have no DOM. */
const WIDE = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return []
  const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > clientWidth + 1)
  return wide.slice(-3).map((one) => one.outerHTML.slice(0, 200))
})()`

async function axeFindings(page: Page): Promise<readonly string[]> {
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(AXE)
  const options = { runOnly: { type: 'tag', values: AXE_TAGS }, resultTypes: ['violations'] }
  const findings = await page.evaluate(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations.map(({ id, help, nodes }) =>
       'axe ' + id + ': ' + help + ', ' + nodes.length + ' times: ' + nodes[0].html.slice(0, 200) + ' ' + nodes[0].failureSummary))`,
  )
  return findings as readonly string[]
}

/** The addresses that links lead to, each once. @param selector of the links. */
export async function linksIn(page: Page, selector: string): Promise<readonly string[]> {
  const links = await page.locator(selector).all()
  const paths = await Promise.all(links.map((link) => link.getAttribute('href')))
  return [...new Set(paths.filter((path) => path !== null))]
}
