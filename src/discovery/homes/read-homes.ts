import type { Clock } from '../../base/clock.ts'
import type { ProcessTable } from '../../system/processes/process-table.ts'
import type { LocalUser } from '../../system/users/users.ts'
import { MAX_NAMED_PROFILES, type NamedProfilesComponents, profilesByUser } from '../browsers/named-profiles.ts'
import type { ProfilesWanted } from '../browsers/profile-rescan-queue.ts'
import { withBrowsers } from '../catalogue/built-in.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { DISCOVERY_TASKS, type DiscoveryTask } from '../files/scan-tasks.ts'
import type { HomeFindings, HomeReader } from './home-reader.ts'
import { hasReadableHome, servesModels } from './readable-homes.ts'
import type { WorkedIn } from './recent-workspaces.ts'

/** Which homes are read for what: all of them for everything, or some once more for one matter. */

export interface ReadHomesComponents extends NamedProfilesComponents {
  readonly homes: HomeReader
  readonly processes: Pick<ProcessTable, 'scan'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly workedIn: Pick<WorkedIn, 'of'>
}

export interface ReadHomesInit {
  readonly catalogue: Catalogue
  /** Whose rights we have. */
  readonly userId: string
  /** Homes read at once. */
  readonly parallel?: number
}

const PROFILE_TASKS: readonly DiscoveryTask[] = ['chromium', 'firefox']
/** What is looked for in the home of a model server. */
const SERVER_TASKS: readonly DiscoveryTask[] = ['runtimes']

/** Everything in the homes of `users`, some of them at once. Rejects only for `signal`. */
export async function readHomes(
  components: ReadHomesComponents,
  init: ReadHomesInit,
  users: readonly LocalUser[],
  { signal }: { readonly signal: AbortSignal },
): Promise<HomeFindings[]> {
  // An account with two names is read once.
  const isServer = servesModels(init.catalogue, init.userId)
  const homes = users.filter((user) => hasReadableHome(user, init.userId) || isServer(user))
  const queue = [...new Map(homes.map((user) => [`${user.id} ${user.home}`, user])).values()]
  const found: HomeFindings[] = []
  // That processes cannot be looked at is said where they are told.
  const processes = await components.processes.scan({ signal }).catch(() => [])
  const { browsers } = withBrowsers(init.catalogue)
  const profiles = profilesByUser(components, { users: queue, browsers }, processes)
  const worker = async () => {
    for (let user = queue.shift(); user !== undefined; user = queue.shift()) {
      signal.throwIfAborted()
      const tasks = isServer(user) ? SERVER_TASKS : DISCOVERY_TASKS
      const named = profiles.get(user)
      const folders = { profiles: named?.profiles ?? [], workedIn: components.workedIn.of(user.id) }
      const request = { user, catalogue: init.catalogue, tasks, ...folders }
      const findings = await components.homes.readHome(request, { signal })
      found.push({ ...findings, sources: [...findings.sources, ...(named?.sources ?? [])] })
    }
  }
  await Promise.all(Array.from({ length: init.parallel ?? 2 }, worker))
  return found
}

/** The MCP configuration of `owners`, beside what is remembered of their homes. Rejects only for `signal`. */
export async function readServersAgain(
  { homes, workedIn }: Pick<ReadHomesComponents, 'homes' | 'workedIn'>,
  { catalogue }: Pick<ReadHomesInit, 'catalogue'>,
  owners: readonly LocalUser[],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly { readonly user: LocalUser; readonly home: HomeFindings }[]> {
  const read = { catalogue, tasks: ['mcp'] as const, remember: false }
  return await Promise.all(
    owners.map(async (user) => {
      const request = { ...read, user, workedIn: workedIn.of(user.id) }
      return { user, home: await homes.readHome(request, { signal }) }
    }),
  )
}

/** The browser profiles that are wanted, and those of browsers that run now. Rejects only for `signal`. */
export async function readProfilesAgain(
  components: Omit<ReadHomesComponents, 'workedIn'>,
  { catalogue }: Pick<ReadHomesInit, 'catalogue'>,
  wanted: readonly ProfilesWanted[],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly HomeFindings[]> {
  const processes = await components.processes.scan({ signal }).catch(() => [])
  signal.throwIfAborted()
  const { browsers } = withBrowsers(catalogue)
  const running = profilesByUser(components, { users: wanted.map(({ user }) => user), browsers }, processes)
  return await Promise.all(
    wanted.map(async ({ user, profiles }) => {
      const all = [...profiles, ...(running.get(user)?.profiles ?? [])]
      const named = [...new Map(all.map((each) => [`${each.family} ${each.path}`, each])).values()]
      const read = { catalogue, tasks: PROFILE_TASKS, remember: false }
      const request = { ...read, user, profiles: named.slice(0, MAX_NAMED_PROFILES) }
      return await components.homes.readHome(request, { signal })
    }),
  )
}
