import { member } from '../../base/json-object.ts'
import { VERDICTS } from '../../protocol/messages/attestation-result.ts'
import { REGISTRATION_STATES } from '../../protocol/nouns/agents/registrations.ts'
import { SEEN_STATES } from '../../protocol/nouns/agents/seen-agents.ts'
import { CLAIM_STATES } from '../../protocol/nouns/people/claims.ts'
import { type HumanSummary, SUMMARY_ITEMS } from '../../protocol/nouns/people/human-summary.ts'
import { ACCOUNT_STATES } from '../../protocol/nouns/people/people.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { devicesOfPerson } from '../sql/person.ts'
import { CONNECTED_DEVICES } from '../sql/presence-store.ts'
import { VERDICT_NOW } from '../sql/verdict-now.ts'

/** What belongs to a human, besides stops. */
export type HumansThings = Omit<HumanSummary, 'human' | 'stops' | 'stopsMade'>

export interface HumanSummaryStore {
  /** All parts are of one moment. */
  of(human: string, now: number): Promise<HumansThings>
}

/** In all statements ?1 is the time and ?2 the id of the human. Each starts with an index that finds what is theirs. */
const OWNED = devicesOfPerson('?2')
const HOST_OF = (device: string) =>
  `(SELECT json_extract(h.label_json, '$.hostname') FROM devices h WHERE h.id = ${device}) AS host`
const ACCOUNTS = 'accounts a INDEXED BY accounts_by_human'
const OF_ACCOUNT = 'a.human IS NOT NULL AND a.human = ?2'
const IS_CONNECTED = `EXISTS (SELECT 1 FROM ${CONNECTED_DEVICES} c WHERE c.device = l.device)`

interface Part<T, C extends string = never> {
  /** Tables and conditions. */
  readonly from: string
  readonly columns: string
  readonly order: string
  /** Further counts, as SQL. */
  readonly counts?: Readonly<Record<C, string>>
  readonly read: (row: Row) => T
}

const DEVICES: Part<HumanSummary['devices']['items'][number]> = {
  from: `listed_devices l WHERE l.device IN (${OWNED}) AND l.status = 'active'`,
  columns: `l.device, ${HOST_OF('l.device')}, ${VERDICT_NOW} AS verdict, l.last_seen, ${IS_CONNECTED} AS connected`,
  order: 'coalesce(l.last_seen, 0) DESC, l.device',
  read: (row) => ({
    id: textOf(row, 'device'),
    ...member('host', optionalTextOf(row, 'host')),
    verdict: wordOf(row, 'verdict', VERDICTS),
    connected: numberOf(row, 'connected') === 1,
    ...member('lastSeenAt', optionalNumberOf(row, 'last_seen')),
  }),
}

const AGENTS: Part<HumanSummary['agents']['items'][number], 'running' | 'autonomous' | 'blocked'> = {
  from: `seen_agents s INDEXED BY seen_agents_by_human CROSS JOIN accounts a ON a.device = s.device AND a.user_id = s.user_id
    WHERE s.human = ?2 AND s.human IS NOT NULL AND s.present > 0 AND a.state = 'confirmed'`,
  columns: `s.id, s.name, s.item, s.device, ${HOST_OF('s.device')}, s.user_name, s.state, s.running > 0 AS running,
    s.autonomous > 0 AS autonomous, s.last_seen`,
  order: 's.running > 0 DESC, s.last_seen DESC, s.number',
  counts: {
    running: 'count(*) FILTER (WHERE s.running > 0)',
    autonomous: 'count(*) FILTER (WHERE s.autonomous > 0)',
    blocked: "count(*) FILTER (WHERE s.state = 'blocked')",
  },
  read: (row) => ({
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    product: textOf(row, 'item'),
    device: textOf(row, 'device'),
    ...member('host', optionalTextOf(row, 'host')),
    ...member('user', optionalTextOf(row, 'user_name')),
    state: wordOf(row, 'state', SEEN_STATES),
    running: numberOf(row, 'running') === 1,
    autonomous: numberOf(row, 'autonomous') === 1,
    lastSeenAt: numberOf(row, 'last_seen'),
  }),
}

const REGISTRATIONS: Part<HumanSummary['registrations']['items'][number]> = {
  from: 'registrations r INDEXED BY registrations_owned WHERE r.owner IS NOT NULL AND r.owner = ?2',
  columns: 'r.id, r.name, r.state, r.expires_at, r.review_at',
  order: "r.state = 'retired', r.number DESC",
  read: (row) => ({
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    state: wordOf(row, 'state', REGISTRATION_STATES),
    ...member('expiresAt', optionalNumberOf(row, 'expires_at')),
    ...member('reviewAt', optionalNumberOf(row, 'review_at')),
  }),
}

const SERVICE_ACCOUNTS: Part<HumanSummary['serviceAccounts']['items'][number]> = {
  from: `service_accounts s INDEXED BY service_accounts_by_owner
    WHERE s.owner = ?2 AND s.status = 'active' AND s.expires_at > ?1`,
  columns: 's.id, s.name, s.purpose, s.expires_at',
  order: 's.expires_at, s.number',
  read: (row) => ({
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    purpose: textOf(row, 'purpose'),
    expiresAt: numberOf(row, 'expires_at'),
  }),
}

