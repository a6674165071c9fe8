import type { CatalogueEntry } from '../catalogue/catalogue.ts'

/** One place where an agent lies. */
export interface Installation {
  readonly entry: CatalogueEntry
  readonly path: string
  readonly version: string | undefined
  readonly evidence: string
  /** A bare command is told only when nothing better is known of its agent. */
  readonly weak: boolean
  /** Told only where nothing else at all is known of its agent: it leads to a program that may be told already. */
  readonly onlyAlone?: boolean
}
