import type { ProcessEntry } from '../system/process-table.ts'
import type { LocalUser } from '../system/users.ts'
import type { Browser } from './catalogue/browser-facts.ts'
import { type NamedProfile, type NamedProfilesComponents, namedProfiles, namesProfile } from './named-profiles.ts'

/** A browser has written of its extensions by then. */
const READY_AFTER_MS = 5_000
/** Whoever starts browsers for ever would have their home read for ever. */
const READ_EVERY_MS = 60_000
const MAX_OWNERS = 4_096
/** Programs of one person that are looked at between two reads. */
const MAX_LOOKS = 8

export interface ProfilesWanted {
  readonly user: LocalUser
  readonly profiles: readonly NamedProfile[]
}

interface Wanted {
  readonly user: LocalUser
  readonly profiles: NamedProfile[]
  readonly readyAt: number
  looks: number
}

/**
 * Whose browser profiles to read again: those of people who have started a known browser with a folder of its own. It may have
 * ended before the next look at everything.
 */
export class ProfileReads {
  readonly #components: NamedProfilesComponents
  readonly #wanted = new Map<number, Wanted>()
  readonly #readAt = new Map<number, number>()

  constructor(components: NamedProfilesComponents) {
    this.#components = components
  }

  /** A program began. */
  note(
    process: ProcessEntry,
    known: {
      readonly users: readonly LocalUser[]
      readonly browsers: () => readonly Browser[]
      readonly nowMs: number
    },
  ): void {
    if (!namesProfile(process.argv)) return
    const { uid } = process
    const user = this.#wanted.get(uid)?.user ?? known.users.find((each) => each.uid === uid)
    if (user === undefined) return
    const wanted = this.#wanted.get(uid) ?? { user, profiles: [], readyAt: known.nowMs + READY_AFTER_MS, looks: 0 }
    // Where a folder lies costs a look at the system, whatever comes of it.
    if (wanted.looks >= MAX_LOOKS || (this.#wanted.size >= MAX_OWNERS && !this.#wanted.has(uid))) return
    wanted.looks++
    this.#wanted.set(uid, wanted)
    const browsers = known.browsers()
    const [named] = namedProfiles(this.#components, { user, browsers }, [process]).profiles
    if (named === undefined || !browsers.some(({ id }) => id === named.product)) return
    const isKnown = wanted.profiles.some(({ path, family }) => path === named.path && family === named.family)
    if (!isKnown) wanted.profiles.push(named)
  }

  /** Those to read now; they are then taken for read. */
  take(nowMs: number): readonly ProfilesWanted[] {
    const due: ProfilesWanted[] = []
    for (const [uid, { user, profiles, readyAt }] of this.#wanted) {
      const isIdle = profiles.length === 0
      if (nowMs >= readyAt && isIdle) this.#wanted.delete(uid)
      if (isIdle || nowMs < readyAt || nowMs - (this.#readAt.get(uid) ?? Number.NEGATIVE_INFINITY) < READ_EVERY_MS)
        continue
      due.push({ user, profiles })
      this.#wanted.delete(uid)
      this.#readAt.delete(uid)
      this.#readAt.set(uid, nowMs)
    }
    for (const uid of this.#readAt.keys()) if (this.#readAt.size > MAX_OWNERS) this.#readAt.delete(uid)
    return due
  }
}
