import { hash } from 'node:crypto'
import type { ExtensionSighting, SourceReport } from '../../protocol/sighting.ts'
import { openFolders } from '../files/folders.ts'
import type { Looked } from '../files/home-memory.ts'
import { sourceLog } from '../files/source-log.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { toldName } from '../redaction/redact-name.ts'
import type { BrowserComponents, BrowserInit } from './browser-components.ts'
import type { ProfileRoot } from './browser-places.ts'
import type { MessagingHosts } from './messaging-hosts.ts'

/** One profile, and what is known of it from around it. */
export interface ProfilePlace {
  readonly product: string
  readonly path: string
  /** As its sightings call it. */
  readonly name: string
  readonly hosts: MessagingHosts
}

/** What a profile of this root is called: one that a process named by where it lies, so that it can be found. */
export function profileName({ home }: BrowserInit, root: ProfileRoot, path: string, name: string): string {
  if (!root.named) return toldName(name)
  return boundedText(path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path, 256)
}

interface ProfileFindings {
  readonly extensions: readonly ExtensionSighting[]
  readonly reports: readonly SourceReport[]
}

/** Reads one profile, or recalls it; what became of it is reported all the same. */
export async function readRemembered(
  components: BrowserComponents,
  init: BrowserInit,
  source: string,
  place: ProfilePlace,
  read: (components: BrowserComponents) => Promise<ExtensionSighting[]>,
): Promise<readonly ExtensionSighting[]> {
  const { product, path, name, hosts } = place
  const look = async (looked: Looked): Promise<ProfileFindings> => {
    const sources = sourceLog(components.sources, { user: init.user })
    const onFault = (at: string, error: unknown) => sources.fault(source, at, error)
    const folders = openFolders({ files: looked.files, onFault }, { home: init.home, namedHome: init.namedHome })
    const extensions = await sources.read(source, path, () => read({ folders, sources, looked }))
    return { extensions, reports: sources.reports }
  }
  const around = hash('sha256', JSON.stringify([name, [...hosts]]), 'hex')
  const { value, remembered } = await components.looked.recall(`${source} ${product} ${path} ${around}`, look)
  components.sources.take(remembered ? value.reports.map((report) => ({ ...report, durationMs: 0 })) : value.reports)
  return value.extensions
}
