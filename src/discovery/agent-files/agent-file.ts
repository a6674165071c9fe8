import type { AgentFileSighting } from '../../protocol/sighting.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'

/** One file to look at, before it is. */
export interface AgentFile {
  readonly client: CatalogueEntry
  readonly fileKind: AgentFileSighting['fileKind']
  readonly scope: AgentFileSighting['scope']
  readonly path: string
  readonly name: string
  readonly workspace?: string
  readonly evidence: readonly string[]
}
