import type { Clock } from '../base/clock.ts'
import type { Sighting, User } from '../protocol/sighting.ts'
import type { FileReader } from '../system/files.ts'
import { indexExtensions } from './ai-extensions.ts'
import { findChromiumExtensions } from './browsers/chromium.ts'
import { findFirefoxExtensions } from './browsers/firefox.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import { findEditorExtensions } from './editors/editor-extensions.ts'
import { type DiscoveryTask, type HomeFindings, TASK_SOURCES } from './home-reader.ts'
import { openFolders } from './installed/folders.ts'
import { findInstalledAgents } from './installed/installed.ts'
import { readLaunchKey } from './mcp/launch-key.ts'
import { findMcpServers } from './mcp/mcp-servers.ts'
import { sourceLog, tooMany } from './source-log.ts'

export interface ReadHomeComponents {
  readonly files: FileReader
  readonly clock: Pick<Clock, 'monotonic'>
}
export interface ReadHomeInit {
  readonly user: User
  /** Absolute. */
  readonly home: string
  readonly catalogue: Catalogue
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
  const source = TASK_SOURCES[task]
  const sources = sourceLog(components, { user: init.user })
  const found = await sources.read(source, init.home, async () => {
    // An absent or closed home is one line, not a hundred.
    await components.files.list(init.home, { maxEntries: 100_000 })
    return await runTask(components, init, task, sources)
  })
  // Those of the catalogue first, so that a crowd of others cannot hide them.
  // One thing may be reached on two ways (a profile that two lists name): it is told once.
  const sightings = [...new Map(found.map((sighting) => [sighting.id, sighting])).values()]
  const told = bounded(sightings)
  if (told.length < sightings.length) {
    sources.fault(source, init.home, tooMany(told.length, sightings.length, 'findings'))
  }
  return { sightings: told, sources: sources.reports }
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

async function runTask(
  components: ReadHomeComponents,
  init: ReadHomeInit,
  task: DiscoveryTask,
  sources: ReturnType<typeof sourceLog>,
): Promise<readonly Sighting[]> {
  const onFault = (path: string, error: unknown) => sources.fault(TASK_SOURCES[task], path, error)
  const browsers = () => ({ folders: openFolders({ files: components.files, onFault }, { home: init.home }), sources })
  switch (task) {
    case 'installed':
      return await findInstalledAgents(
        { files: components.files, onFault },
        { catalogue: init.catalogue, owner: { user: init.user, home: init.home } },
      )
    case 'chromium':
      return await findChromiumExtensions(browsers(), { ...init, known: indexExtensions(init.catalogue) })
    case 'firefox':
      return await findFirefoxExtensions(browsers(), { ...init, known: indexExtensions(init.catalogue) })
    case 'editors':
      return await findEditorExtensions(
        { ...browsers(), readBytes: (path, options) => components.files.read(path, options) },
        { ...init, known: indexExtensions(init.catalogue) },
      )
    case 'mcp':
      return await findMcpServers(
        { ...browsers(), stat: (path) => components.files.stat(path) },
        {
          catalogue: init.catalogue,
          owner: { user: init.user, home: init.home },
          launchKey: await readLaunchKey(components.files),
        },
      )
    default:
      return task satisfies never
  }
}
