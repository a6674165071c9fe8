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
    move(id: string, to: RequestedState, act: { readonly reason: string; readonly by: Person }): Promise<unknown>
  }
}

export interface Zombies {
  sweep(): Promise<ZombieSweep>
  /** Begins a sweep, or lets the one continue that runs. @param by absent: the directory, once an hour. */
  begin(by?: Person): Promise<ZombieSweep>
  /** Looks at the next registrations in one transaction. @returns whether there are more. */
  sweepSome(): Promise<boolean>
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

  async sweep(): Promise<ZombieSweep> {
    const { zombies: store } = this.#components.store
    const { startedAt, finishedAt, lookedAt } = await store.sweep()
    const { all, registrations, byReason } = await store.counts()
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

  async begin(by?: Person): Promise<ZombieSweep> {
    const { store, clock, changes } = this.#components
    await store.transaction(async () => {
      const { startedAt, finishedAt } = await store.zombies.sweep()
      if (startedAt !== undefined && finishedAt === undefined) return
      const at = clock.now()
      await store.zombies.putSweep({ startedAt: at, after: 0, lookedAt: 0 })
      if (by === undefined) return
      await store.audit.add({ at, actor: by.id, act: 'zombie-sweep-begun', subject: 'sweep', details: {} })
    })
    changes.of('sweeps')
    return this.sweep()
  }

  async sweepSome(): Promise<boolean> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const sweep = await store.zombies.sweep()
      if (sweep.startedAt === undefined || sweep.finishedAt !== undefined) return false
      const now = clock.now()
      const page = await store.zombies.registrations({ after: sweep.after, limit: AT_ONCE, now })
      for (const registration of page) await this.#look(registration, now)
      const last = page.at(-1)
      const lookedAt = sweep.lookedAt + page.length
      if (last === undefined || page.length < AT_ONCE) {
        await store.zombies.putSweep({ ...sweep, lookedAt, finishedAt: now })
        return false
      }
      await store.zombies.putSweep({ ...sweep, lookedAt, after: last.number })
      return true
    })
  }

  async #look(registration: SweptRegistration, now: number): Promise<void> {
    const { store, rules } = this.#components
    const reasons = zombieReasons(registration, rules.zombies, now)
    const { zombie: before, id } = registration
    if (reasons.length === 0) {
      if (before === undefined) return
      await store.zombies.remove(id)
      await this.#record('zombie-gone', registration, before.reasons, {})
      return
    }
    // What was done for the same reasons is not done again: a human may have decided otherwise since.
    if (before !== undefined && before.done !== 'failed' && before.reasons.join() === reasons.join()) return
    const { done, code } = await this.#act(registration, reasons)
    await store.zombies.put({ registration: id, number: registration.number, reasons, done, at: now, code })
    if (done !== 'failed' || before?.done !== 'failed') {
      await this.#record(ACTS[done], registration, reasons, code === undefined ? {} : { code })
    }
  }

  async #act(
    { id, state }: SweptRegistration,
    reasons: readonly ZombieReason[],
  ): Promise<{ readonly done: ZombieDone; readonly code?: string }> {
    const { store, rules, registrations } = this.#components
    const action = zombieAction(reasons, rules.zombies)
    const act = { reason: `zombie: ${reasons.join(', ')}`, by: DIRECTORY }
    try {
      if (action === 'suspend' && state === 'active')
        await store.transaction(() => registrations.move(id, 'suspended', act))
      if (action === 'retire') await store.transaction(() => registrations.move(id, 'retiring', act))
      return { done: DONE[action] }
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error
      return { done: 'failed', code: error.code }
    }
  }

  async #record(
    act: (typeof ZOMBIE_ACTS)[number],
    { id, name, owner, ownerName }: SweptRegistration,
    reasons: readonly ZombieReason[],
    more: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { store, clock, rules } = this.#components
    const about = { name, reasons: reasons.join(', '), rules: rules.version, ...more }
    const answers = { ...(owner === undefined ? {} : { owner }), ...(ownerName === undefined ? {} : { ownerName }) }
    await store.audit.add({ at: clock.now(), actor: DIRECTORY.id, act, subject: id, details: { ...about, ...answers } })
  }
}

/** Sweeps every hour, and continues a sweep that was interrupted. @returns the work of a worker. */
export function sweeping({
  clock,
  zombies: swept,
}: Pick<ZombiesComponents, 'clock'> & { readonly zombies: Zombies }): () => Promise<boolean> {
  return async () => {
    const { running, finishedAt = 0 } = await swept.sweep()
    // A clock that was set back must not end the sweeps.
    if (!running && Math.abs(clock.now() - finishedAt) >= SWEEP_EVERY_MS) await swept.begin()
    return swept.sweepSome()
  }
}
