import type { KeyObject } from 'node:crypto'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { base64UrlOf, closed, reader, type Static, Type, text } from '../../base/schema.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws, verifyJws } from '../../crypto/jws.ts'
import type { Catalogue } from '../../discovery/catalogue/catalogue.ts'
import { readCatalogue } from '../../discovery/catalogue/load-catalogue.ts'
import type { CatalogueOffer } from '../../protocol/frames.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import { type StateFile, stateFile } from '../state/state-file.ts'
import type { DirectoryKeys } from '../stream/directory-keys.ts'
import type { CatalogueTaker } from '../stream/session.ts'

/** `catalogue.json` of the state folder: what a directory handed out, and which one: its root key's hash. */
const keptSchema = closed({
  schema: Type.Literal('surety/kept-catalogue@1'),
  root: base64UrlOf(32),
  json: text(LIMITS.catalogueBytes),
})
type Kept = Static<typeof keptSchema>
const KEPT_MAX_BYTES = 4 * LIMITS.catalogueBytes
const keptReader = reader(keptSchema, { name: 'catalogue.json', limits: { maxBytes: KEPT_MAX_BYTES, maxDepth: 2 } })

export interface CatalogueKeeperComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** The one that ships with the program. */
  readonly builtIn: () => Catalogue
  /** Another one is in use from now on. */
  readonly onReplaced: () => void
}

export interface CatalogueKeeperInit {
  /** Given by an administrator: no directory replaces it. */
  readonly fromFile?: Catalogue | undefined
  /** Whoever must have signed what a directory hands out; left out: the directory itself. */
  readonly publisher?: KeyObject | undefined
}

interface InUse {
  readonly version: number
  readonly hash: string
  /** Undefined: the one that ships with the program, which is not kept in memory. */
  readonly json: Uint8Array | undefined
  /** The directory it is from. */
  readonly root?: string
}

/** Knows which catalogue of agents is in use, and takes a newer one from the directory. */
export class CatalogueKeeper implements CatalogueTaker {
  readonly #components: CatalogueKeeperComponents
  readonly #init: CatalogueKeeperInit
  readonly #shipped: InUse
  #inUse: InUse
  #parsed: WeakRef<Catalogue> | undefined
  #health: Pick<Health, 'raise' | 'clear'> | undefined
  #file: StateFile<Kept> | undefined
  #awaited: CatalogueOffer | undefined
  /** Not asked for again before the daemon starts anew. */
  #refused: string | undefined

  constructor(components: CatalogueKeeperComponents, init: CatalogueKeeperInit) {
    this.#components = components
    this.#init = init
    this.#shipped = inUseOf(init.fromFile ?? components.builtIn(), { kept: init.fromFile !== undefined })
    this.#inUse = this.#shipped
  }

  get version(): number {
    return this.#inUse.version
  }

  /** Parsed anew when nobody holds it any more. */
  current(): Catalogue {
    const { json } = this.#inUse
    if (json === undefined) return this.#components.builtIn()
    const known = this.#parsed?.deref()
    if (known !== undefined) return known
    // Read by its schema and linted before it was kept.
    const catalogue = JSON.parse(fromUtf8(json)) as Catalogue
    this.#parsed = new WeakRef(catalogue)
    return catalogue
  }

