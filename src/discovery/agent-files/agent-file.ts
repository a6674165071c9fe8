import type { AgentFileSighting } from '../../protocol/sighting.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Plugin } from '../plugins/plugins.ts'

/** One file to look at, before it is. */
export interface AgentFile {
  readonly client: CatalogueEntry
  readonly fileKind: AgentFileSighting['fileKind']
  readonly scope: AgentFileSighting['scope']
  readonly path: string
  readonly name: string
  readonly workspace?: string
  /** Which brings it along. */
  readonly plugin?: Plugin
  readonly evidence: readonly string[]
  /** Of settings: one of their hooks runs whatever a download contains. */
  readonly runsDownload?: true
}
