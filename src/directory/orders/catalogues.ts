import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws } from '../../crypto/jws.ts'
import type { CatalogueView } from '../../protocol/api-administration.ts'
import { catalogueEnvelopeReader } from '../../protocol/catalogue-envelope.ts'
import type { CatalogueOffer } from '../../protocol/frames.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { EventStore } from '../registry/event.ts'

/** The catalogue of agents that devices are to use: as a publisher signed it, or its canonical JSON. */
interface SetCatalogue extends CatalogueOffer {
  readonly text: string
  readonly setAt: number
  readonly setBy: string
}

export interface CatalogueStore extends EventStore {
  transaction<T>(work: () => T): T
  catalogue(): SetCatalogue | undefined
  putCatalogue(set: SetCatalogue): void
}

export interface CataloguesComponents {
  readonly store: CatalogueStore
  readonly clock: Pick<Clock, 'now'>
  /** By the order key: like an order it changes what a device does. */
  readonly sign: (kind: 'catalogue', payload: object) => string
}

export interface Catalogues {
  current(): SetCatalogue | undefined
  /** What every result tells; undefined until an administrator has set one. */
  offer(): CatalogueOffer | undefined
  /** What a device is answered with that asks for `hash`. @throws `FRAME_UNEXPECTED` when that is not handed out. */
  compact(hash: string): string
  /** @throws `INPUT_*` for what is no catalogue or too large, `CONFLICT` for a version that is not above the one set. */
  set(text: string, actor: string): SetCatalogue
}

export function catalogues({ store, clock, sign }: CataloguesComponents): Catalogues {
  let current = store.catalogue()
  // The order key is delegated anew now and then, so what was signed before a start is not kept.
  let signed: { readonly hash: string; readonly compact: string } | undefined
  const offer = () => (current === undefined ? undefined : { version: current.version, hash: current.hash })
  return {
    current: () => current,
    offer,
    compact(hash) {
      // It may have asked for the one before this.
      if (current === undefined) throw new SuretyError('FRAME_UNEXPECTED', 'no catalogue is handed out')
      if (current.hash !== hash) throw new SuretyError('FRAME_UNEXPECTED', 'another catalogue is handed out by now')
      signed = signed?.hash === hash ? signed : { hash, compact: compactOf(current.text, sign) }
      return signed.compact
    },
    set(text, actor) {
      const { canonical, payload } = readEither(text)
      const { version } = catalogueEnvelopeReader.readCanonicalJson(payload)
      const set: SetCatalogue = {
        text: canonical,
        version,
        hash: hashOfText(payload),
        setAt: clock.now(),
        setBy: actor,
      }
      if (compactOf(canonical, sign).length > LIMITS.catalogueBytes) {
        throw new SuretyError('INPUT_TOO_LARGE', `a signed catalogue of more than ${LIMITS.catalogueBytes} bytes`)
      }
      store.transaction(() => {
        const before = store.catalogue()
        if (before !== undefined && version <= before.version) {
          throw new SuretyError('CONFLICT', `version ${version} is not above ${before.version}, which is handed out`)
        }
        store.putCatalogue(set)
        const detail = { version, hash: set.hash, signed: isSigned(canonical) }
        store.record({ at: set.setAt, kind: 'catalogue-set', actor, detail })
      })
      current = set
      return set
    },
  }
}

/** What people are shown of it. */
export function catalogueView({ version, hash, setAt, setBy }: SetCatalogue): CatalogueView {
  return { version, hash, setAt, setBy }
}

function isSigned(text: string): boolean {
  return jwsKindOf(text) === 'catalogue'
}

function compactOf(text: string, sign: CataloguesComponents['sign']): string {
  return isSigned(text) ? text : sign('catalogue', JSON.parse(text))
}

/** Of one that a publisher has signed nothing may change; who that is only devices know. */
function readEither(text: string): { readonly canonical: string; readonly payload: string } {
  const trimmed = text.trim()
  if (isSigned(trimmed)) return { canonical: trimmed, payload: splitJws('catalogue', trimmed).payload }
  const canonical = JSON.stringify(catalogueEnvelopeReader.readJson(trimmed))
  return { canonical, payload: canonical }
}
