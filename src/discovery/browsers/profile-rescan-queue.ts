import type { ProcessEntry } from '../../system/processes/process-table.ts'
import type { LocalUser } from '../../system/users/users.ts'
import type { Browser } from '../catalogue/catalogue.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { MAX_USERS, PerUserRateLimit } from '../scheduling/per-user-rate-limit.ts'
import { roundRobin } from '../scheduling/round-robin.ts'
import {
  isSystemBrowser,
  MAX_NAMED_PROFILES,
  type NamedProfilesComponents,
  namedProfiles,
  namesProfile,
} from './named-profiles.ts'
import type { NamedProfile } from './profile-access-policy.ts'

/** A browser has written of its extensions by then. */
const READY_AFTER_MS = 5_000
/** Programs that are looked at between two reads: of one person, and of those that one program started. */
const MAX_LOOKS = 32
const MAX_LOOKS_OF_ONE = 8
/** Places that are kept for browsers in folders of root, because any user may give another program such a name. */
const SYSTEM_LOOKS = 16
/** Folders that are read; what runs then takes the other half of what a reader is told. */
const MAX_FOLDERS = MAX_NAMED_PROFILES / 2

export interface ProfilesWanted {
  readonly user: LocalUser
  readonly profiles: readonly NamedProfile[]
}

interface Wanted {
  readonly user: LocalUser
  readonly found: Found[]
  readonly readyAt: number
  /** By who started the programs that were looked at. */
  readonly looks: Map<number, number>
}

interface Found {
  readonly profile: NamedProfile
  readonly starter: number
  readonly isSystem: boolean
}

/**
 * Whose browser profiles to read again: those of people who have started a known browser with a folder of its own. It may have
 * ended before the next look at everything.
 */
export class ProfileReads {
  readonly #components: NamedProfilesComponents
  readonly #wanted = new Map<string, Wanted>()
  readonly #pace = new PerUserRateLimit()

  constructor(components: NamedProfilesComponents) {
    this.#components = components
  }

  /** No profile is to be read. */
  get isEmpty(): boolean {
    return this.#wanted.size === 0
  }

  /** A program began. */
  note(
    process: ProcessEntry,
    known: {
      readonly forkedBy?: ProcessRecord | undefined
      readonly users: readonly LocalUser[]
      readonly browsers: () => readonly Browser[]
      readonly nowMs: number
    },
  ): void {
    if (!namesProfile(process.argv)) return
    const { userId } = process
    const user = this.#wanted.get(userId)?.user ?? known.users.find((each) => each.id === userId)
    if (user === undefined) return
    const wanted: Wanted = this.#wanted.get(userId) ?? {
      user,
      found: [],
      readyAt: known.nowMs + READY_AFTER_MS,
      looks: new Map(),
    }
    if (this.#wanted.size >= MAX_USERS && !this.#wanted.has(userId)) return
    // Where a folder lies costs a look at the system, whatever comes of it.
    const starter = starterOf(known.forkedBy) ?? process.parentPid
    const looks = wanted.looks.get(starter) ?? 0
    const allLooks = [...wanted.looks.values()].reduce((sum, each) => sum + each, 0)
    if (looks >= MAX_LOOKS_OF_ONE || allLooks >= MAX_LOOKS) return
    const browsers = known.browsers()
    const isSystem = isSystemBrowser(browsers, process)
    if (!isSystem && allLooks >= MAX_LOOKS - SYSTEM_LOOKS) return
    wanted.looks.set(starter, looks + 1)
    this.#wanted.set(userId, wanted)
    const [profile] = namedProfiles(this.#components, { user, browsers }, [process]).profiles
    if (profile === undefined || !browsers.some(({ id }) => id === profile.product)) return
    const isKnown = wanted.found.some(
      (each) => each.profile.path === profile.path && each.profile.family === profile.family,
    )
    if (!isKnown) wanted.found.push({ profile, starter, isSystem })
  }

  /** Those to read now; they are then taken for read. */
  take(nowMs: number): readonly ProfilesWanted[] {
    const due: ProfilesWanted[] = []
    for (const [userId, { user, found, readyAt }] of this.#wanted) {
      const isIdle = found.length === 0
      if (nowMs >= readyAt && isIdle) this.#wanted.delete(userId)
      if (isIdle || nowMs < readyAt || !this.#pace.isDue(userId, nowMs)) continue
      due.push({ user, profiles: inTurn(found).map(({ profile }) => profile) })
      this.#wanted.delete(userId)
      this.#pace.read(userId, nowMs)
    }
    return due
  }
}

/** Browsers where root puts them first; of these and of the others what each program started in its turn. */
function inTurn(found: readonly Found[]): readonly Found[] {
  return [true, false]
    .flatMap((system) => {
      const some = found.filter(({ isSystem }) => isSystem === system)
      return roundRobin(some, MAX_FOLDERS, ({ starter }) => starter)
    })
    .slice(0, MAX_FOLDERS)
}

/**
 * The program that began it. Skips ended forks that ran no program of their own, so that many processes started one by one
 * count for the program that started them.
 */
function starterOf(forkedBy: ProcessRecord | undefined): number | undefined {
  let at = forkedBy
  while (at?.forkedBy !== undefined && (at.ended === true || at.atExec === undefined)) at = at.forkedBy
  return at?.pid
}
