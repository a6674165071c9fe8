import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws } from '../../crypto/jws.ts'
import { builtInCatalogue } from '../../discovery/catalogue/built-in.ts'
import { readCatalogue, readCatalogueText } from '../../discovery/catalogue/load-catalogue.ts'
import type { CatalogueView } from '../../protocol/api-administration.ts'
import type { CatalogueOffer } from '../../protocol/frames.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { EventStore } from '../activity/activity.ts'

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
  readonly log: Pick<Log, 'error'>
  /** By the order key: like an order it changes what a device does. */
  readonly sign: (kind: 'catalogue', payload: object) => string
}

export interface Catalogues {
  current(): (SetCatalogue & Pick<CatalogueView, 'refused'>) | undefined
  /** What every result tells; undefined until an administrator has set one that devices may use. */
  offer(): CatalogueOffer | undefined
  /** What a device is answered with that asks for `hash`. @throws `FRAME_UNEXPECTED` when that is not handed out. */
  compact(hash: string): string
  /**
   * @throws `INPUT_*` for what is no catalogue, has a fault or is too large; `CONFLICT` for a version that is not above the
   *   one set.
   */
  set(text: string, actor: string): SetCatalogue
}

export function catalogues({ store, clock, log, sign }: CataloguesComponents): Catalogues {
  let current = store.catalogue()
  // A directory that was replaced by a stricter one must not go on with what it would not take.
  let refused = current === undefined ? undefined : faultOf(current.text)
  if (refused !== undefined) log.error('the catalogue that was set is not handed out', { reason: refused })
  // The order key is delegated anew now and then, so what was signed before a start is not kept.
  let signed: { readonly hash: string; readonly compact: string } | undefined
  const handedOut = () => (refused === undefined ? current : undefined)
  const offer = () => {
    const set = handedOut()
    return set === undefined ? undefined : { version: set.version, hash: set.hash }
  }
  return {
    current: () => (current === undefined || refused === undefined ? current : { ...current, refused }),
    offer,
    compact(hash) {
      // It may have asked for the one before this.
      const set = handedOut()
      if (set === undefined) throw new SuretyError('FRAME_UNEXPECTED', 'no catalogue is handed out')
      if (set.hash !== hash) throw new SuretyError('FRAME_UNEXPECTED', 'another catalogue is handed out by now')
      signed = signed?.hash === hash ? signed : { hash, compact: compactOf(set.text, sign) }
      return signed.compact
    },
    set(text, actor) {
      const { canonical, payload, version } = readSound(text)
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
      refused = undefined
      return set
    },
  }
}

/** What people are shown of it. */
export function catalogueView(set: NonNullable<ReturnType<Catalogues['current']>>): CatalogueView {
  const { version, hash, setAt, setBy, refused } = set
  return {
    version,
    hash,
    setAt,
    setBy,
    builtIn: builtInCatalogue().version,
    ...(refused === undefined ? {} : { refused }),
  }
}

function isSigned(text: string): boolean {
  return jwsKindOf(text) === 'catalogue'
}

function compactOf(text: string, sign: CataloguesComponents['sign']): string {
  return isSigned(text) ? text : sign('catalogue', JSON.parse(text))
}

interface Sound {
  readonly canonical: string
  readonly payload: string
  readonly version: number
}

/** Of one that a publisher has signed nothing may change; who that is only devices know. */
function readEither(text: string): Sound {
  const trimmed = text.trim()
  if (isSigned(trimmed)) {
    const { payload } = splitJws('catalogue', trimmed)
    return { canonical: trimmed, payload, version: readCatalogue(payload).version }
  }
  const catalogue = readCatalogueText(trimmed)
  const canonical = JSON.stringify(catalogue)
  return { canonical, payload: canonical, version: catalogue.version }
}

/** @throws `INPUT_*`: a fault of a catalogue is one of who sends it, not of our configuration. */
function readSound(text: string): Sound {
  try {
    return readEither(text)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined || code.startsWith('INPUT_')) throw cause
    throw new SuretyError('INPUT_MALFORMED', describeError(cause), { cause })
  }
}

function faultOf(text: string): string | undefined {
  try {
    readEither(text)
    return undefined
  } catch (error) {
    return describeError(error).slice(0, 512)
  }
}
