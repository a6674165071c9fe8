import type { KeyObject } from 'node:crypto'
import { utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { base64UrlOf, closed, reader, Type, text } from '../../base/schema.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws, verifyJws } from '../../crypto/jws.ts'
import type { HealthCode } from '../../protocol/health.ts'
import type { Offer, OfferedKind } from '../../protocol/messages/frames.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import type { Health } from '../health/health.ts'
import { type StateFile, stateFile } from '../state/state-file.ts'
import type { DirectoryKeys } from '../stream/directory-keys.ts'
import type { OfferReceiver } from '../stream/session.ts'

/** A file of the state folder: a document from a directory, and the hash of that directory's root key. */
interface Stored {
  readonly schema: string
  readonly root: string
  readonly json: string
}

export interface OfferKeeperComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** Another document is in use from now on. */
  readonly onReplaced: () => void
}

export interface OfferKeeperInit {
  readonly kind: OfferedKind
  /** In sentences, after "a" or "the": `catalogue`. */
  readonly called: string
  /** The health warning. */
  readonly warning: HealthCode
  /** Of the signed document. */
  readonly maxBytes: number
  readonly file: { readonly name: string; readonly schema: string }
  /** @throws for a document that cannot be used. */
  readonly versionOf: (json: string) => number
  readonly shipped: InUse
  /** The shipped one is an administrator's. No directory replaces it. */
  readonly isFixed?: boolean
  /** The key that must have signed the document of a directory. Absent: the directory's own order key. */
  readonly publisher?: KeyObject | undefined
}

export interface InUse {
  readonly version: number
  readonly hash: string
  /** Undefined for the document that ships with the program, which is not kept in memory. */
  readonly json: Uint8Array | undefined
  /** Hash of the root key of the directory that it is from. */
  readonly root?: string
}

const MAX_REASON = 200

/** Holds a document in use, and takes a newer one from the directory. */
export class OfferKeeper implements OfferReceiver {
  readonly #components: OfferKeeperComponents
  readonly #init: OfferKeeperInit
  #inUse: InUse
  #health: Pick<Health, 'raise' | 'clear'> | undefined
  #file: StateFile<Stored> | undefined
  /** The offer that was asked for. */
  #requested: Offer | undefined
  /** Hash of a refused document. It is not asked for again before the daemon restarts. */
  #refused: string | undefined

  constructor(components: OfferKeeperComponents, init: OfferKeeperInit) {
    this.#components = components
    this.#init = init
    this.#inUse = init.shipped
  }

  get version(): number {
    return this.#inUse.version
  }

  /** The document in use, as its directory signed it. Undefined: the one that ships with the program. */
  protected get json(): Uint8Array | undefined {
    return this.#inUse.json
  }

