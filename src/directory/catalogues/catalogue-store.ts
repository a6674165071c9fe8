import type { CatalogueOffer } from '../../protocol/messages/frames.ts'

/** The catalogue for devices: canonical JSON, or the JWS of its publisher. */
export interface StoredCatalogue extends CatalogueOffer {
  readonly text: string
  readonly setAt: number
  readonly setBy: string
}

export interface CatalogueStore {
  get(): Promise<StoredCatalogue | undefined>
  put(catalogue: StoredCatalogue): Promise<void>
}
