import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { RegistrationStore } from '../registrations/registration-store.ts'
import type { Registrations } from '../registrations/registrations.ts'
import type { StoredSeen } from './seen-store.ts'
import { bringUpToDate, type TakeInStore } from './take-in.ts'

export interface SeenWorkComponents {
  readonly store: TakeInStore & { transaction<T>(work: () => Promise<T>): Promise<T> }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error'>
  /** One differs from its registration in a new way. */
  readonly onDeviated?: ((seen: StoredSeen & { readonly registration: string }) => Promise<void>) | undefined
}

export interface SuspendComponents {
  readonly store: { readonly registrations: Pick<RegistrationStore, 'get'> }
  readonly registrations: Pick<Registrations, 'move'>
}

/** Seen agents in one transaction, some ten milliseconds: evidence waits as long. */
const AT_ONCE = 100
const NEWS_AT_ONCE = 20
const DIRECTORY = { id: 'directory', name: 'surety-directory' }

/**
 * Matches again what registrations, accounts and stops changed, ends what was ignored for a time, and hands on news.
 *
 * @returns whether there may be more.
 */
export async function matchSome(components: SeenWorkComponents): Promise<boolean> {
  const { store, clock } = components
  // Without work there is no transaction: each one is written to disk.
  const isDue = (await store.seen.nextRematch(1)) !== undefined
  const rematched = isDue && (await store.transaction(() => rematchSome(store, clock.now())))
  const isPast = (await store.seen.pastIgnored(clock.now(), 1)).length > 0
  if (isPast) await store.transaction(() => endIgnored(store, clock.now()))
  const news = await store.seen.news(NEWS_AT_ONCE)
  for (const number of news) await handOn(components, number)
  return rematched || isPast || news.length > 0
}

/** Changes of many registrations, each of which few seen agents match, are one step. */
async function rematchSome(store: TakeInStore, at: number): Promise<boolean> {
  let left = AT_ONCE
  let changes = 0
  while (left > 0 && changes < AT_ONCE) {
    const rematch = await store.seen.nextRematch(left)
    if (rematch === undefined) break
    for (const key of rematch.keys) await bringUpToDate(store, key, at)
    await store.seen.rematched(rematch)
    left -= rematch.keys.length
    changes++
  }
  return changes > 0
}

async function endIgnored(store: TakeInStore, at: number): Promise<void> {
  for (const seen of await store.seen.pastIgnored(at, AT_ONCE)) {
    // What is not there any more is not brought up to date.
    const isOver = seen.state === 'ignored' && seen.present === 0
    const unknown = { state: 'unknown' as const, decidedBy: undefined, decidedAt: undefined }
    await store.seen.update({ ...seen, ignored: undefined, ...(isOver ? unknown : {}) })
    await bringUpToDate(store, seen, at)
  }
}

/** What fails is logged and not tried again: the news is in the record. */
async function handOn({ store, log, onDeviated }: SeenWorkComponents, number: number): Promise<void> {
  try {
    await store.transaction(async () => {
      await store.seen.dropNews(number)
      const seen = await store.seen.byNumber(number)
      if (seen === undefined) return
      const { registration } = seen
      if (registration !== undefined && seen.deviations.length > 0) await onDeviated?.({ ...seen, registration })
    })
  } catch (error) {
    log.error('news of a seen agent could not be acted on', { error: describeError(error) })
    await store.transaction(() => store.seen.dropNews(number))
  }
}

/** Suspends the registration of an agent that deviates, if it is active. Its stop freezes all that it matches. */
export async function suspendDeviating(
  { store, registrations }: SuspendComponents,
  { id, registration, deviations }: StoredSeen & { readonly registration: string },
): Promise<void> {
  if ((await store.registrations.get(registration))?.state !== 'active') return
  await registrations.move(registration, 'suspended', {
    reason: `${id} deviates: ${deviations.join(', ')}`,
    by: DIRECTORY,
  })
}
