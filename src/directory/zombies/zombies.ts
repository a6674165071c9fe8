import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { RequestedState } from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type {
  ZOMBIE_ACTS,
  ZombieAction,
  ZombieDone,
  ZombieReason,
  ZombieSweep,
} from '../../protocol/nouns/agents/zombies.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { type ZombieRules, zombieAction, zombieReasons } from '../rule-set/zombie-rules.ts'
import type { Changes } from '../workers/changes.ts'
import type { SweptRegistration, ZombieStore } from './zombie-store.ts'

/** A sweep looks at every registration and finds those that nobody needs, answers for or looks after. */

export interface ZombiesComponents extends ActComponents<{ readonly zombies: ZombieStore }> {
  readonly log: Pick<Log, 'info' | 'error'>
  readonly changes: Pick<Changes, 'of'>
  readonly rules: { readonly zombies: ZombieRules; readonly version: number }
  readonly registrations: {
    move(id: string, to: RequestedState, act: { readonly reason: string; readonly by: Person }): unknown
  }
}

export interface Zombies {
  sweep(): ZombieSweep
  /** Begins a sweep, or lets the one continue that runs. */
  begin(): ZombieSweep
  /** Looks at the next registrations in one transaction. @returns whether there are more. */
  sweepSome(): boolean
}

/** Some ten milliseconds, in which devices and administrators wait. */
const AT_ONCE = 500
const SWEEP_EVERY_MS = 3_600_000
const DIRECTORY = { id: 'directory', name: 'surety-directory' }

/** What each action leaves behind. */
const DONE = { report: 'reported', warn: 'warned', suspend: 'suspended', retire: 'retired' } as const satisfies Record<
  ZombieAction,
  ZombieDone
>
const ACTS = {
  reported: 'zombie-found',
  warned: 'zombie-warned',
  suspended: 'zombie-suspended',
  retired: 'zombie-retired',
  failed: 'zombie-failed',
} as const satisfies Record<ZombieDone, (typeof ZOMBIE_ACTS)[number]>

export function zombies(components: ZombiesComponents): Zombies {
  return new SweptZombies(components)
}

class SweptZombies implements Zombies {
  readonly #components: ZombiesComponents

  constructor(components: ZombiesComponents) {
    this.#components = components
  }

  sweep(): ZombieSweep {
    const { zombies: store } = this.#components.store
    const { startedAt, finishedAt, lookedAt } = store.sweep()
    const { all, registrations, byReason } = store.counts()
    return {
      running: startedAt !== undefined && finishedAt === undefined,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
      lookedAt,
      registrations,
      zombies: all,
      byReason,
    }
  }

  begin(): ZombieSweep {
    const { store, clock, changes } = this.#components
    store.transaction(() => {
      const { startedAt, finishedAt } = store.zombies.sweep()
      if (startedAt !== undefined && finishedAt === undefined) return
      store.zombies.putSweep({ startedAt: clock.now(), after: 0, lookedAt: 0 })
    })
    changes.of('sweeps')
    return this.sweep()
  }

  sweepSome(): boolean {
    const { store, clock } = this.#components
    return store.transaction(() => {
      const sweep = store.zombies.sweep()
      if (sweep.startedAt === undefined || sweep.finishedAt !== undefined) return false
      const now = clock.now()
      const page = store.zombies.registrations({ after: sweep.after, limit: AT_ONCE, now })
      for (const registration of page) this.#look(registration, now)
      const last = page.at(-1)
      const lookedAt = sweep.lookedAt + page.length
      if (last === undefined || page.length < AT_ONCE) {
        store.zombies.putSweep({ ...sweep, lookedAt, finishedAt: now })
        return false
      }
      store.zombies.putSweep({ ...sweep, lookedAt, after: last.number })
      return true
    })
  }

  #look(registration: SweptRegistration, now: number): void {
    const { store, rules } = this.#components
    const reasons = zombieReasons(registration, rules.zombies, now)
    const { zombie: before, id } = registration
    if (reasons.length === 0) {
      if (before === undefined) return
      store.zombies.remove(id)
      this.#record('zombie-gone', registration, before.reasons, {})
      return
    }
    // What was done for the same reasons is not done again: a human may have decided otherwise since.
    if (before !== undefined && before.done !== 'failed' && before.reasons.join() === reasons.join()) return
    const { done, code } = this.#act(registration, reasons)
    store.zombies.put({ registration: id, number: registration.number, reasons, done, at: now, code })
    if (done !== 'failed' || before?.done !== 'failed') {
      this.#record(ACTS[done], registration, reasons, code === undefined ? {} : { code })
    }
  }

  #act(
    { id, state }: SweptRegistration,
    reasons: readonly ZombieReason[],
  ): { readonly done: ZombieDone; readonly code?: string } {
    const { store, rules, registrations } = this.#components
    const action = zombieAction(reasons, rules.zombies)
    const act = { reason: `zombie: ${reasons.join(', ')}`, by: DIRECTORY }
    try {
      if (action === 'suspend' && state === 'active') store.transaction(() => registrations.move(id, 'suspended', act))
      if (action === 'retire') store.transaction(() => registrations.move(id, 'retiring', act))
      return { done: DONE[action] }
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error
      return { done: 'failed', code: error.code }
    }
  }

  #record(
    act: (typeof ZOMBIE_ACTS)[number],
    { id, name, owner, ownerName }: SweptRegistration,
    reasons: readonly ZombieReason[],
    more: Readonly<Record<string, string>>,
  ): void {
    const { store, clock, rules } = this.#components
    const about = { name, reasons: reasons.join(', '), rules: rules.version, ...more }
    const answers = { ...(owner === undefined ? {} : { owner }), ...(ownerName === undefined ? {} : { ownerName }) }
    store.audit.add({ at: clock.now(), actor: DIRECTORY.id, act, subject: id, details: { ...about, ...answers } })
  }
}

/** Sweeps every hour, and continues a sweep that was interrupted. @returns the work of a worker. */
export function sweeping({
  clock,
  zombies: swept,
}: Pick<ZombiesComponents, 'clock'> & { readonly zombies: Zombies }): () => boolean {
  return () => {
    const { running, finishedAt = 0 } = swept.sweep()
    // A clock that was set back must not end the sweeps.
    if (!running && Math.abs(clock.now() - finishedAt) >= SWEEP_EVERY_MS) swept.begin()
    return swept.sweepSome()
  }
}
