import { SuretyError } from '../../base/errors.ts'
import { foldName } from '../../base/text/fold-name.ts'
import type { ConfigurationSpecs } from '../../protocol/nouns/directory/configuration.ts'
import type { Departures } from '../humans/departures.ts'
import type { GroupStore } from '../humans/group-store.ts'
import type { Groups } from '../humans/groups.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import type { Humans } from '../humans/humans.ts'
import type { ServiceAccountStore } from '../humans/service-account-store.ts'
import { type ServiceAccounts, statusAt } from '../humans/service-accounts.ts'
import { type Kind, kindOf, type Present, sorted, withoutAbsent } from './kind.ts'
import { personNames } from './person-names.ts'
import { normalTime, timeOf, timeText } from './times.ts'

export interface PeopleKindsComponents {
  readonly store: {
    readonly humans: HumanStore
    readonly groups: GroupStore
    readonly serviceAccounts: ServiceAccountStore
  }
  readonly clock: { now(): number }
  readonly humans: Humans
  readonly departures: Departures
  readonly groups: Groups
  readonly serviceAccounts: ServiceAccounts
}

const AT_ONCE = 500
const BY_SCIM = 'the identity provider keeps them: they come by SCIM'

/** People, their groups, and service accounts. */
export function peopleKinds(components: PeopleKindsComponents): readonly Kind[] {
  return [personKind(components), groupKind(components), serviceAccountKind(components)]
}

function personKind({ store, humans, departures }: PeopleKindsComponents): Kind {
  type Person = ConfigurationSpecs['person']
  return kindOf('person', {
    reads: 'view',
    changes: 'identify',
    keyOf: foldName,
    async read() {
      const names = personNames(store.humans)
      const items: Present<Person>[] = []
      const count = { scim: 0, deactivated: 0 }
      for (let after = 0; ; ) {
        const page = await store.humans.page({ after, limit: AT_ONCE })
        for (const human of page) {
          const { id, userName, displayName, email, manager, origin, status } = human
          if (status === 'deactivated') count.deactivated++
          else if (origin === 'scim') count.scim++
          else {
            const spec = withoutAbsent<Person>({
              displayName: displayName === userName ? undefined : displayName,
              email,
              manager: await names.ofId(manager),
            })
            items.push({ key: foldName(userName), name: userName, id, spec })
          }
        }
        const last = page.at(-1)
        if (last === undefined || page.length < AT_ONCE) break
        after = last.number
      }
      const leftOut = [
        { count: count.scim, why: BY_SCIM },
        { count: count.deactivated, why: 'they are deactivated' },
      ]
      return { items, leftOut }
    },
    async normal(name, { displayName, email, manager }) {
      const names = personNames(store.humans)
      return withoutAbsent<Person>({
        displayName: displayName === name ? undefined : displayName,
        email,
        manager: manager === undefined ? undefined : await names.ofText(manager),
      })
    },
    async create(name, spec, { by, reason }) {
      const present = await store.humans.byName(name)
      if (present === undefined) {
        await humans.add({ ...spec, userName: name }, by)
        return
      }
      if (present.origin === 'scim') throw ofScim('person', name)
      await humans.reactivate(present.id, reason, by)
      await humans.change(present.id, personChange(present, spec), by)
    },
    async change({ id, name }, spec, changed, { by }) {
      const all = personChange({ userName: name }, spec)
      await humans.change(id, pick(all, changed), by)
    },
    async remove({ id }, { by, reason }) {
      await departures.deactivate(id, by, { reason })
    },
    removal: { verb: 'deactivate', result: 'their agents and service accounts go to successors who accepted, or end' },
  })
}

function personChange(
  { userName }: Pick<Human, 'userName'>,
  { displayName = userName, email, manager }: ConfigurationSpecs['person'],
) {
  return { displayName, email: email ?? null, manager: manager ?? null }
}

