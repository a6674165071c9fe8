import type { ExtensionSighting, SourceReport, User } from '../../protocol/sighting.ts'
import type { AiExtensions } from '../ai-extensions.ts'
import type { Looked } from '../home-memory.ts'
import { type Folders, openFolders } from '../installed/folders.ts'
import { type SourceLog, sourceLog } from '../source-log.ts'

/** What looking through the profiles of browsers needs. */
export interface BrowserComponents {
  readonly folders: Folders
  readonly sources: SourceLog
  /** Each profile is remembered for itself: those of a browser that runs change all the time. */
  readonly looked: Looked
}
export interface BrowserInit {
  readonly user: User
  readonly home: string
  readonly known: AiExtensions
}

interface ProfileFindings {
  readonly extensions: readonly ExtensionSighting[]
  readonly reports: readonly SourceReport[]
}

/** Reads one profile, or recalls it; what became of it is reported all the same. */
export async function readRemembered(
  components: BrowserComponents,
  init: BrowserInit,
  place: { readonly source: string; readonly product: string; readonly path: string },
  read: (components: BrowserComponents) => Promise<ExtensionSighting[]>,
): Promise<readonly ExtensionSighting[]> {
  const { source, product, path } = place
  const look = async (looked: Looked): Promise<ProfileFindings> => {
    const sources = sourceLog(components.sources, { user: init.user })
    const onFault = (at: string, error: unknown) => sources.fault(source, at, error)
    const folders = openFolders({ files: looked.files, onFault }, { home: init.home })
    const extensions = await sources.read(source, path, () => read({ folders, sources, looked }))
    return { extensions, reports: sources.reports }
  }
  const { value, remembered } = await components.looked.recall(`${source} ${product} ${path}`, look)
  components.sources.take(remembered ? value.reports.map((report) => ({ ...report, durationMs: 0 })) : value.reports)
  return value.extensions
}