  /** Uses the stored document of that directory, if it is newer. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
  async open(
    { health }: { readonly health: Pick<Health, 'raise' | 'clear'> },
    { stateFolder, root }: { readonly stateFolder: string; readonly root: string | undefined },
  ): Promise<void> {
    const { clock, log } = this.#components
    const { called, file, maxBytes, shipped, isFixed = false, versionOf } = this.#init
    this.#health = health
    const onSetAside = (path: string, cause: unknown) => {
      log.error(`damaged ${called} set aside`, { path, reason: describeError(cause) })
      health.raise('STATE_DAMAGED')
    }
    const init = { folder: stateFolder, name: file.name, reader: readerOf(file, maxBytes), maxBytes: 4 * maxBytes }
    this.#file = stateFile({ clock, onSetAside }, init)
    if (isFixed) return
    const stored = await this.#readStored(this.#file)
    if (stored === undefined || stored.root !== root) return
    const { json } = stored
    try {
      const version = versionOf(json)
      // A newer program ships a newer document.
      if (version > shipped.version) this.#use({ version, hash: hashOfText(json), json: utf8(json), root: stored.root })
    } catch (error) {
      // An earlier version of the program accepted it, and this one does not.
      this.#refuse(hashOfText(json), error)
    }
  }

  /** Does without the stored document when the disk fails: the directory offers it again. */
  async #readStored(file: StateFile<Stored>): Promise<Stored | undefined> {
    const { called, warning } = this.#init
    try {
      return await file.read()
    } catch (error) {
      if (!isPassingFault(error)) throw error
      const reason = describeError(error).slice(0, MAX_REASON)
      this.#components.log.error(`the stored ${called} cannot be read`, { code: codeOf(error), reason })
      this.#health?.raise(warning, `The stored ${called} cannot be read: ${reason}.`)
      return undefined
    }
  }

  wants(offer: Offer | undefined, { root }: { readonly root: string }): boolean {
    const { isFixed = false, warning } = this.#init
    if (isFixed || this.#file === undefined) return false
    this.#dropOtherDirectory(root)
    if (offer === undefined || offer.hash === this.#inUse.hash) {
      this.#health?.clear(warning)
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
    if (requested === undefined) {
      throw new SuretyError('FRAME_UNEXPECTED', `a ${this.#init.called} that was not requested`)
    }
    try {
      await this.#adopt(this.#verified(compact, keys), requested, root)
    } catch (error) {
      this.#refuse(requested.hash, error)
    }
  }

  #verified(compact: string, keys: Pick<DirectoryKeys, 'verify'>): string {
    const { kind, called, maxBytes, publisher } = this.#init
    if (compact.length > maxBytes) {
      throw new SuretyError('INPUT_TOO_LARGE', `the ${called} has more than ${maxBytes} bytes`)
    }
    return publisher === undefined ? keys.verify(kind, compact) : verifyJws(splitJws(kind, compact), publisher)
  }

  async #adopt(json: string, requested: Offer, root: string): Promise<void> {
    const { called, file, versionOf, warning } = this.#init
    const hash = hashOfText(json)
    if (hash !== requested.hash) throw new SuretyError('FRAME_MALFORMED', `it is not the ${called} that was offered`)
    const version = versionOf(json)
    if (version !== requested.version)
      throw new SuretyError('FRAME_MALFORMED', 'it has another version than was offered')
    if (version <= this.#inUse.version) throw notNewer(version, this.#inUse.version)
    // Durable before it is used, so that a restart uses the same one.
    await this.#file?.write({ schema: file.schema, root, json })
    this.#use({ version, hash, json: utf8(json), root })
    this.#refused = undefined
    this.#health?.clear(warning)
    this.#components.log.info(`a ${called} from the directory is in use`, { version })
  }

  #use(inUse: InUse): void {
    this.#inUse = inUse
    this.#components.onReplaced()
  }

  /** After an enrolment with another directory, the earlier one's document is dropped. */
  #dropOtherDirectory(root: string): void {
    if (this.#inUse.root !== undefined && this.#inUse.root !== root) this.#use(this.#init.shipped)
  }

  #refuse(hash: string, error: unknown): void {
    const { called, warning } = this.#init
    // Not for a full disk: it may have room when the document is offered again.
    if (codeOf(error) !== 'STORE_FAILED') this.#refused = hash
    const reason = describeError(error).slice(0, MAX_REASON)
    this.#components.log.warn(`a ${called} was refused`, { code: codeOf(error), reason })
    this.#health?.raise(warning, `Reason: ${reason}.`)
  }
}

function readerOf({ name, schema }: OfferKeeperInit['file'], maxBytes: number) {
  const stored = closed({ schema: Type.Literal(schema), root: base64UrlOf(32), json: text(maxBytes) })
  return reader(stored, { name, limits: { maxBytes: 4 * maxBytes, maxDepth: 2 } })
}

function notNewer(version: number, inUse: number): SuretyError {
  return new SuretyError('CONFIG_INVALID', `version ${version} is not above ${inUse}, which is in use`)
}
