import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { parseNote, signatureLine } from '../../../src/tlog/notes.ts'
import { inChromium, launchChromium } from '../../support/browser/chromium.ts'
import { type ConsolePage, openConsole, TWO_LOOKS } from '../../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../../support/console/demonstration.ts'
import { madeKey } from '../../support/tlog/made-log.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The record in the console: found, read, and verified in the page. */

const whole = inChromium('the record in the console')

let served: ServedDemonstration
let chromium: Browser
let console: ConsolePage
let page: Page

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
  served = await serveDemonstration({ devices: 20 })
  console = await openConsole(chromium, await served.invite('administrator'))
  page = console.page
  await waitFor('the record to have a checkpoint', () => served.api('GET', '/entries/log'), {
    until: ({ checkpoint }) => checkpoint !== undefined,
  })
})
afterEach(() => page?.unrouteAll({ behavior: 'wait' }))
afterAll(async () => {
  await console?.[Symbol.asyncDispose]()
  await served?.[Symbol.asyncDispose]()
  await chromium?.close()
})

const VERIFIED = 'In the log, verified here.'
const WRONG = 'This does not verify.'

/** The newest entry that has a proof, as the API answers it. */
async function provedEntry(): Promise<{ readonly id: string; readonly proof: string; readonly act: string }> {
  const { items } = await served.api('GET', '/entries?limit=1')
  const [{ id }] = items as readonly [{ readonly id: string }]
  const entry = await waitFor('a proof', () => served.api('GET', `/entries/${id}`), {
    until: ({ proof }) => proof !== undefined,
  })
  return entry as { id: string; proof: string; act: string } // as the API describes it
}

const add = async () =>
  served.api('POST', '/administrators/invitations', { name: `made-${Math.random()}`, role: 'viewer' })
const checkpointNow = async () => String((await served.api('GET', '/entries/log')).checkpoint)
const panel = (name: string) => page.getByRole('region', { name })

whole('an entry says who did what, and its proof is verified in the page', async () => {
  const { id } = await provedEntry()
  await console.open(`/entries/${id}`)
  await panel('Proof').getByText(VERIFIED).waitFor()
  expect(await panel('Proof').textContent()).toMatch(/Index[\d,]+Entries of the log[\d,]+/)
  expect(await panel('What was done').textContent()).toContain(id)
  expect(await console.faults(TWO_LOOKS)).toEqual([])
})

whole('the list is narrowed by who, what and time, and opens by keyboard', async () => {
  await console.open('/entries?act=passkey-added')
  const row = page.locator('tbody tr[data-index="0"]')
  await row.waitFor()
  expect(await row.textContent()).toContain('Passkey added')
  await page.getByRole('searchbox', { name: /^Search entries/ }).fill('no such TEXT')
  await page.getByText('No entry matches all filters.').waitFor()
  await console.open('/entries?act=passkey-added&search=LOCALHOST')
  await row.waitFor()
  await page.getByLabel('since').fill('2001-02-03T04:05')
  await page.getByLabel('until').fill('2001-02-04T04:05')
  await page.getByText('No entry matches all filters.').waitFor()
  await page.getByRole('button', { name: 'Show all entries' }).click()
  await row.waitFor()
  await page.locator('.list-rows').focus()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await panel('Proof').waitFor()
})

const alarm = () => panel('Proof').getByRole('alert').textContent()

/** Answers of the API for one entry, changed on their way. */
async function answerChanged(id: string, change: (entry: Record<string, unknown>) => Record<string, unknown>) {
  await page.route(`**/api/v1/entries/${id}`, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: change(await response.json()) })
  })
}

const lineChanged = (proof: string, line: number) =>
  proof
    .split('\n')
    .map((text, at) => (at === line ? `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}` : text))
    .join('\n')

