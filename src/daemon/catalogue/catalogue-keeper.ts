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
import { LIMITS } from '../../protocol/limits.ts'
import type { CatalogueOffer } from '../../protocol/messages/frames.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import { type StateFile, stateFile } from '../state/state-file.ts'
import type { DirectoryKeys } from '../stream/directory-keys.ts'
import type { CatalogueReceiver } from '../stream/session.ts'

/** `catalogue.json` of the state folder: a catalogue from a directory, and the hash of that directory's root key. */
const storedSchema = closed({
  schema: Type.Literal('surety/stored-catalogue@1'),
  root: base64UrlOf(32),
  json: text(LIMITS.catalogueBytes),
})
type Stored = Static<typeof storedSchema>
const STORED_MAX_BYTES = 4 * LIMITS.catalogueBytes
const storedReader = reader(storedSchema, {
  name: 'catalogue.json',
  limits: { maxBytes: STORED_MAX_BYTES, maxDepth: 2 },
})

export interface CatalogueKeeperComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** The catalogue that ships with the program. */
  readonly builtIn: () => Catalogue
  /** Another catalogue is in use from now on. */
  readonly onReplaced: () => void
}

export interface CatalogueKeeperInit {
  /** The catalogue of an administrator's file. No directory replaces it. */
  readonly fromFile?: Catalogue | undefined
  /** The key that must have signed the catalogue of a directory. Absent: the directory's own order key. */
  readonly publisher?: KeyObject | undefined
}

interface InUse {
  readonly version: number
  readonly hash: string
  /** Undefined for the catalogue that ships with the program, which is not kept in memory. */
  readonly json: Uint8Array | undefined
  /** Hash of the root key of the directory that it is from. */
  readonly root?: string
}

/** Holds the catalogue of agents in use, and takes a newer one from the directory. */
export class CatalogueKeeper implements CatalogueReceiver {
  readonly #components: CatalogueKeeperComponents
  readonly #init: CatalogueKeeperInit
  readonly #shipped: InUse
  #inUse: InUse
  #parsed: WeakRef<Catalogue> | undefined
  #health: Pick<Health, 'raise' | 'clear'> | undefined
  #file: StateFile<Stored> | undefined
  /** The offer that was asked for. */
  #requested: CatalogueOffer | undefined
  /** Hash of a refused catalogue. It is not asked for again before the daemon restarts. */
  #refused: string | undefined

  constructor(components: CatalogueKeeperComponents, init: CatalogueKeeperInit) {
    this.#components = components
    this.#init = init
    this.#shipped = inUseOf(init.fromFile ?? components.builtIn(), { keepJson: init.fromFile !== undefined })
    this.#inUse = this.#shipped
  }

  get version(): number {
    return this.#inUse.version
  }

  /** Parses the catalogue again once the last result has been collected as garbage. */
  current(): Catalogue {
    const { json } = this.#inUse
    if (json === undefined) return this.#components.builtIn()
    const known = this.#parsed?.deref()
    if (known !== undefined) return known
    // The cast holds: it was validated and linted before it was stored.
    const catalogue = JSON.parse(fromUtf8(json)) as Catalogue
    this.#parsed = new WeakRef(catalogue)
    return catalogue
  }

