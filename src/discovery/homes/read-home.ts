import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { SOURCES } from '../../protocol/scan-coverage.ts'
import type { Sighting, User } from '../../protocol/sighting.ts'
import type { RegisteredHosts } from '../../system/facts/messaging-hosts.ts'
import type { FileReader } from '../../system/files/files.ts'
import type { LocalMounts } from '../../system/mounts/mounts.ts'
import { findAgentFiles } from '../agent-files/agent-files.ts'
import { findChromiumExtensions } from '../browsers/chromium.ts'
import { findFirefoxExtensions } from '../browsers/firefox.ts'
import { type NamedProfile, profilesInReach } from '../browsers/profile-access-policy.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { catalogueFor } from '../catalogue/for-system.ts'
import { runtimeEntries } from '../catalogue/reported-kind.ts'
import { findEditorExtensions } from '../editors/editor-extensions.ts'
import { configFiles } from '../files/config-files.ts'
import { openDatabases } from '../files/databases.ts'
import { type Folders, openFolders } from '../files/folders.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import { forgetful, type HomeMemory, type Looked } from '../files/home-memory.ts'
import { type DiscoveryTask, TASK_SOURCES } from '../files/scan-tasks.ts'
import { sourceLog, tooMany } from '../files/source-log.ts'
import { type AgentStatesComponents, findAgentStates } from '../installed/agent-states.ts'
import { findInstalledAgents } from '../installed/installed.ts'
import { withStates } from '../installed/merge-agent-state.ts'
import { readLaunchKey } from '../launch/launch-hash.ts'
import type { AgentState } from '../matching/agent-state.ts'
import { indexExtensions } from '../matching/ai-extensions.ts'
import { MAX_LAUNCHES, type ServerLaunch } from '../mcp/configured-servers.ts'
import { findMcpServers } from '../mcp/mcp-servers.ts'
import { findPlugins } from '../plugins/plugins.ts'
import { findInstalledRuntimes } from '../runtimes/installed-runtimes.ts'
import { findModelBlobs, type ModelBlob } from '../runtimes/model-blobs.ts'
import type { HomeFindings } from './home-reader.ts'
import { findProjectFolders, findWorkspaces, type WorkspaceComponents } from './workspaces.ts'

interface ReadHomeComponents {
  readonly files: FileReader
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** Of the last look at this home; nothing is remembered without. */
  readonly memory?: HomeMemory
  /** What is mounted now; of the profiles that processes named only those in the home are read without. */
  readonly mounts?: () => LocalMounts | undefined
}
export interface ReadHomeInit {
  readonly user: User
  /** Absolute. */
  readonly home: string
  /** As files may spell it: see `HomePlace`. */
  readonly namedHome?: string | undefined
  readonly catalogue: Catalogue
  /** That of Linux when absent. */
  readonly layout?: HomeLayout
  /** Profiles that running processes of this person named. */
  readonly profiles?: readonly NamedProfile[]
  /** What the registry of Windows says; absent elsewhere. */
  readonly messagingHosts?: RegisteredHosts | undefined
  /** Folders that agents of this person were seen working in. */
  readonly workedIn?: readonly string[]
}

/** So many findings of one task in one home are told. */
const MAX_SIGHTINGS = 4_000
/** And so many units of JSON: five tasks stay well below what the reader may answer. */
const MAX_LENGTH = 4 * 1024 * 1024

/** Does one task in one home. Never rejects: what could not be read is among the sources. */
export async function readHome(
  components: ReadHomeComponents,
  init: ReadHomeInit,
  task: DiscoveryTask,
): Promise<HomeFindings> {
  const startedAt = components.clock.monotonic()
  const { profiles, refused, within } = await profilesInReach(components, init, task)
  const memory = within(components.memory ?? forgetful(components.files))
  const own = { ...init, catalogue: catalogueFor(init.catalogue, init.layout ?? 'linux'), profiles }
  const { value, remembered } = await memory.recall(keyOf(own, task), (looked) =>
    readTask(components.clock, looked, own, task),
  )
  const elapsed = Math.max(0, components.clock.monotonic() - startedAt)
  // Of the parts nothing was read; the whole took as long as it took to see that.
  const sources = value.sources.map((report, at) =>
    remembered ? { ...report, durationMs: at === value.sources.length - 1 ? elapsed : 0 } : report,
  )
  return { ...value, sources: [...refused, ...sources] }
}