const CLAIMS: Part<HumanSummary['claims']['items'][number], 'pending'> = {
  from: `${ACCOUNTS} CROSS JOIN claims c ON c.device = a.device AND c.user_id = a.user_id WHERE ${OF_ACCOUNT}`,
  columns: `c.id, iif(c.item = '', json_extract(c.json, '$.product'), c.item) AS product, c.device, ${HOST_OF('c.device')},
    c.state, c.received_at`,
  order: 'c.number DESC',
  counts: { pending: "count(*) FILTER (WHERE c.state = 'pending')" },
  read: (row) => ({
    id: textOf(row, 'id'),
    product: textOf(row, 'product'),
    device: textOf(row, 'device'),
    ...member('host', optionalTextOf(row, 'host')),
    state: wordOf(row, 'state', CLAIM_STATES),
    receivedAt: numberOf(row, 'received_at'),
  }),
}

const GROUPS: Part<HumanSummary['groups']['items'][number]> = {
  from: `group_members m INDEXED BY group_members_by_human CROSS JOIN people_groups g ON g.id = m.people_group
    WHERE m.human = ?2 AND g.deleted_at IS NULL`,
  columns: 'g.id, g.name',
  order: 'g.name_key',
  read: (row) => ({ id: textOf(row, 'id'), name: textOf(row, 'name') }),
}

const ACCOUNTS_PART: Part<HumanSummary['accounts']['items'][number]> = {
  from: `${ACCOUNTS} WHERE ${OF_ACCOUNT}`,
  columns: `a.device, ${HOST_OF('a.device')}, a.user_id, a.user_name, a.state`,
  order: "a.state <> 'confirmed', a.device, a.user_id",
  read: (row) => ({
    device: textOf(row, 'device'),
    ...member('host', optionalTextOf(row, 'host')),
    userId: textOf(row, 'user_id'),
    userName: textOf(row, 'user_name'),
    state: wordOf(row, 'state', ACCOUNT_STATES),
  }),
}

export function humanSummaryStore(database: Database): HumanSummaryStore {
  const parts = {
    devices: partReader(database, DEVICES),
    agents: partReader(database, AGENTS),
    registrations: partReader(database, REGISTRATIONS),
    serviceAccounts: partReader(database, SERVICE_ACCOUNTS),
    claims: partReader(database, CLAIMS),
    groups: partReader(database, GROUPS),
    accounts: partReader(database, ACCOUNTS_PART),
  }
  const theirs = `SELECT id FROM (${OWNED}) UNION SELECT a.device FROM ${ACCOUNTS} WHERE ${OF_ACCOUNT} AND a.state = 'confirmed'`
  const presence = database.prepare(
    `SELECT ?1 AS now, max(l.last_seen) AS last_seen, coalesce(max(${IS_CONNECTED}), 0) AS connected
     FROM listed_devices l WHERE l.device IN (${theirs})`,
  )
  const proposed = database.prepare(
    `SELECT ?1 AS now, count(*) AS total FROM seen_agents s INDEXED BY seen_agents_by_human
     CROSS JOIN accounts a ON a.device = s.device AND a.user_id = s.user_id
     WHERE s.human = ?2 AND s.human IS NOT NULL AND s.present > 0 AND a.state = 'proposed'`,
  )
  const manager = database.prepare(
    `SELECT ?1 AS now, m.id, m.user_name, m.display_name FROM humans h CROSS JOIN humans m ON m.id = h.manager
     WHERE h.id = ?2 AND m.deleted_at IS NULL`,
  )
  return {
    of: (human, now) =>
      database.snapshot(async () => {
        const heard = (await presence.get(now, human)) ?? {}
        return {
          ...member('manager', managerOf(await manager.get(now, human))),
          ...member('lastSeenAt', optionalNumberOf(heard, 'last_seen')),
          connected: numberOf(heard, 'connected') === 1,
          devices: await parts.devices(now, human),
          agents: {
            ...(await parts.agents(now, human)),
            proposed: numberOf((await proposed.get(now, human)) ?? {}, 'total'),
          },
          registrations: await parts.registrations(now, human),
          serviceAccounts: await parts.serviceAccounts(now, human),
          claims: await parts.claims(now, human),
          groups: await parts.groups(now, human),
          accounts: await parts.accounts(now, human),
        }
      }),
  }
}

function partReader<T, C extends string>(database: Database, { from, columns, order, counts, read }: Part<T, C>) {
  const names = Object.keys(counts ?? {}) as C[] // of this very record
  const sums = names.map((name) => `, ${counts?.[name]} AS ${name}`).join('')
  const counted = database.prepare(`SELECT ?1 AS now, count(*) AS total${sums} FROM ${from}`)
  const first = database.prepare(`SELECT ?1 AS now, ${columns} FROM ${from} ORDER BY ${order} LIMIT ${SUMMARY_ITEMS}`)
  return async (now: number, human: string) => {
    const row = (await counted.get(now, human)) ?? {}
    const others = Object.fromEntries(names.map((name) => [name, numberOf(row, name)])) as Record<C, number>
    return { total: numberOf(row, 'total'), items: (await first.all(now, human)).map(read), ...others }
  }
}

function managerOf(row: Row | undefined): HumanSummary['manager'] {
  return row && { id: textOf(row, 'id'), userName: textOf(row, 'user_name'), displayName: textOf(row, 'display_name') }
}