  /** Uses the stored catalogue of that directory, if it is newer. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
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
    const init = { folder: stateFolder, name: 'catalogue.json', reader: storedReader, maxBytes: STORED_MAX_BYTES }
    this.#file = stateFile({ clock, onSetAside }, init)
    if (this.#init.fromFile !== undefined) return
    const stored = await this.#readStored(this.#file)
    if (stored === undefined || stored.root !== root) return
    try {
      const catalogue = readCatalogue(stored.json)
      // A newer program ships a newer catalogue.
      if (catalogue.version <= this.#shipped.version) return
      this.#use({
        version: catalogue.version,
        hash: hashOfText(stored.json),
        json: utf8(stored.json),
        root: stored.root,
      })
    } catch (error) {
      // An earlier version of the program accepted it, and this one does not.
      this.#refuse(hashOfText(stored.json), error)
    }
  }

  /** Does without the stored catalogue when the disk fails: the directory offers it again. */
  async #readStored(file: StateFile<Stored>): Promise<Stored | undefined> {
    try {
      return await file.read()
    } catch (error) {
      if (!isPassingFault(error)) throw error
      const reason = describeError(error).slice(0, MAX_REASON)
      this.#components.log.error('the stored catalogue cannot be read', { code: codeOf(error), reason })
      this.#health?.raise('CATALOGUE_REFUSED', `The stored catalogue cannot be read: ${reason}.`)
      return undefined
    }
  }

  wants(offer: CatalogueOffer | undefined, { root }: { readonly root: string }): boolean {
    if (this.#init.fromFile !== undefined || this.#file === undefined) return false
    this.#dropOtherDirectory(root)
    if (offer === undefined || offer.hash === this.#inUse.hash) {
      this.#health?.clear('CATALOGUE_REFUSED')
      return false
    }
    if (offer.hash === this.#refused) return false
    if (offer.version <= this.#inUse.version) {
      this.#refuse(offer.hash, notNewer(offer.version, this.#inUse.version))
      return false
    }
    this.#requested = offer
    return true
  }

  async received(
    compact: string,
    { root, keys }: { readonly root: string; readonly keys: Pick<DirectoryKeys, 'verify'> },
  ): Promise<void> {
    const requested = this.#requested
    this.#requested = undefined
    if (requested === undefined) throw new SuretyError('FRAME_UNEXPECTED', 'a catalogue that was not requested')
    try {
      await this.#adopt(this.#verified(compact, keys), requested, root)
    } catch (error) {
      this.#refuse(requested.hash, error)
    }
  }

  #verified(compact: string, keys: Pick<DirectoryKeys, 'verify'>): string {
    if (compact.length > LIMITS.catalogueBytes) {
      throw new SuretyError('INPUT_TOO_LARGE', `the catalogue has more than ${LIMITS.catalogueBytes} bytes`)
    }
    const { publisher } = this.#init
    return publisher === undefined
      ? keys.verify('catalogue', compact)
      : verifyJws(splitJws('catalogue', compact), publisher)
  }

  async #adopt(json: string, requested: CatalogueOffer, root: string): Promise<void> {
    const hash = hashOfText(json)
    if (hash !== requested.hash) throw new SuretyError('FRAME_MALFORMED', 'it is not the catalogue that was offered')
    const { version } = readCatalogue(json)
    if (version !== requested.version)
      throw new SuretyError('FRAME_MALFORMED', 'it has another version than was offered')
    if (version <= this.#inUse.version) throw notNewer(version, this.#inUse.version)
    // Durable before it is used, so that a restart uses the same one.
    await this.#file?.write({ schema: 'surety/stored-catalogue@1', root, json })
    this.#use({ version, hash, json: utf8(json), root })
    this.#refused = undefined
    this.#health?.clear('CATALOGUE_REFUSED')
    this.#components.log.info('a catalogue from the directory is in use', { version })
  }

  #use(inUse: InUse): void {
    this.#inUse = inUse
    this.#parsed = undefined
    this.#components.onReplaced()
  }

  /** After an enrolment with another directory, the earlier one's catalogue is dropped. */
  #dropOtherDirectory(root: string): void {
    if (this.#inUse.root !== undefined && this.#inUse.root !== root) this.#use(this.#shipped)
  }

  #refuse(hash: string, error: unknown): void {
    // Not for a full disk: it may have room when the catalogue is offered again.
    if (codeOf(error) !== 'STORE_FAILED') this.#refused = hash
    const reason = describeError(error).slice(0, MAX_REASON)
    this.#components.log.warn('a catalogue was refused', { code: codeOf(error), reason })
    this.#health?.raise('CATALOGUE_REFUSED', `Reason: ${reason}.`)
  }
}

const MAX_REASON = 200

function inUseOf(catalogue: Catalogue, { keepJson }: { readonly keepJson: boolean }): InUse {
  const json = JSON.stringify(catalogue)
  return { version: catalogue.version, hash: hashOfText(json), json: keepJson ? utf8(json) : undefined }
}

function notNewer(version: number, inUse: number): SuretyError {
  return new SuretyError('CONFIG_INVALID', `version ${version} is not above ${inUse}, which is in use`)
}