/** Besides files, what is found depends on the folders that processes named, or worked in, and on the registry of Windows. */
function keyOf({ profiles = [], workedIn = [], messagingHosts }: ReadHomeInit, task: DiscoveryTask): string {
  const registered = messagingHosts?.hosts.filter(({ family }) => family === task) ?? []
  const inProjects = IN_PROJECTS.includes(task)
  const named = inProjects ? workedIn : [...profiles.filter(({ family }) => family === task), ...registered]
  return named.length === 0 ? task : `${task} ${JSON.stringify(named)}`
}

/** What also lies in the folders that people work in. */
const IN_PROJECTS: readonly DiscoveryTask[] = ['installed', 'mcp', 'agent-files']

async function readTask(
  clock: ReadHomeComponents['clock'],
  looked: Looked,
  init: ReadHomeInit,
  task: DiscoveryTask,
): Promise<HomeFindings> {
  const source = TASK_SOURCES[task]
  const sources = sourceLog({ clock }, { user: init.user })
  let states: readonly AgentState[] = []
  let launches: readonly ServerLaunch[] = []
  let blobs: readonly ModelBlob[] = []
  const found = await sources.read(source, init.home, async () => {
    // An absent or closed home is one line, not a hundred.
    await looked.files.list(init.home, { maxEntries: 100_000 })
    const result = await runTask(looked, { ...init, nowMs: clock.now() }, task, sources)
    states = result.states ?? []
    launches = result.launches ?? []
    blobs = result.blobs ?? []
    return result.sightings
  })
  // One thing may be reached on two ways (a profile that two lists name): it is told once.
  const sightings = [...new Map(found.map((sighting) => [sighting.id, sighting])).values()]
  const told = bounded(sightings)
  if (told.length < sightings.length) {
    sources.fault(source, init.home, tooMany(told.length, sightings.length, 'findings'))
  }
  return {
    sightings: told,
    sources: sources.reports,
    ...(states.length === 0 ? {} : { states }),
    ...(launches.length === 0 ? {} : { launches: launches.slice(0, MAX_LAUNCHES) }),
    ...(blobs.length === 0 ? {} : { blobs }),
  }
}

/** Those of the catalogue first, so that a crowd of others cannot hide them. */
function bounded(sightings: readonly Sighting[]): Sighting[] {
  const told: Sighting[] = []
  let length = 0
  for (const sighting of [...sightings].sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)))) {
    length += JSON.stringify(sighting).length
    if (told.length === MAX_SIGHTINGS || length > MAX_LENGTH) break
    told.push(sighting)
  }
  return told
}

function isKnown({ catalogueId }: Sighting): boolean {
  return catalogueId !== undefined
}

/** With the time by the device's own clock. */
type TaskInit = ReadHomeInit & { readonly nowMs: number }

interface TaskResult {
  readonly sightings: readonly Sighting[]
  readonly states?: readonly AgentState[]
  readonly launches?: readonly ServerLaunch[]
  readonly blobs?: readonly ModelBlob[]
}

