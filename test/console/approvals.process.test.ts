import type { Browser, Page } from 'playwright-core'
import { readConsoleFiles } from '../../src/directory/console/read-console-files.ts'
import type { Principal } from '../../src/protocol/noun/permissions.ts'
import { approvalWorld } from '../directory/approvals/approval-fixture.ts'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { builtConsole } from '../support/console/built-console.ts'
import { openConsole, TWO_LOOKS } from '../support/console/console-page.ts'
import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../support/directory/test-console.ts'
import { waitFor } from '../support/wait-for.ts'

/** People decide about actions in a real browser, with a passkey that it keeps. */

const whole = inChromium('approvals in the console')

const ROOT: Principal = { id: 'adm_root', kind: 'administrator', name: 'root', role: 'administrator' }

let chromium: Browser
let directory: TestDirectory
let served: TestConsole
let world: Awaited<ReturnType<typeof approvalWorld>>

beforeAll(async () => {
  if (whole !== test) return
  chromium = await launchChromium()
})
afterAll(() => chromium?.close())
beforeEach(async () => {
  if (whole !== test) return
  directory = await startTestDirectory()
  world = await approvalWorld(directory)
  served = await startTestConsole(directory, { files: readConsoleFiles(builtConsole()) })
})
afterEach(async () => {
  await served?.[Symbol.asyncDispose]()
  await directory?.[Symbol.asyncDispose]()
})

const operator = async (name = 'olga') =>
  (await directory.services.signIn.invitations.inviteAdministrator({ name, role: 'operator' }, ROOT)).link
const wanted = (command: string) => world.asked({ approvers: ['approver'], action: { arguments: { command } } })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const becomes = (id: string, state: string) =>
  waitFor(`the action to be ${state}`, () => world.state(id), { until: (now) => now === state })

whole('an action is approved with a passkey, and the next denied by a key', async () => {
  await using console = await openConsole(chromium, await operator())
  const { page } = console
  await console.open('/approvals')
  await page.getByText('No action waits.').waitFor()
  const first = await wanted('git push --force origin main')
  await page.getByRole('heading', { name: 'Bash of ada' }).waitFor()
  await page.getByText('it replaces commits of others').waitFor()
  const second = await wanted('rm -rf build')
  await page.locator('.triage-row').nth(1).waitFor()
  await button(page, /^Approve with passkey/).click()
  await becomes(first.id, 'approved')
  await page.getByText('rm -rf build').last().waitFor()
  await page.keyboard.press('d')
  await becomes(second.id, 'denied')
  await page.getByText('No action waits.').waitFor()
  expect(world.decisions().map(({ approval, outcome, by }) => [approval, outcome, by])).toEqual([
    [first.id, 'approved', 'olga'],
    [second.id, 'denied', 'olga'],
  ])
  expect(console.trouble()).toEqual([])
})

whole('a link leads to the page of one action, where a key approves it', async () => {
  const { id } = await wanted('make deploy')
  await using console = await openConsole(chromium, await operator())
  const { page } = console
  await console.open(`/approvals/${id}`)
  await page.getByRole('heading', { name: /^Bash of ada on / }).waitFor()
  await page.keyboard.press('a')
  await becomes(id, 'approved')
  await page.getByText('approved', { exact: true }).waitFor()
  expect(await button(page, /^Approve/).count()).toBe(0)
})

whole('an action that another person decided meanwhile cannot be approved', async () => {
  const { id } = await wanted('make deploy')
  await using console = await openConsole(chromium, await operator())
  const { page } = console
  await console.open(`/approvals/${id}`)
  await button(page, /^Approve with passkey/).waitFor()
  await directory.services.approvals.deny(id, 'not today', await world.administrator('operator', 'oscar'))
  await page.getByText('not today').waitFor()
  await page.keyboard.press('a')
  expect(await button(page, /^Approve/).count()).toBe(0)
  expect(await world.state(id)).toBe('denied')
})

whole('what a directory refuses is shown, and the action still waits', async () => {
  const { id } = await world.asked({ approvers: ['approver'] })
  // The name of the administrator is that of the person whose account runs the agent.
  await world.api.confirm(world.device, (await world.api.human('ada')).id)
  await using console = await openConsole(chromium, await operator('ada'))
  const { page } = console
  await console.open(`/approvals/${id}`)
  await button(page, /^Approve with passkey/).click()
  await page.getByText('it is your own agent: another person has to approve it').waitFor()
  expect(await world.state(id)).toBe('pending')
})

whole('what an agent writes is text, and characters that cannot be seen are spelled out', async () => {
  const { id } = await wanted('echo \u202esafe\u0007 <img src=x onerror=alert(1)>\nrm -rf /')
  await using console = await openConsole(chromium, await operator())
  const { page } = console
  await console.open(`/approvals/${id}`)
  await page.getByText('U+202E').first().waitFor()
  await page.getByText('U+0007').first().waitFor()
  await page.getByText('<img src=x onerror=alert(1)>').first().waitFor()
  expect(await page.locator('main img').count()).toBe(0)
  expect(await console.faults(TWO_LOOKS)).toEqual([])
})

whole('the list is without faults', async () => {
  for (const command of ['git push', 'git push', `curl ${'x'.repeat(300)}`, 'ls']) await wanted(command)
  await using console = await openConsole(chromium, await operator())
  await console.open('/approvals')
  await console.page.getByText('2 equal', { exact: true }).waitFor()
  expect(await console.faults(TWO_LOOKS)).toEqual([])
})

whole('the owner of an agent, who has no role, sees and approves it with a passkey', async () => {
  const ada = await world.api.human('ada')
  await world.api.confirm(world.device, ada.id)
  await world.register(ada.id)
  const { id } = await world.asked()
  const { link } = await directory.services.signIn.invitations.invitePerson(ada.id, ROOT)
  await using console = await openConsole(chromium, link)
  const { page } = console
  await console.open('/approvals')
  await page.getByRole('heading', { name: 'Bash of ada' }).waitFor()
  expect(await page.locator('main a[href^="/devices/"]').count()).toBe(0)
  expect(await console.faults(TWO_LOOKS)).toEqual([])
  await page.keyboard.press('a')
  await becomes(id, 'approved')
  await page.getByText(/^You approved 100 % of your last 1 action/).waitFor()
  expect(world.decisions()).toMatchObject([{ approval: id, outcome: 'approved', by: 'ada' }])
})
