import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { loadDirectoryConfig } from '../src/config/directory.ts'
import { makeDemonstration } from '../src/directory/demonstration/history/demonstration-folder.ts'
import { addAuthenticator, launchChromium } from '../test/support/browser/chromium.ts'
import { builtConsole } from '../test/support/console/built-console.ts'
import { runDirectory, serveDirectory } from '../test/support/directory/directory-process.ts'
import { type Benchmark, quantile, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const DEVICES = sizeOf(5_000, { small: 10 })
const LOADS = sizeOf(20, { small: 2 })
const FRAMES = sizeOf(600, { small: 20 })
const STEP_PX = 40
const READY_MS = 1_000
const FRAMES_A_SECOND = 60

export const consolePage: Benchmark = {
  name: 'console-page',
  about: `the console in Chromium over ${DEVICES} devices: until its first page is ready, and frames while a list scrolls`,
  unit: 'ms',
  limit: `ready within ${READY_MS} ms at p95, nothing kept by the browser; ${FRAMES_A_SECOND} frames a second`,
  async run(report) {
    using folder = temporaryBenchFolder()
    const data = join(folder.path, 'demonstration')
    builtConsole()
    const { config } = loadDirectoryConfig({ flags: { data }, file: undefined })
    const { signal } = new AbortController()
    await makeDemonstration(config, { devices: DEVICES, seed: 1, progress: () => undefined, signal })
    await using server = await serveDirectory(data, [])
    const browser = await launchChromium()
    try {
      const page = await signedIn(browser, data)
      const ready = await readyTimes(page, server.console)
      const p95 = quantile(ready, 0.95)
      report({
        name: 'console-page-ready-p95',
        value: rounded(p95),
        unit: 'ms',
        ratio: rounded(p95 / READY_MS),
        against: `${READY_MS} ms; median ${rounded(quantile(ready, 0.5))} ms of ${LOADS} loads`,
      })
      const gaps = await frameGaps(page, `${server.console}/devices`)
      const second = 1_000 / (gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length)
      report({
        name: 'console-page-frames',
        value: rounded(second),
        unit: 'frames a second',
        ratio: rounded(second / FRAMES_A_SECOND),
        against: `${FRAMES_A_SECOND}; a frame took ${rounded(quantile(gaps, 0.5))} ms at the median, ${rounded(quantile(gaps, 0.99))} ms at p99`,
      })
    } finally {
      await browser.close()
    }
  },
}

async function signedIn(browser: Browser, data: string): Promise<Page> {
  const invited = await runDirectory(['administrators', 'invite', 'administrator', '--data', data, '--json'])
  const { link } = JSON.parse(invited.stdout)
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await addAuthenticator(page)
  await page.goto(link)
  await page.getByRole('button', { name: 'Make the passkey' }).click()
  await page.locator('main#main').waitFor()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true })
  return page
}

/** From the navigation until the overview has its answers. */
async function readyTimes(page: Page, url: string): Promise<readonly number[]> {
  const times: number[] = []
  for (let load = 0; load < LOADS; load++) {
    await page.goto(url, { waitUntil: 'commit' })
    times.push(Number(await page.evaluate(READY)))
  }
  return times
}

async function frameGaps(page: Page, url: string): Promise<readonly number[]> {
  await page.goto(url)
  await page.locator('.list-rows tbody tr').nth(5).waitFor()
  const at = (await page.evaluate(SCROLL)) as readonly number[] // as it is written below
  return at.slice(1).map((time, frame) => time - (at[frame] ?? 0))
}

/** The types of the project have no DOM. */
const READY = `new Promise((done) => {
  const look = () => {
    const main = document.querySelector('main')
    const isReady = main?.textContent.includes('Needs a person') && main.querySelector('.skeleton') === null
    isReady ? done(performance.now()) : requestAnimationFrame(look)
  }
  look()
})`

const SCROLL = `new Promise((done) => {
  const list = document.querySelector('.list-rows')
  const at = []
  const step = (time) => {
    at.push(time)
    list.scrollTop += ${STEP_PX}
    at.length <= ${FRAMES} ? requestAnimationFrame(step) : done(at)
  }
  requestAnimationFrame(step)
})`
