import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import type { AdministratorRole } from '../../src/protocol/noun/permissions.ts'
import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { LOOKS, type LookName, linksIn, openConsole, TWO_LOOKS } from '../support/console/console-page.ts'
import { type ServedDemonstration, serveDemonstration } from '../support/console/demonstration.ts'

/** Every page that the side lists, and one page of each kind below it, for each role of administration. */

const whole = inChromium('pages of the console')

let served: ServedDemonstration
let chromium: Browser

beforeAll(async () => {
  if (whole !== test) return
  served = await serveDemonstration({ devices: 60 })
  chromium = await launchChromium()
})
afterAll(async () => {
  await chromium?.close()
  await served?.[Symbol.asyncDispose]()
})

const EVERY_LOOK = Object.keys(LOOKS) as readonly LookName[] // of the very names
const SOURCE = readFileSync(new URL('../../src/console/pages/pages.tsx', import.meta.url), 'utf8')
/** Addresses of pages, with what stands for the name of an item cut off: `/devices` and `/devices/`. */
const DECLARED = [...SOURCE.matchAll(/path: '(\/[^:']*)[^']*'/g)]
  .map(([, path = '']) => path)
  // No device of the demonstration asks: the page of an approval is visited in approvals.process.test.ts.
  .filter((path) => path !== '/approvals/')

const invite = (role: AdministratorRole) => served.invite(`a-${role}`, role)

async function visitAll(link: string, looks: readonly LookName[]) {
  await using console = await openConsole(chromium, link)
  const faults: string[] = []
  const visited: string[] = []
  const visit = async (path: string) => {
    await console.open(path)
    if (!(await console.page.getByText('Demonstration data').isVisible())) faults.push(`${path}: looks real`)
    const below = await linksIn(console.page, `main a[href^="${path}/"]`)
    faults.push(...(await console.faults(looks)))
    return below
  }
  for (const path of await linksIn(console.page, 'nav[aria-label="Pages"] a')) {
    visited.push(path)
    const [item] = await visit(path)
    if (path === '/' || item === undefined) continue
    visited.push(`${path}/`)
    await visit(item)
  }
  return { faults, visited }
}

whole('an administrator has every page, dark and light, wide and on a phone', async () => {
  const { faults, visited } = await visitAll(await invite('administrator'), EVERY_LOOK)
  expect(faults).toEqual([])
  expect(visited).toEqual(expect.arrayContaining(DECLARED))
})

whole.each(['operator', 'viewer', 'auditor'] as const)(
  'an %s has pages that ask for nothing forbidden',
  async (role) => {
    const { faults, visited } = await visitAll(await invite(role), TWO_LOOKS)
    expect(faults).toEqual([])
    expect(visited).not.toContain('/webhooks') // Only who configures the directory has them.
  },
)

whole('a person without a role has what is theirs, and their settings', async () => {
  const { items } = await served.api('GET', '/humans?status=active&limit=1')
  const [person] = items as readonly { readonly id: string }[] // as the API describes them
  const { faults, visited } = await visitAll(await served.invitePerson(person?.id ?? ''), EVERY_LOOK)
  expect(faults).toEqual([])
  expect(visited).toEqual(['/mine', '/approvals', '/settings'])
})
