import { member } from '../../base/json-object.ts'
import { numberOf, optionalNumberOf, optionalTextOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** What SCIM needs of the store besides humans and groups. */
export interface ScimStore {
  /** The number of the human with so many before it, deleted ones left out. 0: none. */
  humanBefore(offset: number): Promise<number>
  groupBefore(offset: number): Promise<number>
  /** Groups that were not deleted. */
  groups(): Promise<number>
  /** Deactivations by SCIM since a time, and the agents that ended by them. */
  deactivations(since: number): Promise<{ readonly humans: number; readonly agents: number }>
  /** Keeps a deactivation, by which so many agents ended, and forgets those before `since`. */
  deactivated(
    human: string,
    init: { readonly at: number; readonly since: number; readonly agents: number },
  ): Promise<void>
  forgetDeactivations(): Promise<void>
  guard(): Promise<StoredGuard>
  setGuard(guard: StoredGuard): Promise<void>
}

/** A hold lasts until an administrator allows deactivations for a while. */
export interface StoredGuard {
  readonly heldAt?: number | undefined
  /** Id of the principal whose sync is held. */
  readonly heldFor?: string | undefined
  readonly allowedAt?: number | undefined
  readonly allowedUntil?: number | undefined
  readonly allowedBy?: string | undefined
}

export function scimStore(database: Database): ScimStore {
  // By the index of their numbers: the rows of humans are large.
  const human = database.prepare(
    'SELECT number FROM humans INDEXED BY humans_listed WHERE deleted_at IS NULL ORDER BY number LIMIT 1 OFFSET ?',
  )
  const group = database.prepare(
    'SELECT number FROM people_groups WHERE deleted_at IS NULL ORDER BY number LIMIT 1 OFFSET ?',
  )
  const groups = database.prepare('SELECT count(*) AS count FROM people_groups WHERE deleted_at IS NULL')
  const count = database.prepare(
    'SELECT count(*) AS humans, coalesce(sum(agents), 0) AS agents FROM scim_deactivations WHERE at > ?',
  )
  const add = database.prepare('INSERT INTO scim_deactivations (human, at, agents) VALUES (?, ?, ?)')
  const forget = database.prepare('DELETE FROM scim_deactivations WHERE at <= ?')
  const forgetAll = database.prepare('DELETE FROM scim_deactivations')
  const guard = database.prepare('SELECT * FROM scim_guard')
  const setGuard = database.prepare(
    `INSERT OR REPLACE INTO scim_guard (one, held_at, held_for, allowed_at, allowed_until, allowed_by)
     VALUES (1, ?, ?, ?, ?, ?)`,
  )
  // Past the end there is nothing: no number is as large.
  const before = (row: Row | undefined) => (row === undefined ? Number.MAX_SAFE_INTEGER : numberOf(row, 'number'))
  return {
    humanBefore: async (offset) => (offset === 0 ? 0 : before(await human.get(offset - 1))),
    groupBefore: async (offset) => (offset === 0 ? 0 : before(await group.get(offset - 1))),
    groups: async () => numberOf((await groups.get()) ?? {}, 'count'),
    async deactivations(since) {
      const row = (await count.get(since)) ?? {}
      return { humans: numberOf(row, 'humans'), agents: numberOf(row, 'agents') }
    },
    async deactivated(one, { at, since, agents }) {
      await forget.run(since)
      await add.run(one, at, agents)
    },
    async forgetDeactivations() {
      await forgetAll.run()
    },
    guard: async () => guardOf(await guard.get()),
    async setGuard({ heldAt, heldFor, allowedAt, allowedUntil, allowedBy }) {
      await setGuard.run(heldAt ?? null, heldFor ?? null, allowedAt ?? null, allowedUntil ?? null, allowedBy ?? null)
    },
  }
}

function guardOf(row: Row | undefined): StoredGuard {
  if (row === undefined) return {}
  return {
    ...member('heldAt', optionalNumberOf(row, 'held_at')),
    ...member('heldFor', optionalTextOf(row, 'held_for')),
    ...member('allowedAt', optionalNumberOf(row, 'allowed_at')),
    ...member('allowedUntil', optionalNumberOf(row, 'allowed_until')),
    ...member('allowedBy', optionalTextOf(row, 'allowed_by')),
  }
}