async function runTask(
  looked: Looked,
  init: TaskInit,
  task: DiscoveryTask,
  sources: ReturnType<typeof sourceLog>,
): Promise<TaskResult> {
  const { files } = looked
  const onFault = (path: string, error: unknown) => sources.fault(TASK_SOURCES[task], path, error)
  const folders = openFolders({ files, onFault }, { home: init.home, namedHome: init.namedHome, layout: init.layout })
  const known = () => ({ ...init, layout: init.layout ?? 'linux', known: indexExtensions(init.catalogue) })
  const browsers = () => ({
    ...known(),
    browsers: init.catalogue.browsers ?? [],
    named: init.profiles ?? [],
    registered: init.messagingHosts,
  })
  const stat = (path: string) => files.stat(path)
  const configs = configFiles({ folders, onFault })
  const plugging = { folders, configs, onFault }
  const databases = openDatabases({ folders, files, onFault })
  const remembering = { folders, configs, databases, onFault }
  switch (task) {
    case 'installed':
      for (const { path, error } of await findWslHomes({ folders }, init.home))
        sources.fault(SOURCES.homes, path, error)
      return await findInstalled({ ...remembering, stat }, init)
    case 'runtimes': {
      const owner = { user: init.user, home: init.home }
      const sightings = await findInstalledRuntimes({ folders, onFault }, { catalogue: init.catalogue, owner })
      const blobs = await findModelBlobs({ folders, onFault }, runtimeEntries(init.catalogue), init.home)
      return { sightings, blobs }
    }
    case 'chromium':
      return { sightings: await findChromiumExtensions({ folders, sources, looked }, browsers()) }
    case 'firefox':
      return { sightings: await findFirefoxExtensions({ folders, sources, looked }, browsers()) }
    case 'editors': {
      const readBytes = (path: string, options: { maxBytes: number }) => files.read(path, options)
      return { sightings: await findEditorExtensions({ folders, sources, readBytes, databases }, known()) }
    }
    case 'mcp': {
      const projects = await findProjectFolders(remembering, init)
      const owner = { user: init.user, home: init.home }
      const plugins = await findPlugins(plugging, { ...init, projects })
      const launchKey = await readLaunchKey(files)
      return await findMcpServers(
        { folders, configs, stat, sources },
        { catalogue: init.catalogue, owner, projects, plugins, launchKey },
      )
    }
    case 'agent-files': {
      const readBytes = (path: string, options: { maxBytes: number }) => files.read(path, options)
      const projects = await findProjectFolders(remembering, init)
      const plugins = await findPlugins(plugging, { ...init, projects })
      const owner = { user: init.user, home: init.home }
      return {
        sightings: await findAgentFiles(
          { folders, configs, readBytes, stat, sources },
          { catalogue: init.catalogue, owner, projects, plugins },
        ),
      }
    }
    default:
      return task satisfies never
  }
}

/** What is installed, and what the agents have left: the one is told together with the other. */
async function findInstalled(
  components: AgentStatesComponents & WorkspaceComponents,
  init: TaskInit,
): Promise<TaskResult> {
  const { catalogue, user, home, nowMs } = init
  const installed = await findInstalledAgents(components, { catalogue, owner: { user, home } })
  const workspaces = await findWorkspaces(components, init)
  const states = await findAgentStates(components, { catalogue, owner: { user, home, nowMs }, workspaces })
  return { sightings: withStates(installed, states), states }
}

/** Packages of the store that bring a Linux system for WSL, by a word of their names. */
const PACKAGES = /ubuntu|debian|kali|suse|fedora|alma|rocky|oracle|pengwin|arch|alpine|linux|wsl/i
/** The disk of WSL 2, the folder of WSL 1. */
const DISKS: readonly string[] = ['ext4.vhdx', 'rootfs']
const NOT_READ = new SuretyError('FILE_UNREADABLE', 'homes of a Linux system in WSL: they are not read from Windows')

/**
 * Linux systems that a person of Windows has in WSL, each by its disk. Homes in them are those of another system: its disk is locked
 * while it runs, and through `\\wsl$` a look would start it. So each is reported as not read.
 *
 * @returns the paths, and why they are not read.
 */
async function findWslHomes(
  { folders }: { readonly folders: Folders },
  home: string,
): Promise<readonly { readonly path: string; readonly error: SuretyError }[]> {
  if (folders.layout !== 'windows') return []
  const local = `${home}/AppData/Local`
  const packages = (await folders.list(`${local}/Packages`)).filter(({ name }) => PACKAGES.test(name))
  const places = [
    ...packages.map(({ name }) => `${local}/Packages/${name}/LocalState`),
    ...(await folders.expand(`${local}/wsl/*`)),
    `${local}/lxss`,
  ]
  const found: string[] = []
  for (const place of places) {
    for (const disk of DISKS) {
      if ((await folders.kindOf(`${place}/${disk}`)) !== undefined) found.push(`${place}/${disk}`)
    }
  }
  return found.map((path) => ({ path, error: NOT_READ }))
}
