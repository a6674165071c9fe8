import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { hashOfText } from '../../crypto/hash.ts'
import {
  type ListedVersion,
  TEXT_MEMBERS,
  type TextMember,
  type TextNoun,
  type Version,
} from '../../protocol/noun/versioned-text.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { NumberedPage } from '../http/paging.ts'
import type { Changes, Topics } from '../workers/changes.ts'
import type { TextVersion, VersionStore } from './version-store.ts'

/** A text that administrators set, with versions: such as the policy or the rules. The newest that this release accepts is in use. */
export interface VersionedText<View, Test> {
  /** Of the text in use. 0: what this release begins with. */
  readonly version: number
  /** The version in use, and why a newer one is not. */
  current(): Promise<View>
  /** Newest first; 0 is last. */
  history(page: NumberedPage): Promise<readonly ListedVersion[]>
  /** @throws `NOT_FOUND`. */
  textOf(version: number): Promise<View>
  /** What the text would change. @throws `INPUT_*` with the line. */
  test(text: string, againstMs?: number): Promise<Test>
  /**
   * The text in use stays when this throws.
   *
   * @throws `INPUT_*` with the line; `CONFLICT` if its test advises against it; `VERSION_STALE`.
   */
  set(text: string, options: SetText): Promise<View>
  /**
   * As `set`, but the caller commits: what is returned adds the version in the caller's transaction.
   *
   * @throws as `set`.
   */
  propose(text: string, options: Pick<SetText, 'force'>): Promise<(actor: string) => Promise<void>>
  /** Sets an earlier version again, as a new one. @throws as `set`; `NOT_FOUND`. */
  rollBack(version: number, options: SetText): Promise<View>
}

export interface SetText {
  readonly actor: string
  /** Sets it although its test advises against it. */
  readonly force?: boolean
  /** Kept with the version. */
  readonly reason?: string
  /** The version that has to be in use until then. */
  readonly replaces?: number
}

export type TextView<N extends TextNoun> = Version &
  Readonly<Record<TextMember<N>, string>> & { readonly refused?: string }

export interface StoredTextComponents extends ActComponents<{ afterCommit(work: () => void): void }> {
  readonly versions: VersionStore
  readonly log: Pick<Log, 'error'>
  readonly changes: Pick<Changes, 'of'>
}

export interface StoredTextInit<N extends TextNoun, D, T> {
  readonly noun: N
  /** What a change is announced as. Absent: nothing waits for it. */
  readonly topic?: Extract<keyof Topics, 'policies' | 'rules'>
  /** Version 0, of a directory that was given none. */
  readonly initial: { readonly text: string; readonly document: D }
  /** @throws `INPUT_*` for a text that this release does not accept. */
  readonly read: (text: string) => D | Promise<D>
  readonly test: (proposed: D, options: { readonly current: D; readonly againstMs: number }) => Promise<T>
  /** Why the tested text is only set by force. */
  readonly objectionOf: (tested: T) => string | undefined
  /** What a person reads after an objection. */
  readonly unlessForced: string
}

export class StoredText<N extends TextNoun, D, T> implements VersionedText<TextView<N>, T> {
  readonly #components: StoredTextComponents
  readonly #init: StoredTextInit<N, D, T>
  #document: D
  #stored: TextVersion | undefined
  #refused: string | undefined

  constructor(components: StoredTextComponents, init: StoredTextInit<N, D, T>) {
    this.#components = components
    this.#init = init
    this.#document = init.initial.document
  }

  /** What the version in use says. */
  get document(): D {
    return this.#document
  }

  /** What is in use. Undefined for version 0. */
  protected get stored(): TextVersion | undefined {
    return this.#stored
  }

  get version(): number {
    return this.#stored?.version ?? 0
  }

  async current(): Promise<TextView<N>> {
    return this.#viewOf(this.#stored ?? this.#initial(), this.#refused)
  }

