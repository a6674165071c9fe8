import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import { type AgentClaim, agentClaimSchema, type ClaimDecision } from '../../protocol/agent-claim.ts'
import { CLAIM_STATES, type ClaimState } from '../../protocol/nouns/people/claims.ts'
import { namedCondition } from '../devices/stored/device-query.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing, startsWith } from '../sql/listing.ts'
import { devicesOfOwner, peopleNamed } from '../sql/person.ts'

/** A claim as it arrived. */
export interface ArrivedClaim {
  readonly device: string
  /** As in the items of a device: the catalogue id, or `unknown/NAME`. */
  readonly item: string
  readonly claim: AgentClaim
  readonly at: number
}

export interface StoredClaim extends ArrivedClaim {
  /** In the order of arrival. */
  readonly number: number
  readonly state: ClaimState
  readonly decision?: Omit<ClaimDecision, 'claim' | 'outcome'> | undefined
}

/** What evidence asks. */
export interface ClaimArrivalStore {
  get(id: string): Promise<StoredClaim | undefined>
  /** @param refused why no person need look at it. */
  add(claim: ArrivedClaim, refused?: { readonly by: string; readonly reason: string }): Promise<void>
  /** Of one that waits. */
  decide(decision: ClaimDecision): Promise<void>
  /** How many of the device wait. */
  pending(device: string): Promise<number>
  /** Whether one of this user and item waits. */
  isPending(device: string, of: { readonly userId: string; readonly item: string }): Promise<boolean>
  /** Deletes the oldest that were refused, but for the newest `left` of the device. */
  forgetRefused(device: string, left: number): Promise<void>
}

export interface ClaimStore extends ClaimArrivalStore {
  /** Newest first. */
  list(request: ListRequest): Promise<Listed<StoredClaim>>
  /** The newest of the device, newest first. */
  decisions(device: string, limit: number): Promise<readonly ClaimDecision[]>
}

const claimReader = reader(agentClaimSchema, { name: 'stored claim' })

/** A device may not have said which item of it that is. */
const PRODUCT = `iif(item = '', json_extract(json, '$.product'), item)`
const USER = `json_extract(json, '$.user.name')`
const HOST = `coalesce((SELECT lower(json_extract(d.label_json, '$.hostname')) FROM devices d WHERE d.id = claims.device), '')`

/** Whose account that is, confirmed or not. */
const HUMAN = '(SELECT a.human FROM accounts a WHERE a.device = claims.device AND a.user_id = claims.user_id)'

export function claimStore(database: Database): ClaimStore {
  const byId = database.prepare('SELECT * FROM claims WHERE id = ?')
  const insert = database.prepare(
    `INSERT INTO claims (id, device, user_id, item, state, received_at, decided_at, decided_by, reason, json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const decide = database.prepare(
    'UPDATE claims SET state = ?, decided_at = ?, decided_by = ?, reason = ?, registration = ? WHERE id = ?',
  )
  const pending = database.prepare(`SELECT count(*) AS n FROM claims WHERE device = ? AND state = 'pending'`)
  const isPending = database.prepare(
    `SELECT 1 FROM claims WHERE device = ? AND user_id = ? AND item = ? AND state = 'pending'`,
  )
  const forget = database.prepare(
    `DELETE FROM claims WHERE number IN (
       SELECT number FROM claims WHERE device = ? AND state = 'refused' ORDER BY number DESC LIMIT -1 OFFSET ?)`,
  )
  const list = listing(database, {
    from: 'claims',
    key: 'number',
    newestFirst: true,
    read: claimOf,
    filters: {
      state: (state, value) => `state = ${value(state)}`,
      device: (device, value) => `device = ${value(device)}`,
      product: (product, value) => `${PRODUCT} = ${value(product)}`,
      user: (user, value) => `(${USER} = ${value(user)} OR ${HUMAN} IN (${peopleNamed(user, value)}))`,
      owner: (owner, value) => `device IN (${devicesOfOwner(owner, value)})`,
      named(named, value) {
        const text = value(named)
        return `(${beginsWith('claims.id', text)} OR ${namedCondition('claims.device', text)})`
      },
      search: (search, value) =>
        `(${startsWith(`lower(${PRODUCT})`, search, value)} OR ${startsWith(`lower(${USER})`, search, value)})`,
    },
    sorts: { received: 'received_at', product: PRODUCT, user: USER, host: HOST },
  })
  const decisions = database.prepare(
    `SELECT * FROM claims WHERE device = ? AND decided_at IS NOT NULL ORDER BY decided_at DESC, number DESC LIMIT ?`,
  )
  return {
    async get(id) {
      const row = await byId.get(id)
      return row && claimOf(row)
    },
    async add({ device, item, claim, at }, refused) {
      const state = refused === undefined ? 'pending' : 'refused'
      const decision = refused === undefined ? [null, null, null] : [at, refused.by, refused.reason]
      await insert.run(claim.id, device, claim.user.id, item, state, at, ...decision, JSON.stringify(claim))
    },
    async decide({ claim, outcome, by, reason, registration, time }) {
      await decide.run(outcome, time, by, reason ?? null, registration ?? null, claim)
    },
    pending: async (device) => numberOf((await pending.get(device)) ?? {}, 'n'),
    isPending: async (device, { userId, item }) => (await isPending.get(device, userId, item)) !== undefined,
    async forgetRefused(device, left) {
      await forget.run(device, left)
    },
    list,
    decisions: async (device, limit) =>
      (await decisions.all(device, limit)).flatMap((row): ClaimDecision[] => {
        const { claim, state, decision } = claimOf(row)
        return state === 'pending' || decision === undefined ? [] : [{ claim: claim.id, outcome: state, ...decision }]
      }),
  }
}

function claimOf(row: Row): StoredClaim {
  const time = optionalNumberOf(row, 'decided_at')
  return {
    number: numberOf(row, 'number'),
    device: textOf(row, 'device'),
    item: textOf(row, 'item'),
    claim: jsonOf(row, 'json', claimReader),
    at: numberOf(row, 'received_at'),
    state: wordOf(row, 'state', CLAIM_STATES),
    ...(time === undefined
      ? {}
      : {
          decision: {
            by: textOf(row, 'decided_by'),
            ...member('reason', optionalTextOf(row, 'reason')),
            ...member('registration', optionalTextOf(row, 'registration')),
            time,
          },
        }),
  }
}
