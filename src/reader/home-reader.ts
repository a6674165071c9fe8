import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { builtInCatalogue } from '../discovery/catalogue/built-in.ts'
import type { Catalogue } from '../discovery/catalogue/catalogue.ts'
import { TASK_SOURCES } from '../discovery/files/scan-tasks.ts'
import { outcomeOf } from '../discovery/files/source-log.ts'
import type { HomeFindings, HomeReader } from '../discovery/homes/home-reader.ts'
import { type ScreenLockSettings, screenLockSettings } from '../posture/screen-lock.ts'
import type { SourceReport } from '../protocol/sighting.ts'
import type { LocalUser } from '../system/users/users.ts'
import type { HomeAnswer, HomeRequest, ReaderTask } from './home-request.ts'
import { type ReaderChildrenComponents, type ReaderChildrenInit, readerChildren } from './reader-children.ts'

export interface HomeReaderComponents extends ReaderChildrenComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log?: Pick<Log, 'info'>
}

export interface ReaderChild extends HomeReader {
  /** What a person set for their screen lock. @throws `FILE_UNREADABLE`, `INPUT_MALFORMED`, `COMMAND_TIMED_OUT`, `COMMAND_FAILED`. */
  readScreenLock(user: LocalUser, options: { readonly signal: AbortSignal }): Promise<ScreenLockSettings>
}

/** Reads homes through a child each, which has its owner's rights and is killed at its deadline. */
export function homeReader(components: HomeReaderComponents, init: ReaderChildrenInit): ReaderChild {
  const children = readerChildren(components, init)
  const reduced = new Set<string>()
  const noteRights = (user: LocalUser, answers: readonly HomeAnswer[]) => {
    if (!answers.some(({ rights }) => rights === 'reduced') || reduced.has(user.id)) return
    reduced.add(user.id)
    components.log?.info('home read without its user', { user: user.id, reason: 'the user is not logged on' })
  }
  // Made once for each catalogue, which is large. Weak, because a catalogue is read again rather than kept in memory.
  const sums = new WeakMap<Catalogue, string>()
  const sumOf = (catalogue: Catalogue) => {
    const sum = sums.get(catalogue) ?? hash('sha256', JSON.stringify(catalogue), 'hex')
    sums.set(catalogue, sum)
    return sum
  }
  return {
    async readHome({ user, catalogue, tasks, profiles = [], workedIn = [], remember = true }, { signal }) {
      const startedAt = components.clock.monotonic()
      const { answers, failure } = await children.run(
        {
          ...requestOf(user, catalogue, tasks),
          ...(profiles.length === 0 ? {} : { profiles: profiles.map((profile) => ({ ...profile })) }),
          ...(workedIn.length === 0 ? {} : { workedIn: [...workedIn] }),
          ...(components.memories && remember && { remember: sumOf(catalogue) }),
        },
        { signal },
      )
      noteRights(user, answers)
      const durationMs = Math.max(0, components.clock.monotonic() - startedAt)
      const missing = tasks
        .filter((task) => !answers.some((answer) => answer.task === task))
        .map((task) => ({
          source: TASK_SOURCES[task],
          path: user.home,
          ...outcomeOf(failure ?? new SuretyError('COMMAND_FAILED', 'the reader gave no answer')),
          items: 0,
          durationMs,
        }))
      return owned(user, answers, missing)
    },
    async readScreenLock(user, { signal }) {
      const request = requestOf(user, undefined, ['screen-lock'])
      const { answers, failure } = await children.run(request, { signal })
      const [answer] = answers
      if (answer?.screenLock !== undefined) return screenLockSettings.read(answer.screenLock)
      const reason = answer?.sources[0]?.reason
      if (reason !== undefined) throw new SuretyError('FILE_UNREADABLE', reason)
      throw failure ?? new SuretyError('COMMAND_FAILED', 'the reader gave no answer')
    },
  }
}

function requestOf(user: LocalUser, catalogue: Catalogue | undefined, tasks: readonly ReaderTask[]): HomeRequest {
  const { id, name, posix, home, namedHome } = user
  // The child has our own as well.
  const other = catalogue === undefined || catalogue === builtInCatalogue() ? {} : { catalogue }
  const named = namedHome === undefined ? {} : { namedHome }
  const ids = posix === undefined ? {} : { posix: { ...posix } }
  return { user: { id, name }, ...ids, home, ...named, tasks: [...tasks], ...other }
}

/** The child has the rights of the user that it reads, so we and not the child say to which user its findings belong. */
function owned(user: LocalUser, answers: readonly HomeAnswer[], missing: readonly SourceReport[]): HomeFindings {
  const owner = { id: user.id, name: user.name }
  return {
    sightings: answers.flatMap(({ sightings }) => sightings).map((sighting) => ({ ...sighting, user: owner })),
    sources: [...answers.flatMap(({ sources }) => sources), ...missing].map((source) => ({ ...source, user: owner })),
    states: answers.flatMap(({ states = [] }) => states).map((state) => ({ ...state, user: owner })),
    launches: answers.flatMap(({ launches = [] }) => launches),
    // What it says of files elsewhere counts for nothing.
    blobs: answers.flatMap(({ blobs = [] }) => blobs).filter(({ path }) => path.startsWith(`${user.home}/`)),
  }
}
