import type { KeyObject } from 'node:crypto'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { hashOfText } from '../../crypto/hash.ts'
import type { Catalogue } from '../../discovery/catalogue/catalogue.ts'
import { readCatalogue } from '../../discovery/catalogue/load-catalogue.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type InUse, OfferKeeper, type OfferKeeperComponents } from '../offers/offer-keeper.ts'

export interface CatalogueKeeperComponents extends OfferKeeperComponents {
  /** The catalogue that ships with the program. */
  readonly builtIn: () => Catalogue
}

export interface CatalogueKeeperInit {
  /** The catalogue of an administrator's file. No directory replaces it. */
  readonly fromFile?: Catalogue | undefined
  /** The key that must have signed the catalogue of a directory. Absent: the directory's own order key. */
  readonly publisher?: KeyObject | undefined
}

/** Holds the catalogue of agents in use, and takes a newer one from the directory. */
export class CatalogueKeeper extends OfferKeeper {
  readonly #builtIn: () => Catalogue
  #parsed: { readonly json: Uint8Array; readonly catalogue: WeakRef<Catalogue> } | undefined

  constructor({ builtIn, ...components }: CatalogueKeeperComponents, { fromFile, publisher }: CatalogueKeeperInit) {
    super(components, {
      kind: 'catalogue',
      called: 'catalogue',
      warning: 'CATALOGUE_REFUSED',
      maxBytes: LIMITS.catalogueBytes,
      file: { name: 'catalogue.json', schema: 'surety/stored-catalogue@1' },
      versionOf: (json) => readCatalogue(json).version,
      shipped: inUseOf(fromFile ?? builtIn(), { keepJson: fromFile !== undefined }),
      isFixed: fromFile !== undefined,
      publisher,
    })
    this.#builtIn = builtIn
  }

  /** Parses the catalogue again once the last result has been collected as garbage. */
  current(): Catalogue {
    const { json } = this
    if (json === undefined) return this.#builtIn()
    const known = this.#parsed?.json === json ? this.#parsed.catalogue.deref() : undefined
    if (known !== undefined) return known
    // The cast holds: it was validated and linted before it was stored.
    const catalogue = JSON.parse(fromUtf8(json)) as Catalogue
    this.#parsed = { json, catalogue: new WeakRef(catalogue) }
    return catalogue
  }
}

function inUseOf(catalogue: Catalogue, { keepJson }: { readonly keepJson: boolean }): InUse {
  const json = JSON.stringify(catalogue)
  return { version: catalogue.version, hash: hashOfText(json), json: keepJson ? utf8(json) : undefined }
}
