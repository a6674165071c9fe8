import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { ACCOUNT_STATES, type AccountState } from '../../protocol/nouns/people/people.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { listing } from '../sql/listing.ts'

/** An account of a device's operating system, and the human whose it is. */
export interface Account {
  readonly device: string
  /** uid or SID. */
  readonly userId: string
  readonly userName: string
  /** Proposed or confirmed. An account belongs to one human at most. */
  readonly human?: string | undefined
  readonly state: AccountState
  /** When the directory first heard of it. */
  readonly seenAt: number
  readonly confirmedAt?: number | undefined
  readonly confirmedBy?: string | undefined
}

export interface AccountStore {
  of(device: string, userId: string): Promise<Account | undefined>
  /** Stores an account, or what changed of it: its name, and its proposal as long as it is not confirmed. @param human proposed. */
  seen(
    device: string,
    user: { readonly id: string; readonly name: string },
    init: { readonly at: number; readonly ownerKey?: string | undefined; readonly human?: string | undefined },
  ): Promise<void>
  /** @throws `NOT_FOUND`; `CONFLICT` if it is confirmed for another. */
  confirm(
    account: Pick<Account, 'device' | 'userId'>,
    init: { readonly human: string; readonly at: number; readonly by: string },
  ): Promise<Account>
  /** A confirmed account has no person again. */
  release(account: Pick<Account, 'device' | 'userId'>): Promise<void>
  /** Confirmed ones. */
  ofHuman(human: string): Promise<Account[]>
  /** The owner of a device changed: changes proposals, never what is confirmed. @param human whom the owner's text names. */
  ownerChanged(
    device: string,
    init: { readonly ownerKey: string | undefined; readonly human: string | undefined },
  ): Promise<void>
  /**
   * A human came, left, or has other names: whoever `human` returns for the owner of a device is proposed.
   *
   * @param keys folded names that may now name another human than before.
   * @param human returns the active human whom a folded name names.
   */
  propose(keys: readonly string[], human: (key: string) => Promise<string | undefined>): Promise<void>
  /** In the order of device and user. */
  list(request: ListRequest): Promise<Listed<Account>>
}

export function accountStore(database: Database): AccountStore {
  const one = database.prepare('SELECT * FROM accounts WHERE device = ? AND user_id = ?')
  // The last condition spares the write for an account that did not change.
  const seen = database.prepare(
    `INSERT INTO accounts (device, user_id, user_name, owner_key, human, state, seen_at)
     VALUES (?1, ?2, ?3, ?4, ?5, iif(?5 IS NULL, 'unassigned', 'proposed'), ?6)
     ON CONFLICT DO UPDATE SET user_name = excluded.user_name, owner_key = excluded.owner_key,
       human = iif(state = 'confirmed', human, excluded.human),
       state = iif(state = 'confirmed', state, excluded.state)
     WHERE user_name <> excluded.user_name OR owner_key IS NOT excluded.owner_key
       OR (state <> 'confirmed' AND human IS NOT excluded.human)`,
  )
  const confirm = database.prepare(
    `UPDATE accounts SET human = ?3, state = 'confirmed', confirmed_at = ?4, confirmed_by = ?5
     WHERE device = ?1 AND user_id = ?2 AND state <> 'confirmed'`,
  )
  const release = database.prepare(
    `UPDATE accounts SET human = NULL, state = 'unassigned', confirmed_at = NULL, confirmed_by = NULL
     WHERE device = ? AND user_id = ?`,
  )
  const ofHuman = database.prepare(
    "SELECT * FROM accounts WHERE human IS NOT NULL AND human = ? AND state = 'confirmed' ORDER BY device, user_id",
  )
  const ownerKey = database.prepare('UPDATE accounts SET owner_key = ?2 WHERE device = ?1')
  const proposeOfDevice = database.prepare(
    `UPDATE accounts SET human = ?2, state = iif(?2 IS NULL, 'unassigned', 'proposed')
     WHERE device = ?1 AND state <> 'confirmed'`,
  )
  const proposeOfOwner = database.prepare(
    `UPDATE accounts SET human = ?2, state = iif(?2 IS NULL, 'unassigned', 'proposed')
     WHERE owner_key IS NOT NULL AND owner_key = ?1 AND state <> 'confirmed' AND human IS NOT ?2`,
  )
  const list = listing(database, {
    from: 'accounts',
    key: 'account',
    read: accountOf,
    filters: {
      state: (state, value) => `state = ${value(state)}`,
      device: (device, value) => `device = ${value(device)}`,
      human: (human, value) => `human IS NOT NULL AND human = ${value(human)}`,
      named(named, value) {
        const text = value(named)
        return `(user_name = ${text} OR user_id = ${text})`
      },
    },
    sorts: {},
  })
  return {
    async of(device, userId) {
      const row = await one.get(device, userId)
      return row && accountOf(row)
    },
    async seen(device, { id, name }, init) {
      await seen.run(device, id, name, init.ownerKey ?? null, init.human ?? null, init.at)
    },
    async confirm({ device, userId }, { human, at, by }) {
      await confirm.run(device, userId, human, at, by)
      const row = await one.get(device, userId)
      if (row === undefined) throw new SuretyError('NOT_FOUND', `the device ${device} has no account ${userId}`)
      const account = accountOf(row)
      if (account.human === human) return account
      const message = `the account ${userId} of ${device} is confirmed for ${account.human}: release it first`
      throw new SuretyError('CONFLICT', message)
    },
    async release({ device, userId }) {
      await release.run(device, userId)
    },
    ofHuman: async (human) => (await ofHuman.all(human)).map(accountOf),
    async ownerChanged(device, init) {
      await ownerKey.run(device, init.ownerKey ?? null)
      await proposeOfDevice.run(device, init.human ?? null)
    },
    async propose(keys, human) {
      for (const key of new Set(keys)) await proposeOfOwner.run(key, (await human(key)) ?? null)
    },
    list,
  }
}

function accountOf(row: Row): Account {
  return {
    device: textOf(row, 'device'),
    userId: textOf(row, 'user_id'),
    userName: textOf(row, 'user_name'),
    ...member('human', optionalTextOf(row, 'human')),
    state: wordOf(row, 'state', ACCOUNT_STATES),
    seenAt: numberOf(row, 'seen_at'),
    ...member('confirmedAt', optionalNumberOf(row, 'confirmed_at')),
    ...member('confirmedBy', optionalTextOf(row, 'confirmed_by')),
  }
}