  /** Goes on with what the directory handed out before. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
  async open(
    { health }: { readonly health: Pick<Health, 'raise' | 'clear'> },
    { stateFolder, root }: { readonly stateFolder: string; readonly root: string | undefined },
  ): Promise<void> {
    const { clock, log } = this.#components
    this.#health = health
    const onSetAside = (path: string, cause: unknown) => {
      log.error('damaged catalogue set aside', { path, reason: describeError(cause) })
      health.raise('STATE_DAMAGED')
    }
    const init = { folder: stateFolder, name: 'catalogue.json', reader: keptReader, maxBytes: KEPT_MAX_BYTES }
    this.#file = stateFile({ clock, onSetAside }, init)
    if (this.#init.fromFile !== undefined) return
    const kept = await this.#readKept(this.#file)
    if (kept === undefined || kept.root !== root) return
    try {
      const catalogue = readCatalogue(kept.json)
      // A newer program brings a newer one along.
      if (catalogue.version <= this.#shipped.version) return
      this.#use({ version: catalogue.version, hash: hashOfText(kept.json), json: utf8(kept.json), root: kept.root })
    } catch (error) {
      // An older program took it, and this one has learnt to refuse it.
      this.#refuse(hashOfText(kept.json), error)
    }
  }

  /** A disk that does not give it now is no reason to do without everything else: it is offered again. */
  async #readKept(file: StateFile<Kept>): Promise<Kept | undefined> {
    try {
      return await file.read()
    } catch (error) {
      if (!isPassingFault(error)) throw error
      const reason = describeError(error).slice(0, MAX_REASON)
      this.#components.log.error('the kept catalogue cannot be read', { code: codeOf(error), reason })
      this.#health?.raise('CATALOGUE_REFUSED', `The stored catalogue cannot be read: ${reason}.`)
      return undefined
    }
  }

  wants(offer: CatalogueOffer | undefined, { root }: { readonly root: string }): boolean {
    if (this.#init.fromFile !== undefined || this.#file === undefined) return false
    this.#leaveOthers(root)
    if (offer === undefined || offer.hash === this.#inUse.hash) {
      this.#health?.clear('CATALOGUE_REFUSED')
      return false
    }
    if (offer.hash === this.#refused) return false
    if (offer.version <= this.#inUse.version) {
      this.#refuse(offer.hash, older(offer.version, this.#inUse.version))
      return false
    }
    this.#awaited = offer
    return true
  }

  async received(
    compact: string,
    { root, keys }: { readonly root: string; readonly keys: Pick<DirectoryKeys, 'verify'> },
  ): Promise<void> {
    const awaited = this.#awaited
    this.#awaited = undefined
    if (awaited === undefined) throw new SuretyError('FRAME_UNEXPECTED', 'a catalogue that nobody asked for')
    try {
      await this.#take(this.#verified(compact, keys), awaited, root)
    } catch (error) {
      this.#refuse(awaited.hash, error)
    }
  }

  #verified(compact: string, keys: Pick<DirectoryKeys, 'verify'>): string {
    if (compact.length > LIMITS.catalogueBytes) {
      throw new SuretyError('INPUT_TOO_LARGE', `more than ${LIMITS.catalogueBytes} bytes of catalogue`)
    }
    const { publisher } = this.#init
    return publisher === undefined
      ? keys.verify('catalogue', compact)
      : verifyJws(splitJws('catalogue', compact), publisher)
  }

  async #take(json: string, awaited: CatalogueOffer, root: string): Promise<void> {
    const hash = hashOfText(json)
    if (hash !== awaited.hash) throw new SuretyError('FRAME_MALFORMED', 'it is not the one that was offered')
    const { version } = readCatalogue(json)
    if (version !== awaited.version) throw new SuretyError('FRAME_MALFORMED', 'it has another version than was offered')
    if (version <= this.#inUse.version) throw older(version, this.#inUse.version)
    // Durable before it is used: after a restart the same one is in use.
    await this.#file?.write({ schema: 'surety/kept-catalogue@1', root, json })
    this.#use({ version, hash, json: utf8(json), root })
    this.#refused = undefined
    this.#health?.clear('CATALOGUE_REFUSED')
    this.#components.log.info('a catalogue of the directory is in use', { version })
  }

  #use(inUse: InUse): void {
    this.#inUse = inUse
    this.#parsed = undefined
    this.#components.onReplaced()
  }

  /** Enrolled with another directory since: what the one before handed out counts no more. */
  #leaveOthers(root: string): void {
    if (this.#inUse.root !== undefined && this.#inUse.root !== root) this.#use(this.#shipped)
  }

  #refuse(hash: string, error: unknown): void {
    // A disk that is full now may have room when it is offered again.
    if (codeOf(error) !== 'STORE_FAILED') this.#refused = hash
    const reason = describeError(error).slice(0, MAX_REASON)
    this.#components.log.warn('a catalogue was refused', { code: codeOf(error), reason })
    this.#health?.raise('CATALOGUE_REFUSED', `Reason: ${reason}.`)
  }
}

const MAX_REASON = 200

function inUseOf(catalogue: Catalogue, { kept }: { readonly kept: boolean }): InUse {
  const json = JSON.stringify(catalogue)
  return { version: catalogue.version, hash: hashOfText(json), json: kept ? utf8(json) : undefined }
}

function older(version: number, inUse: number): SuretyError {
  return new SuretyError('CONFIG_INVALID', `version ${version} is not above ${inUse}, which is in use`)
}
