import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws } from '../../crypto/jws.ts'
import { builtInCatalogue } from '../../discovery/catalogue/built-in.ts'
import { readCatalogue, readCatalogueText } from '../../discovery/catalogue/load-catalogue.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { jwsKindOf } from '../../protocol/messages/jws-types.ts'
import type { CatalogueView } from '../../protocol/nouns/agents/catalogues.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { type OfferedDocument, offeredDocument } from '../authority/offered-document.ts'
import type { CatalogueStore, StoredCatalogue } from './catalogue-store.ts'

export interface CataloguesComponents
  extends ActComponents<{ readonly catalogues: CatalogueStore; afterCommit(work: () => void): void }> {
  readonly log: Pick<Log, 'error'>
  /** Signs with the order key: a catalogue changes what a device does, as an order does. */
  readonly sign: (kind: 'catalogue', payload: object) => string
}

/** The catalogue that devices use instead of their built-in one. */
export interface Catalogues extends OfferedDocument {
  /** Undefined until an administrator has set one. */
  current(): CatalogueView | undefined
  /**
   * Distributes another catalogue.
   *
   * @throws `INPUT_*` if it is not a sound catalogue or too large; `CONFLICT` if its version is not above the current one.
   */
  set(text: string, actor: string): Promise<CatalogueView>
}

export async function catalogues({ store, clock, log, sign }: CataloguesComponents): Promise<Catalogues> {
  let current = await store.catalogues.get()
  // A release with stricter rules stops distributing a catalogue that an earlier release accepted.
  let refused = current === undefined ? undefined : faultIn(current.text)
  if (refused !== undefined) log.error('the stored catalogue is not distributed', { reason: refused })
  const distributed = () => (refused === undefined ? current : undefined)
  return {
    ...offeredDocument(distributed, ({ text }) => compactOf(text, sign)),
    current: () => current && viewOf(current, refused),
    async set(text, actor) {
      const { canonical, payload, version } = readSound(text)
      const catalogue: StoredCatalogue = {
        text: canonical,
        version,
        hash: hashOfText(payload),
        setAt: clock.now(),
        setBy: actor,
      }
      if (compactOf(canonical, sign).length > LIMITS.catalogueBytes) {
        throw new SuretyError('INPUT_TOO_LARGE', `the signed catalogue is larger than ${LIMITS.catalogueBytes} bytes`)
      }
      await store.transaction(async () => {
        const before = await store.catalogues.get()
        if (before !== undefined && version <= before.version) {
          throw new SuretyError('CONFLICT', `version ${version} is not above the current version ${before.version}`)
        }
        await store.catalogues.put(catalogue)
        const details = { version, hash: catalogue.hash, signed: isSigned(canonical) }
        const inUse = (one: StoredCatalogue) => ({ inUse: one.version, hash: one.hash })
        await store.audit.add({
          at: catalogue.setAt,
          actor,
          act: 'catalogue-set',
          subject: `${version}`,
          details,
          before: before && inUse(before),
          after: inUse(catalogue),
        })
        store.afterCommit(() => {
          current = catalogue
          refused = undefined
        })
      })
      return viewOf(catalogue, undefined)
    },
  }
}

function viewOf({ version, hash, setAt, setBy }: StoredCatalogue, refused: string | undefined): CatalogueView {
  const { version: builtIn } = builtInCatalogue()
  return { version, hash, setAt, setBy, builtIn, ...(refused === undefined ? {} : { refused }) }
}

function isSigned(text: string): boolean {
  return jwsKindOf(text) === 'catalogue'
}

function compactOf(text: string, sign: CataloguesComponents['sign']): string {
  return isSigned(text) ? text : sign('catalogue', JSON.parse(text))
}

interface SoundCatalogue {
  readonly canonical: string
  readonly payload: string
  readonly version: number
}

/** A catalogue with a publisher's signature stays as it is. Only devices know whether they trust the publisher. */
function readCatalogueOrJws(text: string): SoundCatalogue {
  const trimmed = text.trim()
  if (isSigned(trimmed)) {
    const { payload } = splitJws('catalogue', trimmed)
    return { canonical: trimmed, payload, version: readCatalogue(payload).version }
  }
  const catalogue = readCatalogueText(trimmed)
  const canonical = JSON.stringify(catalogue)
  return { canonical, payload: canonical, version: catalogue.version }
}

/** @throws `INPUT_*`, also for faults that the reader reports as faults of a configuration. */
function readSound(text: string): SoundCatalogue {
  try {
    return readCatalogueOrJws(text)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined || code.startsWith('INPUT_')) throw cause
    throw new SuretyError('INPUT_MALFORMED', describeError(cause), { cause })
  }
}

function faultIn(text: string): string | undefined {
  try {
    readCatalogueOrJws(text)
    return undefined
  } catch (error) {
    return describeError(error).slice(0, 512)
  }
}
