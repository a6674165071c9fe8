import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { hashOfText } from '../../crypto/hash.ts'
import type { TextVersion, VersionStore } from './version-store.ts'

export interface VersionsInit<D> {
  /** What messages call the text: `policy`. */
  readonly noun: string
  /** Version 0, of a directory that was given none. */
  readonly initial: { readonly text: string; readonly document: D }
  /** @throws `INPUT_*` for a text that this release does not accept. */
  readonly read: (text: string) => D
}

export interface VersionsComponents {
  readonly versions: VersionStore
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error'>
}

/** A version as the API shows it, without its text. */
export interface VersionView {
  readonly version: number
  readonly hash: string
  readonly setAt?: number
  readonly setBy?: string
  readonly forced?: boolean
  readonly restores?: number
}

export interface ListedVersion extends VersionView {
  readonly current: boolean
}

/** A text with versions, and what the newest that this release accepts says. */
export class Versions<D> {
  readonly #components: VersionsComponents
  readonly #init: VersionsInit<D>
  #document: D
  #stored: TextVersion | undefined
  #refused: string | undefined

  constructor(components: VersionsComponents, init: VersionsInit<D>) {
    this.#components = components
    this.#init = init
    this.#document = init.initial.document
    this.#useLastGood()
  }

  /** What the version in use says. */
  get document(): D {
    return this.#document
  }

  /** 0: the default. */
  get version(): number {
    return this.#stored?.version ?? 0
  }

  /** The version in use, with its text. */
  current(): VersionView & { readonly text: string; readonly refused?: string } {
    const view = this.#stored === undefined ? this.#initial() : withText(this.#stored)
    return this.#refused === undefined ? view : { ...view, refused: this.#refused }
  }

  /** Newest first; the default stands last. */
  history(page: { readonly before?: number | undefined; readonly limit: number }): readonly ListedVersion[] {
    const { before, limit } = page
    const stored = this.#components.versions
      .list({ before, limit })
      .map((one) => ({ ...viewOf(one), current: one.version === this.version }))
    if (stored.length === limit || before === 0) return stored
    const { version, hash } = this.#initial()
    return [...stored, { version, hash, current: this.version === 0 }]
  }

  /** @throws `NOT_FOUND`. */
  textOf(version: number): VersionView & { readonly text: string } {
    if (version === 0) return this.#initial()
    const stored = this.#components.versions.get(version)
    if (stored === undefined) {
      throw new SuretyError(
        'NOT_FOUND',
        `there is no version ${version} of the ${this.#init.noun}: list them with surety-directory ${this.#init.noun} history`,
      )
    }
    return withText(stored)
  }

  /** Adds a version inside the caller's transaction. It is in use once `use` is called, after the commit. */
  add(text: string, init: Pick<TextVersion, 'setBy' | 'forced' | 'restores'>): TextVersion {
    const { versions, clock } = this.#components
    const version = (versions.newest()?.version ?? 0) + 1
    const added = { ...init, version, hash: hashOfText(text), text, setAt: clock.now() }
    versions.add(added)
    return added
  }

  use(stored: TextVersion, document: D): void {
    this.#stored = stored
    this.#document = document
    this.#refused = undefined
  }

  /** A release with stricter rules uses the newest version that it accepts, and says so. */
  #useLastGood(): void {
    const { versions, log } = this.#components
    const { noun, read } = this.#init
    for (let stored = versions.newest(); stored !== undefined; stored = versions.get(stored.version - 1)) {
      try {
        this.#document = read(stored.text)
        this.#stored = stored
        return
      } catch (error) {
        const reason = `version ${stored.version}: ${describeError(error)}`
        this.#refused ??= reason.slice(0, 512)
        log.error(`a stored ${noun} is not used`, { reason })
      }
    }
  }

  #initial() {
    const { text } = this.#init.initial
    return { version: 0, hash: hashOfText(text), text }
  }
}

function viewOf({ version, hash, setAt, setBy, forced, restores }: Omit<TextVersion, 'text'>): VersionView {
  return {
    version,
    hash,
    setAt,
    setBy,
    ...(forced ? { forced } : {}),
    ...(restores === undefined ? {} : { restores }),
  }
}

function withText(stored: TextVersion) {
  return { ...viewOf(stored), text: stored.text }
}
