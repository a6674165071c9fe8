import type { Browser } from 'playwright-core'
import type { ActionView } from '../../src/protocol/nouns/agents/actions.ts'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { LOOKS, type LookName, openConsole } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'

/** What an agent asked its gate for, on its page and in the list. */

const whole = inChromium('actions in the console')
const EVERY_LOOK = Object.keys(LOOKS) as readonly LookName[] // of the very names
const PANEL = 'What it asked for'

let served: ServedDemonstration
let chromium: Browser
let denied: ActionView

beforeAll(async () => {
  if (whole !== test) return
  served = await serveDemonstration({ devices: 40 })
  chromium = await launchChromium()
  const { items } = await served.api('GET', '/actions?decision=denied&limit=100')
  const found = (items as readonly ActionView[]).find(({ seen }) => seen !== undefined) // as the API describes them
  if (found === undefined) throw new Error('the demonstration has no denied action of a seen agent')
  denied = found
})
afterAll(async () => {
  await chromium?.close()
  await served?.[Symbol.asyncDispose]()
})

whole('the page of an agent has its actions by session, and by decision', async () => {
  await using console = await openConsole(chromium, await served.invite('an-auditor', 'auditor'))
  await console.open(`/inbox/${denied.seen}`)
  const panel = console.page.getByRole('region', { name: PANEL })
  const { items } = await served.api('GET', `/actions?agent=${denied.seen}&limit=100`)
  const actions = items as readonly ActionView[] // as the API describes them
  expect(await panel.locator('tbody tr').count()).toBe(actions.length)
  expect(await panel.getByRole('heading', { level: 3 }).count()).toBe(
    new Set(actions.map(({ session }) => session)).size,
  )
  await panel.getByRole('combobox', { name: 'decision' }).selectOption('denied')
  await console.settle()
  const rows = panel.locator('tbody tr')
  expect(await rows.count()).toBe(actions.filter(({ decision }) => decision === 'denied').length)
  expect(await rows.first().textContent()).toContain(denied.rules.join(', '))
  await panel.getByRole('combobox', { name: 'decision' }).selectOption('expired')
  await panel.getByText('None was expired.').waitFor()
  await panel.getByRole('combobox', { name: 'decision' }).selectOption('')
  await console.settle()
  expect(await console.faults(EVERY_LOOK)).toEqual([])
})

whole('the list links each action to its page', async () => {
  await using console = await openConsole(chromium, await served.invite('an-operator', 'operator'))
  await console.open('/actions?decision=denied')
  expect(await console.faults(EVERY_LOOK)).toEqual([])
  await console.open(`/actions/${denied.id}`)
  await console.page.getByText(denied.hash).waitFor()
  expect(await console.faults(EVERY_LOOK)).toEqual([])
})

whole('a viewer sees the agent, and nothing of its actions', async () => {
  await using console = await openConsole(chromium, await served.invite('a-viewer', 'viewer'))
  await console.open(`/inbox/${denied.seen}`)
  expect(await console.page.getByRole('region', { name: 'Who answers, as a table' }).count()).toBe(1)
  expect(await console.page.getByRole('region', { name: PANEL }).count()).toBe(0)
  expect(await console.trouble()).toEqual([])
})