whole.each([
  ['the actor of the entry', (entry: Record<string, unknown>) => ({ ...entry, actor: 'adm_AAAAAAAAAAAAAAAAAAAAAA' })],
  ['the details of the entry', (entry: Record<string, unknown>) => ({ ...entry, details: { role: 'auditor' } })],
  ['a hash of the proof', (entry: Record<string, unknown>) => ({ ...entry, proof: lineChanged(`${entry.proof}`, 3) })],
  [
    'the size in the checkpoint',
    (entry: Record<string, unknown>) => ({
      ...entry,
      proof: `${entry.proof}`.replace(/\n(\d+)\n(?=.{44}\n\n)/, '\n9$1\n'),
    }),
  ],
])('%s was changed on its way: the proof is red', async (_what, change) => {
  const { id } = await provedEntry()
  await answerChanged(id, change)
  await console.open(`/entries/${id}`)
  expect(await alarm()).toContain(WRONG)
  expect(await panel('Proof').getByText(VERIFIED).count()).toBe(0)
  expect(await console.faults(['light'])).toEqual([])
})

whole('hostile texts of an entry are text, spelled out, and fit a phone', async () => {
  const { id } = await provedEntry()
  const hostile = `<img src=x onerror=alert(1)>\u202eevil\u2066 ${'W'.repeat(400)}`
  await answerChanged(id, (entry) => ({
    ...entry,
    actorName: hostile,
    before: { name: hostile },
    after: { name: [hostile, { [hostile]: hostile }] },
    details: { [hostile]: hostile },
  }))
  await console.open(`/entries/${id}`)
  expect(await alarm()).toContain('another before than the log has')
  expect(await panel('What was done').textContent()).toContain('<img src=x onerror=alert(1)>U+202Eevil')
  expect(await page.locator('main img, main script').count()).toBe(0)
  expect(await console.faults(TWO_LOOKS)).toEqual([])
})

whole('a log that went back since this browser saw it is red', async () => {
  const before = await checkpointNow()
  await add()
  const { id } = await waitFor('a newer checkpoint', provedEntry, { until: ({ proof }) => !proof.includes(before) })
  await console.open(`/entries/${id}`)
  await panel('Proof').getByText(VERIFIED).waitFor()
  await page.route('**/tlog/checkpoint', (route) => route.fulfill({ body: before, contentType: 'text/plain' }))
  await console.open('/log')
  const region = panel('The log')
  expect(await region.getByRole('alert').textContent()).toContain('The log went back')
  expect(await region.getByRole('alert').textContent()).toContain('LOG_INCONSISTENT')
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await page.unrouteAll({ behavior: 'wait' })
  await region.getByRole('button', { name: 'Verify again' }).click()
  await region.getByText('nothing was lost since').waitFor()
  expect(await region.textContent()).toContain('it continues it')
})

whole('a log with another key than before is red until a person follows it', async () => {
  await console.open('/log')
  await panel('The log').getByText('Signed by its key').waitFor()
  await page.evaluate(`{
    const kept = JSON.parse(localStorage.getItem('surety-log'))
    localStorage.setItem('surety-log', JSON.stringify({ ...kept, key: 'another+00000000+AAAA' }))
  }`)
  await console.open('/log')
  expect(await panel('The log').getByRole('alert').textContent()).toContain('LOG_UNKNOWN')
  await page.getByRole('button', { name: 'Follow the new log' }).click()
  await panel('The log').getByText('Signed by its key').waitFor()
})

whole('tiles of another log than before are red', async () => {
  await console.open('/log')
  await panel('The log').getByText('Signed by its key').waitFor()
  const before = await checkpointNow()
  await add()
  await waitFor('a newer checkpoint', checkpointNow, { until: (note) => note !== before })
  await page.route('**/tlog/tile/**', (route) => route.fulfill({ body: Buffer.alloc(8192, 7) }))
  await console.open('/log')
  expect(await panel('The log').getByRole('alert').textContent()).toContain('other entries than before')
})

whole('a log that does not answer is neither green nor red', async () => {
  const { id } = await provedEntry()
  await page.route('**/tlog/checkpoint', (route) => route.fulfill({ status: 503, json: {} }))
  await console.open(`/entries/${id}`)
  expect(await alarm()).toContain('Not verified.')
  expect(await panel('Proof').getByText(WRONG).count()).toBe(0)
  expect(await panel('Proof').getByText(VERIFIED).count()).toBe(0)
  expect(console.trouble()).toEqual([expect.stringContaining('503')])
})

