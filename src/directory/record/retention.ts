import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { RecordHold } from '../../protocol/nouns/directory/record.ts'
import { numberOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import type { Happening } from './entry.ts'

/** What of the record goes, and what is held. Hashes stay: every proof of an entry verifies without its content. */

export interface RetentionStore {
  /**
   * Removes content of entries and acts of before a time that are not held. The newest checkpoint has the hash of each.
   *
   * @returns whether there may be more.
   */
  removeBefore(time: number, limit: number): Promise<boolean>
  /**
   * Destroys the keys of a person, by id and names, and removes details of acts about the person. @returns how many keys.
   *
   * @throws `CONFLICT` if the person is held.
   */
  forget(person: string, names: readonly string[]): Promise<number>
  holds(): Promise<readonly RecordHold[]>
  /** @throws `CONFLICT` if it is held already. */
  hold(hold: RecordHold): Promise<void>
  /** @returns false if nothing was held. */
  release(about: string): Promise<boolean>
}

/** The about of a hold of everything. */
export const ALL = 'all'
const HELD = `EXISTS (SELECT 1 FROM record_holds
  WHERE about IN ('${ALL}', e.actor, coalesce(e.subject, ''), coalesce(e.device, ''), coalesce(e.agent, '')))`
const REMOVED = '{"removed":true}'

export function retentionStore(database: Database): RetentionStore {
  const due = database.prepare(
    `SELECT number, at, ${HELD} AS held, bytes IS NULL AS gone FROM record_entries e INDEXED BY record_by_time
     WHERE at >= (SELECT removed_before FROM record_retention) AND at < ? AND position IS NOT NULL ORDER BY at LIMIT ?`,
  )
  const remove = database.prepare('UPDATE record_entries SET bytes = NULL WHERE number = ?')
  const removeActs = database.prepare(
    `UPDATE audit SET details_json = '${REMOVED}' WHERE at >= ? AND at < ? AND details_json <> '${REMOVED}'
       AND NOT EXISTS (SELECT 1 FROM record_holds WHERE about IN ('${ALL}', actor, subject, coalesce(device, '')))`,
  )
  const reached = database.prepare('UPDATE record_retention SET removed_before = ?')
  const before = database.prepare('SELECT removed_before FROM record_retention')
  const destroy = database.prepare(
    'UPDATE record_keys SET key = NULL, person = NULL, destroyed_at = 1 WHERE person = ?',
  )
  const redact = database.prepare(
    `UPDATE audit SET details_json = '${REMOVED}'
     WHERE (subject = ?1 OR json_extract(details_json, '$.human') = ?1) AND details_json <> '${REMOVED}'`,
  )
  const holds = database.prepare('SELECT * FROM record_holds ORDER BY number')
  const held = database.prepare('SELECT 1 FROM record_holds WHERE about = ?')
  const hold = database.prepare('INSERT INTO record_holds (about, reason, held_at, held_by) VALUES (?, ?, ?, ?)')
  const release = database.prepare('DELETE FROM record_holds WHERE about = ?')
  return {
    removeBefore: (time, limit) =>
      database.transaction(async () => {
        const rows = await due.all(time, limit)
        for (const row of rows) if (row.held === 0 && row.gone === 0) await remove.run(numberOf(row, 'number'))
        const hasMore = rows.length === limit
        // Entries of one moment may be on both sides of the limit.
        const next = hasMore ? numberOf(rows.at(-1) ?? {}, 'at') : time
        const from = numberOf((await before.get()) ?? {}, 'removed_before')
        await removeActs.run(from, next)
        await reached.run(Math.max(from, next))
        return hasMore && next > from
      }),
    async forget(person, names) {
      for (const about of [person, ALL]) {
        if ((await held.get(about)) !== undefined) {
          throw new SuretyError('CONFLICT', `a legal hold keeps what the record has of ${person}: release it first`)
        }
      }
      let keys = 0
      for (const name of new Set([person, ...names.map((one) => one.toLowerCase())])) {
        keys += (await destroy.run(name)).changes
      }
      await redact.run(person)
      return keys
    },
    holds: async () => (await holds.all()).map(holdOf),
    async hold({ about, reason, heldAt, heldBy }) {
      if ((await held.get(about)) !== undefined) throw new SuretyError('CONFLICT', `${about} is held already`)
      await hold.run(about, reason, heldAt, heldBy)
    },
    async release(about) {
      const { changes } = await release.run(about)
      // What was held is looked at again.
      if (changes > 0) await reached.run(0)
      return changes > 0
    },
  }
}

function holdOf(row: Row): RecordHold {
  return {
    about: textOf(row, 'about'),
    reason: textOf(row, 'reason'),
    heldAt: numberOf(row, 'held_at'),
    heldBy: textOf(row, 'held_by'),
  }
}

interface RetentionComponents {
  readonly store: {
    readonly retention: RetentionStore
    readonly audit: {
      add(
        entry: Happening & { readonly act: HoldAct; readonly subject: string; readonly details: Details },
      ): Promise<void>
    }
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
}

type HoldAct = 'record-held' | 'record-released'
type Details = Readonly<Record<string, string>>

export interface Holds {
  hold(request: { readonly about: string; readonly reason: string }, by: Principal): Promise<RecordHold>
  /** @throws `NOT_FOUND`. */
  release(request: { readonly about: string; readonly reason: string }, by: Principal): Promise<void>
}

/** Legal holds: what is held is neither removed nor forgotten. */
export function recordHolds({ store, clock }: RetentionComponents): Holds {
  const act = (
    what: HoldAct,
    { about, reason }: { readonly about: string; readonly reason: string },
    changed: Pick<Happening, 'before' | 'after'>,
    by: Principal,
  ) => store.audit.add({ at: clock.now(), actor: by.id, act: what, subject: about, details: { reason }, ...changed })
  return {
    hold: (request, by) =>
      store.transaction(async () => {
        const held = { ...request, heldAt: clock.now(), heldBy: by.id }
        await store.retention.hold(held)
        await act('record-held', request, { after: held }, by)
        return held
      }),
    release: (request, by) =>
      store.transaction(async () => {
        const before = (await store.retention.holds()).find(({ about }) => about === request.about)
        if (before === undefined || !(await store.retention.release(request.about))) {
          throw new SuretyError('NOT_FOUND', `nothing of ${request.about} is held`)
        }
        await act('record-released', request, { before }, by)
      }),
  }
}

const DAY_MS = 86_400_000
const AT_ONCE = 500

/** @param days 0: without end. @returns the work of a worker. */
export function removing({ store, clock }: Pick<RetentionComponents, 'store' | 'clock'>, days: number) {
  return async () => days > 0 && (await store.retention.removeBefore(clock.now() - days * DAY_MS, AT_ONCE))
}