  async history({ before, limit }: NumberedPage): Promise<readonly ListedVersion[]> {
    const stored = (await this.#components.versions.list({ before, limit })).map((one) => ({
      ...aboutOf(one),
      current: one.version === this.version,
    }))
    if (stored.length === limit || before === 0) return stored
    return [...stored, { ...aboutOf(this.#initial()), current: this.version === 0 }]
  }

  async textOf(version: number): Promise<TextView<N>> {
    const { noun } = this.#init
    const stored = version === 0 ? this.#initial() : await this.#components.versions.get(version)
    if (stored !== undefined) return this.#viewOf(stored)
    const advice = `list them with surety-directory ${noun} history`
    throw new SuretyError('NOT_FOUND', `there is no version ${version} of the ${noun}: ${advice}`)
  }

  async test(text: string, againstMs = 0): Promise<T> {
    return this.#test(await this.#init.read(text), againstMs)
  }

  set(text: string, options: SetText): Promise<TextView<N>> {
    return this.#set(text, options, undefined)
  }

  async rollBack(version: number, options: SetText): Promise<TextView<N>> {
    return this.#set((await this.textOf(version))[TEXT_MEMBERS[this.#init.noun]], options, version)
  }

  #test(proposed: D, againstMs: number): Promise<T> {
    return this.#init.test(proposed, { current: this.#document, againstMs })
  }

  propose(text: string, options: Pick<SetText, 'force'>): Promise<(actor: string) => Promise<void>> {
    return this.#propose(text, options, undefined)
  }

  async #set(text: string, { actor, ...options }: SetText, restores: number | undefined): Promise<TextView<N>> {
    const commit = await this.#propose(text, options, restores)
    await commit(actor)
    return this.current()
  }

  async #propose(
    text: string,
    { force = false, reason, replaces }: Omit<SetText, 'actor'>,
    restores: number | undefined,
  ): Promise<(actor: string) => Promise<void>> {
    const { store, changes } = this.#components
    const { noun, topic, read, objectionOf, unlessForced } = this.#init
    this.#requireInUse(replaces)
    const document = await read(text)
    const objection = objectionOf(await this.#test(document, 0))
    if (objection !== undefined && !force) throw new SuretyError('CONFLICT', `${objection}. ${unlessForced}: --force`)
    return (actor) =>
      store.transaction(async () => {
        this.#requireInUse(replaces)
        const before = this.#inUse()
        const added = await this.#add(text, { setBy: actor, forced: objection !== undefined, restores, reason })
        const { version, hash, forced, setAt: at } = added
        const act = restores === undefined ? (`${noun}-set` as const) : (`${noun}-rolled-back` as const)
        const details = {
          version,
          hash,
          forced,
          ...(restores === undefined ? {} : { restores }),
          ...(reason === undefined ? {} : { reason }),
        }
        const after = { inUse: version, hash }
        await store.audit.add({ at, actor, act, subject: `${version}`, details, before, after })
        store.afterCommit(() => {
          this.#stored = added
          this.#document = document
          this.#refused = undefined
          if (topic !== undefined) changes.of(topic)
        })
      })
  }

  /** @throws `VERSION_STALE`. */
  #requireInUse(version: number | undefined): void {
    if (version === undefined || version === this.version) return
    const { noun } = this.#init
    const now = `version ${this.version} of the ${noun} is in use, not version ${version}`
    throw new SuretyError('VERSION_STALE', `${now}: look at what changed, then set yours again`)
  }

  async #add(text: string, init: Pick<TextVersion, 'setBy' | 'forced' | 'restores' | 'reason'>): Promise<TextVersion> {
    const { versions, clock } = this.#components
    const version = ((await versions.newest())?.version ?? 0) + 1
    const added = { ...init, version, hash: hashOfText(text), text, setAt: clock.now() }
    await versions.add(added)
    return (await versions.get(version)) ?? added
  }

  /** Reads the version in use. A release with stricter rules uses the newest that it accepts, and logs a warning. */
  async load(): Promise<void> {
    const { versions, log } = this.#components
    const { noun, read } = this.#init
    for (let stored = await versions.newest(); stored !== undefined; stored = await versions.get(stored.version - 1)) {
      try {
        this.#document = await read(stored.text)
        this.#stored = stored
        return
      } catch (error) {
        const reason = `version ${stored.version}: ${describeError(error)}`
        this.#refused ??= reason.slice(0, 512)
        log.error(`a stored ${noun} is not used`, { reason })
      }
    }
  }

  /** Names what an entry of the record says of it. */
  #inUse(): { readonly inUse: number; readonly hash: string } {
    const { version, hash } = this.#stored ?? this.#initial()
    return { inUse: version, hash }
  }

  #initial() {
    const { text } = this.#init.initial
    return { version: 0, hash: hashOfText(text), text }
  }

  #viewOf(stored: InitialVersion, refused?: string): TextView<N> {
    const about = { ...aboutOf(stored), ...(refused === undefined ? {} : { refused }) }
    // A computed member is of any name for the compiler.
    return { ...about, [TEXT_MEMBERS[this.#init.noun]]: stored.text } as TextView<N>
  }
}

/** A stored version, or 0: the one that comes with the program. */
type InitialVersion = Pick<TextVersion, 'version' | 'hash' | 'text'> & Partial<TextVersion>

function aboutOf(stored: Omit<InitialVersion, 'text'>): Version {
  const { version, hash, setAt, setBy, setByName, forced, restores, reason } = stored
  return {
    version,
    hash,
    ...(setAt === undefined ? {} : { setAt }),
    ...(setBy === undefined ? {} : { setBy }),
    ...(forced === true ? { forced } : {}),
    ...(setByName === undefined ? {} : { setByName }),
    ...(restores === undefined ? {} : { restores }),
    ...(reason === undefined ? {} : { reason }),
  }
}