whole('entries are saved as OCSF and CSV, oldest first, with the checkpoint', async () => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await console.open('/entries?act=invited')
  await page.locator('tbody tr[data-index="0"]').waitFor()
  const [ocsf] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'OCSF' }).click()])
  expect(ocsf.suggestedFilename()).toBe('entries.ocsf.jsonl')
  const events = readFileSync(await ocsf.path(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const codes = events.map(({ metadata }) => metadata.event_code)
  expect(codes.length).toBeGreaterThan(2)
  expect(codes).toEqual([...Array(codes.length - 1).fill('invited'), 'export-ended'])
  const times = events.map(({ time }) => time)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect(events.at(-1).unmapped).toEqual({ entries: codes.length - 1, checkpoint: expect.stringContaining('\n') })
  const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  const [heading, ...lines] = readFileSync(await csv.path(), 'utf8').split('\r\n')
  expect(heading).toMatch(/^index,id,time,kind,by,/)
  expect(lines.filter((line) => line.includes(',invited,'))).toHaveLength(codes.length - 1)
})

whole('a cosignature is verified with the key that a person gave', async () => {
  const witness = madeKey('witness.example.org/w1', 'cosignature')
  const { name, keyId } = witness.key
  await page.route('**/api/v1/entries/log', async (route) => {
    const response = await route.fetch()
    const log = await response.json()
    const signature = await witness.signer.sign(parseNote(log.checkpoint).text)
    await route.fulfill({
      response,
      json: { ...log, cosigned: log.checkpoint + signatureLine({ name, keyId, signature }) },
    })
  })
  const asked = { id: name, url: 'https://witness.example.org', size: 7, behind: 3, problem: 'status 422' }
  await page.route('**/api/v1/record-witnesses', (route) => route.fulfill({ json: { items: [asked] } }))
  await console.open('/log')
  expect(await panel('Witnesses that the directory asks').textContent()).toContain('73–status 422')
  const region = page.getByRole('region', { name: 'Witnesses', exact: true })
  await region.getByText('not verified here').waitFor()
  const keys = region.getByLabel('Public keys of witnesses')
  await keys.fill('witness.example.org/w1+00000000+AAAA')
  await region.getByRole('button', { name: 'Verify with these' }).click()
  await region.locator('.mistake').waitFor()
  const other = formatNoteKey(madeKey('witness.example.org/w2', 'cosignature').key)
  await keys.fill(`${formatNoteKey(witness.key)}\n${other}`)
  await region.getByRole('button', { name: 'Verify with these' }).click()
  await region.getByText('verified here').waitFor()
  expect(await region.textContent()).toContain('witness.example.org/w2 has not cosigned.')
  expect(await console.faults(TWO_LOOKS)).toEqual([])
})

whole('an event leads to its entry, and so does what happened on a device', async () => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await console.open('/events?kind=invited')
  await page.locator('tbody tr[data-index="0"] a').first().click()
  const row = page.locator('tbody tr[data-index="0"] a[href^="/entries/ent_"]')
  await row.waitFor()
  expect(new URL(page.url()).searchParams.get('act')).toBe('invited')
  expect(await page.locator('tbody tr[data-index]').count()).toBe(1)
  const { items } = await served.api('GET', '/entries?act=verdict-changed&limit=1')
  const [{ device }] = items as readonly [{ readonly device: string }]
  await console.open(`/devices/${device}`)
  await page.getByRole('link', { name: 'in the record' }).first().click()
  await row.waitFor()
  expect(new URL(page.url()).searchParams.get('device')).toBe(device)
})

whole('who may not read the record sees neither its pages nor an entry', async () => {
  const { id } = await provedEntry()
  await using viewer = await openConsole(chromium, await served.invite('only-views', 'viewer'))
  expect(await viewer.page.locator('nav[aria-label="Pages"] a[href="/entries"]').count()).toBe(0)
  for (const path of ['/entries', '/log']) {
    await viewer.open(path)
    expect(await viewer.page.locator('main').textContent()).toContain('There is no such page.')
  }
  await viewer.page.goto(new URL(`/entries/${id}`, viewer.page.url()).href)
  expect(await viewer.page.locator('main').getByRole('alert').textContent()).toContain('NOT_PERMITTED')
  await using auditor = await openConsole(chromium, await served.invite('audits', 'auditor'))
  await auditor.open(`/entries/${id}`)
  await auditor.page.getByText(VERIFIED).waitFor()
})