function groupKind({ store, groups }: PeopleKindsComponents): Kind {
  type Group = ConfigurationSpecs['group']
  return kindOf('group', {
    reads: 'view',
    changes: 'identify',
    keyOf: foldName,
    async read() {
      const names = personNames(store.humans)
      const items: Present<Group>[] = []
      let scim = 0
      let cursor: string | undefined
      do {
        const page = await store.groups.list({ limit: AT_ONCE, cursor })
        for (const { id, name, origin } of page.items) {
          if (origin === 'scim') scim++
          else {
            const members: string[] = []
            for (const member of await store.groups.membersOf(id)) {
              const userName = await names.ofId(member)
              if (userName !== undefined) members.push(userName)
            }
            items.push({ key: foldName(name), name, id, spec: { members: sorted(members) } })
          }
        }
        cursor = page.next
      } while (cursor !== undefined)
      return { items, leftOut: [{ count: scim, why: BY_SCIM }] }
    },
    async normal(_name, { members }) {
      const names = personNames(store.humans)
      const named: string[] = []
      for (const member of members) named.push(await names.ofText(member))
      return { members: sorted(named) }
    },
    async create(name, { members }, { by }) {
      if ((await store.groups.byName(name))?.origin === 'scim') throw ofScim('group', name)
      const { id } = await groups.add({ name }, by)
      if (members.length > 0) await groups.change(id, { add: members }, by)
    },
    async change({ id, spec: { members: before } }, { members }, _changed, { by }) {
      const add = members.filter((member) => !before.includes(member))
      const remove = before.filter((member) => !members.includes(member))
      await groups.change(id, { add, remove }, by)
    },
    async remove({ id }, { by }) {
      await groups.remove(id, by)
    },
    removal: { verb: 'remove', result: 'its members stay' },
  })
}

function serviceAccountKind({ store, clock, serviceAccounts }: PeopleKindsComponents): Kind {
  type ServiceAccount = ConfigurationSpecs['service-account']
  return kindOf('service-account', {
    reads: 'view',
    changes: 'identify',
    keyOf: foldName,
    async read() {
      const now = clock.now()
      const names = personNames(store.humans)
      const items: Present<ServiceAccount>[] = []
      let ended = 0
      let cursor: string | undefined
      do {
        const page = await store.serviceAccounts.list({ limit: AT_ONCE, cursor }, now)
        for (const account of page.items) {
          const owner = await names.ofId(account.owner)
          if (owner === undefined || statusAt(account, now) === 'ended') ended++
          else {
            const { id, name, purpose, successor, expiresAt } = account
            const spec = withoutAbsent<ServiceAccount>({
              owner,
              purpose,
              successor: await names.ofId(successor),
              expiresAt: timeText(expiresAt),
            })
            items.push({ key: foldName(name), name, id, spec })
          }
        }
        cursor = page.next
      } while (cursor !== undefined)
      return { items, leftOut: [{ count: ended, why: 'they have ended' }] }
    },
    async normal(_name, { owner, successor, ...spec }) {
      const names = personNames(store.humans)
      return withoutAbsent<ServiceAccount>({
        ...spec,
        owner: await names.ofText(owner),
        successor: successor === undefined ? undefined : await names.ofText(successor),
        expiresAt: normalTime(spec.expiresAt),
      })
    },
    async create(name, spec, { by }) {
      await serviceAccounts.add({ ...spec, name, expiresAt: timeOf(spec.expiresAt) }, by)
    },
    async change({ id }, { successor = null, ...spec }, changed, { by }) {
      const all = { ...spec, successor, expiresAt: timeOf(spec.expiresAt) }
      await serviceAccounts.change(id, pick(all, changed), by)
    },
    async remove({ id }, { by, reason }) {
      await serviceAccounts.end(id, reason, by)
    },
    removal: { verb: 'end' },
  })
}

function ofScim(kind: string, name: string): SuretyError {
  return new SuretyError(
    'CONFLICT',
    `the ${kind} ${JSON.stringify(name)} comes by SCIM: change it at the identity provider, and leave this document out`,
  )
}

/** The members with these names. */
export function pick<T extends object>(all: T, names: ReadonlySet<string>): Partial<T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name))) as Partial<T>
}
