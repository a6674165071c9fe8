import { utf8 } from '../../base/bytes.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { RegistrationCriteria } from '../../protocol/nouns/agents/registration-criteria.ts'
import type { MatchSelector, StopSelector } from '../../protocol/stop.ts'
import type { DevicePage, People, ReachQueries, StopTarget } from './stop-store.ts'

/** What a stop by a registration, a person or a group comes to: on which devices, and what each of them selects by. */

export interface ReachStore {
  readonly stopReach: ReachQueries
  readonly registrations: { get(id: string): Promise<{ readonly criteria: RegistrationCriteria } | undefined> }
  readonly humans: {
    /** Also one who was deleted. */
    get(id: string): Promise<{ readonly userName: string; readonly email?: string | undefined } | undefined>
    named(text: string): Promise<{ readonly id: string } | undefined>
  }
}

export interface Reach {
  /** Only devices that the register names are in scope. */
  readonly isNarrow: boolean
  /** Items of the catalogue that it selects, where all agents of these are in scope. */
  readonly products?: readonly string[] | undefined
  /** Active devices that may be in scope, by id. */
  devices(page: DevicePage): Promise<readonly string[]>
  /** Undefined: the stop does not concern this device. */
  on(device: string): Promise<StopSelector | undefined>
}

/** Undefined for a selector that needs nothing of the register. */
export async function reachOf(store: ReachStore, { kind, selector }: StopTarget): Promise<Reach | undefined> {
  const { registration, human, group, device } = selector
  const ofPeople = kind === 'retire' ? reachOfAccounts : reachOfPeople
  const reach =
    registration !== undefined
      ? await reachOfRegistration(store, registration)
      : human !== undefined
        ? ofPeople(store, { human })
        : group !== undefined
          ? ofPeople(store, { group })
          : undefined
  return reach === undefined || device === undefined ? reach : onlyOn(reach, device)
}

function onlyOn(reach: Reach, only: string): Reach {
  return {
    isNarrow: true,
    devices: async ({ after }) => (only > after ? [only] : []),
    on: async (device) => (device === only ? await reach.on(device) : undefined),
  }
}

/** Confirmed accounts only: who owns a device is not who uses it, and what was ended does not come back. */
function reachOfAccounts({ stopReach }: ReachStore, people: People): Reach {
  const usersOn = confirmedUsersOf(stopReach, people)
  return {
    isNarrow: true,
    devices: (page) => stopReach.devicesWithAccounts(people, page),
    async on(device) {
      const users = await usersOn(device)
      return users === undefined ? undefined : selectorOf({ users })
    },
  }
}

function confirmedUsersOf(
  queries: ReachQueries,
  people: People,
): (device: string) => Promise<readonly string[] | undefined> {
  return async (device) => {
    const users = (await queries.ownerOf(device)) === undefined ? [] : await queries.usersOn(device, people)
    return users.length === 0 ? undefined : users
  }
}

/** Their confirmed accounts, and every agent of a device that they own. */
function reachOfPeople(store: ReachStore, people: People): Reach {
  const usersOn = usersOf(store, people)
  return {
    isNarrow: true,
    devices: (page) => store.stopReach.devicesOf(people, page),
    async on(device) {
      const users = await usersOn(device)
      return users === undefined ? undefined : selectorOf({ users })
    },
  }
}

type Users = readonly string[] | 'all'

/** @returns undefined for a device on which they have no account. */
function usersOf({ stopReach, humans }: ReachStore, people: People): (device: string) => Promise<Users | undefined> {
  const owns = async (owner: string) => {
    const id = (await humans.named(owner))?.id
    if ('group' in people) return id !== undefined && (await stopReach.isMember(people.group, id))
    // What a human left behind is still theirs: a stop must not end because they were deleted.
    return id === undefined ? goesBy(await humans.get(people.human), owner) : id === people.human
  }
  return async (device) => {
    const owner = await stopReach.ownerOf(device)
    if (owner === undefined) return undefined
    if (await owns(owner)) return 'all'
    const users = await stopReach.usersOn(device, people)
    return users.length === 0 ? undefined : users
  }
}

