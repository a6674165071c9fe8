/**
 * `node scripts/run.cjs scripts/make-pictures.ts [FOLDER]`: makes the pictures of the console in `docs/pictures/`, three and one that
 * moves, from a demonstration: a new one, or that in the folder. It needs Chromium and webp of Debian.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Page } from 'playwright-core'
import { startBrowser } from '../test/support/browser/chromium.ts'
import { buildConsole } from './build-console.ts'

const root = resolve(import.meta.dirname, '..')
const main = join(root, 'src/main-directory.ts')
const pictures = join(root, 'docs/pictures')
const IMG2WEBP = '/usr/bin/img2webp'
const DEVICES = '5000'
const SIZE = { width: 1280, height: 960 }
/** Of the moving picture. */
const FRAME_MS = '1800'
/** Until devices that are connected have answered, and the page has asked again. */
const ANSWERS_MS = 8_000
const REASON = 'a package of one of its MCP servers is not what it was'
/** It is in the inbox, and acts without asking. */
const PRODUCT = 'OpenClaw'

if (!existsSync(IMG2WEBP)) throw new Error('apt-get install webp')
const folder = mkdtempSync(join(tmpdir(), 'surety-pictures-'))
const [, , given] = process.argv
const data = given === undefined ? join(folder, 'demonstration') : resolve(given)
let server: ChildProcess | undefined
try {
  await buildConsole(join(root, '.build/console'))
  if (given === undefined) directory('demo', '--devices', DEVICES)
  const url = await serve()
  await take(url)
} finally {
  server?.kill()
  if (server?.exitCode === null) await once(server, 'exit')
  rmSync(folder, { recursive: true })
}

async function take(url: string): Promise<void> {
  await using browser = await startBrowser()
  const { page } = browser
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.setViewportSize(SIZE)
  const { link } = JSON.parse(directory('administrators', 'invite', 'ada', '--role', 'administrator', '--json')) as {
    link: string
  }
  const frames: string[] = []
  const frame = async () => {
    await settled(page)
    const path = join(folder, `frame-${frames.length}.png`)
    await page.screenshot({ path })
    frames.push(path)
  }
  const picture = async (name: string) => {
    await settled(page)
    await page.screenshot({ path: join(pictures, `console-${name}.png`) })
  }
  await page.goto(link)
  await page.getByRole('button', { name: 'Make the passkey' }).click()
  await page.getByRole('heading', { name: 'Needs a person' }).waitFor()
  await picture('overview')
  await page.goto(`${url}/inbox`)
  await page.getByText(PRODUCT).first().click()
  await picture('inbox')
  await frame()
  await page.goto(`${url}/stops`)
  await page.getByRole('button', { name: 'Freeze agents…' }).click()
  await page.getByText('One product').click()
  const product = page.getByRole('combobox', { name: 'Product' })
  const option = product.locator('option', { hasText: PRODUCT })
  await product.selectOption(await option.getAttribute('value'))
  await page.getByText('processes', { exact: true }).waitFor()
  await page.getByRole('textbox', { name: /^Reason/ }).fill(REASON)
  await frame()
  await picture('freeze')
  await page.getByRole('button', { name: /freeze \d/i }).click()
  const stop = page.getByRole('heading', { name: REASON })
  await stop.waitFor()
  await frame()
  await page.getByText(/[1-9][\d,]* of [\d,]+ devices answered/).waitFor()
  await page.waitForTimeout(ANSWERS_MS)
  await frame()
  await page.getByRole('button', { name: /^Release \d/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Release the stop' })
  await dialog.getByRole('textbox').fill('the package was replaced')
  await frame()
  await dialog.getByRole('button', { name: /^Release/ }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.waitForTimeout(ANSWERS_MS)
  await frame()
  const moving = join(pictures, 'console-freeze.webp')
  execFileSync(IMG2WEBP, ['-loop', '0', '-lossy', '-q', '80', '-m', '6', '-d', FRAME_MS, ...frames, '-o', moving])
}

/** Until nothing is loading. News may arrive at any time, so the network never falls silent. */
async function settled(page: Page): Promise<void> {
  await page.waitForTimeout(1_000)
  await page.waitForFunction('document.querySelector(".skeleton") === null')
}

function directory(...args: readonly string[]): string {
  return execFileSync(process.execPath, [main, ...args, '--data', data], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** @returns the address of the console. No stop waits for a second person. */
async function serve(): Promise<string> {
  const ports = ['--devices-port', '0', '--api-port', '0', '--console-port', '0', '--stops-confirm-above', '1000000']
  server = spawn(process.execPath, [main, 'serve', '--ready-json', '--data', data, ...ports], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (server.stdout === null) throw new Error('the directory has no output')
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.startsWith('{')) return (JSON.parse(line) as { console: string }).console
  }
  throw new Error('the directory ended')
}
