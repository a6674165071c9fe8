import type { AdministratorRole } from '../../../protocol/noun/permissions.ts'
import { DAY_MS, HISTORY_MS, HOUR_MS, MINUTE_MS } from '../company/devices.ts'
import { DEPARTMENTS } from '../company/names.ts'
import { administratorOf, type HistoryParts, humanOf, POSTS, type Post } from './history-parts.ts'

const ROLES: Readonly<Record<Post, AdministratorRole>> = {
  lead: 'administrator',
  second: 'administrator',
  operator: 'operator',
  auditor: 'auditor',
  viewer: 'viewer',
}
const YEAR_MS = 366 * DAY_MS

/** The people of the company, who administers, and who left. */
export function planPeople(parts: HistoryParts): void {
  const { timeline, now, people, services, known } = parts
  const start = now - HISTORY_MS
  timeline.act(start + MINUTE_MS, async () => {
    for (const [at, post] of POSTS.entries()) {
      const name = people[at]?.userName ?? post
      const request = { kind: 'administrator' as const, name, role: ROLES[post], ttlMs: YEAR_MS }
      const { principal } = await services.principals.add(request, 'local')
      known.administrators.set(post, { id: principal.id, name, kind: 'administrator', role: ROLES[post] })
    }
    for (const [name, role] of [
      ['identity-provider', 'provision'],
      ['vpn-gateway', 'decide'],
      ['dashboard', 'read'],
    ] as const) {
      await services.principals.add({ kind: 'service', name, role, ttlMs: YEAR_MS }, administratorOf(parts, 'lead').id)
    }
  })
  for (const at of people.keys()) timeline.report(start + 10 * MINUTE_MS + at, () => addPerson(parts, at))
  timeline.act(start + HOUR_MS, () => addGroups(parts))
  for (const days of [21, 7]) timeline.act(now - days * DAY_MS, () => confirmAccounts(parts))
  timeline.act(start + 3 * HOUR_MS, () => addServiceAccounts(parts))
  // Nobody who has a post, and nobody of the first, who own what the others see.
  const leavers = people.length > 40 ? [people.length - 1, people.length - 7, 33] : []
  for (const [index, at] of leavers.entries()) {
    timeline.act(now - (4 + 5 * index) * DAY_MS, async () => {
      await services.departures.deactivate(humanOf(parts, at), administratorOf(parts, 'lead'), {
        reason: 'left the company',
      })
      await parts.settle()
    })
  }
}

async function addPerson(parts: HistoryParts, at: number): Promise<void> {
  const { services, people, known } = parts
  const person = people[at]
  if (person === undefined) return
  const { userName, displayName, email, manager } = person
  const above = manager === undefined ? {} : { manager: humanOf(parts, manager) }
  const request = { userName, displayName, email, origin: 'scim' as const, externalId: `demo-${at}`, ...above }
  const { human } = await services.humans.add(request, administratorOf(parts, 'lead'))
  known.humans.set(at, human.id)
}

async function addGroups(parts: HistoryParts): Promise<void> {
  const { services, people } = parts
  const by = administratorOf(parts, 'lead')
  for (const department of DEPARTMENTS) {
    const members = [...people.keys()].filter((at) => people[at]?.department === department)
    if (members.length === 0) continue
    const group = await services.groups.add({ name: department.name }, by)
    const add = members.map((at) => humanOf(parts, at))
    for (let from = 0; from < add.length; from += 500) {
      await services.groups.change(group.id, { add: add.slice(from, from + 500) }, by)
    }
  }
}

async function confirmAccounts(parts: HistoryParts): Promise<void> {
  const by = administratorOf(parts, 'operator')
  while ((await parts.services.accounts.confirmProposed(undefined, by)).more);
  await parts.settle()
}

const SERVICE_ACCOUNTS = [
  ['nightly-build', 'builds and signs releases', 90],
  ['ticket-triage', 'sorts tickets of customers', 40],
  ['report-mailer', 'sends the weekly report', 12],
] as const

async function addServiceAccounts(parts: HistoryParts): Promise<void> {
  const { services, now } = parts
  for (const [at, [name, purpose, days]] of SERVICE_ACCOUNTS.entries()) {
    const owner = humanOf(parts, at)
    await services.serviceAccounts.add(
      { name, purpose, owner, expiresAt: now + days * DAY_MS },
      administratorOf(parts, 'lead'),
    )
  }
}