function goesBy(human: Awaited<ReturnType<ReachStore['humans']['get']>>, text: string): boolean {
  const key = foldedName(text)
  return human !== undefined && key !== undefined && [human.userName, human.email ?? ''].map(foldedName).includes(key)
}

async function reachOfRegistration(store: ReachStore, id: string): Promise<Reach> {
  const criteria = (await store.registrations.get(id))?.criteria
  if (criteria === undefined) return { isNarrow: true, devices: async () => [], on: async () => undefined }
  const { device, human, signers, mcpServers } = criteria
  const usersOn = human === undefined ? () => 'all' as const : confirmedUsersOf(store.stopReach, { human })
  // A device cannot tell who signed a program, nor which MCP servers an agent uses: there it is what was seen that counts.
  const bySeen = signers !== undefined || mcpServers !== undefined
  const reach: Reach = {
    isNarrow: human !== undefined || bySeen,
    products: human === undefined && !bySeen ? criteria.products : undefined,
    devices: async (page) =>
      bySeen
        ? await store.stopReach.devicesWith(id, page)
        : human === undefined
          ? await store.stopReach.activeAfter(page)
          : await store.stopReach.devicesWithAccounts({ human }, page),
    async on(onDevice) {
      const users = await usersOn(onDevice)
      if (users === undefined) return undefined
      if (!bySeen) return selectorOf({ ...criteria, users })
      const seen = await store.stopReach.seenOn(onDevice, id)
      const narrowed = ofSeen(seen, users)
      return seen.length === 0 || narrowed.users.length === 0 ? undefined : selectorOf({ ...criteria, ...narrowed })
    },
  }
  return device === undefined ? reach : onlyOn(reach, device)
}

function ofSeen(seen: Awaited<ReturnType<ReachQueries['seenOn']>>, users: Users): { products: string[]; users: Users } {
  const seenUsers = seen.flatMap(({ user }) => user ?? [])
  const mayBe = (user: string) => users === 'all' || users.includes(user)
  return {
    products: seen.map(({ item }) => item),
    // One of no user could be of any.
    users: seenUsers.length < seen.length ? users : seenUsers.filter(mayBe),
  }
}

type Selected = Pick<RegistrationCriteria, 'products' | 'executables' | 'packages' | 'workspaces'> & {
  readonly users: Users
}

const MOST = 16

/**
 * The simplest selector that says it. A list that is too long selects more, never less, and so do users for whom there is no room.
 * A selector that is too large without them is no order: the device counts as failed.
 */
function selectorOf({ products, users, executables, packages, workspaces }: Selected): StopSelector {
  const given: Omit<MatchSelector, 'select'> = {
    ...listed('products', products?.map(productOf)),
    ...listed('users', users === 'all' ? undefined : users),
    ...listed('executables', executables),
    ...listed('packages', packages),
    ...listed('workspaces', workspaces),
  }
  const members = Object.keys(given)
  if (members.length === 0) return { select: 'all' }
  const [product, ...moreProducts] = given.products ?? []
  const [user, ...moreUsers] = given.users ?? []
  if (members.length === 1 && product !== undefined && moreProducts.length === 0) return { select: 'product', product }
  if (members.length === 1 && user !== undefined && moreUsers.length === 0) return { select: 'user', user }
  const selector = { select: 'match', ...given } as const
  if (user === undefined || utf8(JSON.stringify(selector)).length <= LIMITS.selectorBytes) return selector
  return selectorOf({ ...given, users: 'all' })
}

function listed<K extends string>(name: K, items: readonly string[] | undefined): { [key in K]?: string[] } {
  const different = [...new Set(items)]
  if (items === undefined || different.length === 0 || different.length > MOST) return {}
  // The compiler widens a computed name to `string`.
  return { [name]: different } as { [key in K]?: string[] }
}

const UNKNOWN = 'unknown/'

/** As a device names it: an agent that no catalogue knows has its name alone. */
export function productOf(item: string): string {
  return (item.startsWith(UNKNOWN) ? item.slice(UNKNOWN.length) : item).slice(0, 64)
}
