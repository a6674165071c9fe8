import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { closed, reader, Type } from '../../base/schema.ts'
import { foldName } from '../../base/text/fold-name.ts'
import {
  type RegistrationCriteria,
  type RegistrationScope,
  registrationCriteriaSchema,
  registrationScopeSchema,
} from '../../protocol/nouns/agents/registration-criteria.ts'
import {
  AUTONOMY_CEILINGS,
  REGISTRATION_STATES,
  type RegistrationCounts,
  type RegistrationCreator,
  type RegistrationState,
  registrationCreatorSchema,
} from '../../protocol/nouns/agents/registrations.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { countedByState, type Given, listing, namedOrId, startsWith } from '../sql/listing.ts'

export interface NewRegistration {
  readonly id: string
  readonly name: string
  readonly state: RegistrationState
  readonly stateAt: number
  readonly stateReason?: string | undefined
  /** Id of the human who answers for it. */
  readonly owner?: string | undefined
  readonly successor?: string | undefined
  readonly successorAcceptedAt?: number | undefined
  readonly contact?: string | undefined
  readonly criteria: RegistrationCriteria
  readonly versions?: readonly string[] | undefined
  readonly purpose: string
  readonly scope: RegistrationScope
  readonly autonomyCeiling?: 'asks' | 'autonomous' | undefined
  readonly single: boolean
  readonly reviewAt?: number | undefined
  readonly expiresAt?: number | undefined
  /** The stop that holds it. */
  readonly stop?: string | undefined
  readonly creator: RegistrationCreator
  /** What was granted or approved before is void. */
  readonly authorizationCutoff?: number | undefined
  readonly createdAt: number
}

export interface Registration extends NewRegistration {
  /** Rises with each registration. */
  readonly number: number
  readonly usedAt?: number | undefined
  /** Rises with each change. */
  readonly version: number
  readonly changedAt: number
}

/** Names of its people. */
export interface RegistrationNames {
  readonly ownerName?: string | undefined
  readonly ownerUserName?: string | undefined
  readonly successorName?: string | undefined
}

export interface RegistrationMove {
  readonly state: RegistrationState
  readonly reason: string
  readonly at: number
  /** Absent: no stop holds it. */
  readonly stop?: string | undefined
}

export const FOLLOWING = ['stop', 'claim', 'review', 'identity provider'] as const
export type Following = (typeof FOLLOWING)[number]

export interface RegistrationStore {
  get(id: string): Promise<Registration | undefined>
  /** @throws `CONFLICT` for one that is active without a living owner. @returns it with its number. */
  add(registration: NewRegistration): Promise<Registration>
  /**
   * Replaces everything but id, state and stop, and raises the version.
   *
   * @throws `VERSION_STALE` if the stored version is not `expectVersion`.
   */
  update(
    registration: Registration,
    options: { readonly at: number; readonly expectVersion?: number | undefined },
  ): Promise<void>
  /** @throws `CONFLICT` for a transition that the database does not have, and for an active one without a living owner. */
  move(id: string, move: RegistrationMove): Promise<void>
  /** An instance ran or left a trace then. */
  used(id: string, at: number): Promise<void>
  /** Those that may match and have not ended, the most specific first, then the oldest. `human`: undefined for nobody known. */
  candidates(facts: {
    readonly item: string
    readonly device: string
    readonly human?: string | undefined
  }): Promise<readonly Registration[]>
  /** Those that have not ended, by number. */
  ownedBy(
    human: string,
    page: { readonly after?: number | undefined; readonly limit: number },
  ): Promise<readonly Registration[]>
  /** What this human accepted to get is not accepted any more. */
  voidAcceptances(human: string, at: number): Promise<void>
  /** Humans who would get a registration of this one, if they accept. */
  successorsOf(human: string): Promise<readonly string[]>
  /** What else in the register names it. */
  following(registration: Pick<Registration, 'id' | 'number'>): Promise<readonly Following[]>
  /** Those in state `retiring` whose stop every device in scope has answered. */
  endedOnDevices(limit: number): Promise<readonly Registration[]>
  /** Newest first. `owner` and `human` are ids; `product`, `device` and `human` are of the criteria. */
  list(request: ListRequest, now?: number): Promise<Listed<Registration & RegistrationNames>>
  /** Ids of those of the human that end when they leave, because no active successor accepted them. */
  ending(human: string): Promise<readonly string[]>
  /** Those that have not ended and were made after this time. */
  newCount(after: number): Promise<number>
  /** By state. Kept, not counted. */
  counts(): Promise<RegistrationCounts>
}

/** What no query asks for. */
const restReader = reader(
  closed({
    criteria: registrationCriteriaSchema,
    versions: Type.Optional(Type.Array(Type.String())),
    purpose: Type.String(),
    scope: registrationScopeSchema,
    creator: registrationCreatorSchema,
    authorizationCutoff: Type.Optional(Type.Number()),
  }),
  { name: 'stored registration', limits: { maxBytes: 256 * 1024, maxDepth: 8 } },
)

/** Of one product on one device: more would be a mistake of somebody. */
const MOST_CANDIDATES = 200

export function registrationStore(database: Database): RegistrationStore {
  return { ...registrationWrites(database), ...registrationQueries(database) }
}

type Writes = Pick<RegistrationStore, 'add' | 'update' | 'move' | 'used' | 'voidAcceptances'>

function registrationWrites(database: Database): Writes {
  const columns =
    'name, name_key, owner, successor, successor_accepted_at, contact, item, device, human, single, autonomy_ceiling, review_at, expires_at, json'
  const insert = database.prepare(
    `INSERT INTO registrations (${columns}, id, state, state_at, state_reason, stop, created_at, changed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
  )
  const set = columns
    .split(', ')
    .map((column) => `${column} = ?`)
    .join(', ')
  const update = database.prepare(
    `UPDATE registrations SET ${set}, version = version + 1, changed_at = ?
     WHERE number = ? AND version = ?`,
  )
  const move = database.prepare(
    `UPDATE registrations SET state = ?1, state_reason = ?2, state_at = ?3, stop = ?4, version = version + 1, changed_at = ?3,
       json = iif(?1 = 'active', json_set(json, '$.authorizationCutoff', ?3), json)
     WHERE id = ?5`,
  )
  const voidAcceptances = database.prepare(
    `UPDATE registrations INDEXED BY registrations_by_successor
     SET successor_accepted_at = NULL, version = version + 1, changed_at = ?2
     WHERE successor = ?1 AND successor IS NOT NULL AND successor_accepted_at IS NOT NULL`,
  )
  const used = database.prepare('UPDATE registrations SET used_at = ?1 WHERE id = ?2 AND coalesce(used_at, 0) < ?1')
  return {
    async add(registration) {
      const { id, state, stateAt, stateReason, stop, createdAt } = registration
      const row = await insert.get(
        ...valuesOf(registration),
        ...[id, state, stateAt, stateReason ?? null, stop ?? null, createdAt, createdAt],
      )
      return { ...registration, number: numberOf(row ?? {}, 'number'), version: 1, changedAt: createdAt }
    },
    async update(registration, { at, expectVersion = registration.version }) {
      const { changes } = await update.run(...valuesOf(registration), at, registration.number, expectVersion)
      if (changes === 1) return
      throw new SuretyError('VERSION_STALE', `the agent ${registration.id} was changed meanwhile: read it again`)
    },
    async move(id, { state, reason, at, stop }) {
      await move.run(state, reason, at, stop ?? null, id)
    },
    async used(id, at) {
      await used.run(at, id)
    },
    async voidAcceptances(human, at) {
      await voidAcceptances.run(human, at)
    },
  }
}

/** In the order of the columns. */
function valuesOf(registration: NewRegistration): (string | number | null)[] {
  const { name, owner, successor, successorAcceptedAt, contact, criteria, single, ...rest } = registration
  const { versions, purpose, scope, creator, authorizationCutoff, autonomyCeiling, reviewAt, expiresAt } = rest
  const json = JSON.stringify({ criteria, versions, purpose, scope, creator, authorizationCutoff })
  const [item, ...more] = criteria.products ?? []
  return [
    ...[name, foldName(name), owner ?? null, successor ?? null, successorAcceptedAt ?? null, contact ?? null],
    ...[item === undefined || more.length > 0 ? '' : item, criteria.device ?? '', criteria.human ?? ''],
    ...[single ? 1 : 0, autonomyCeiling ?? null, reviewAt ?? null, expiresAt ?? null, json],
  ]
}

const named = (what: Following, table: string, column: string, value: '?1' | '?2') =>
  `SELECT '${what}' AS what WHERE EXISTS (SELECT 1 FROM ${table} WHERE ${column} = ${value})`

function registrationQueries(database: Database): Omit<RegistrationStore, keyof Writes> {
  const following = database.prepare(
    [
      named('stop', 'stops', 'registration', '?1'),
      named('claim', 'claims', 'registration', '?1'),
      named('review', 'review_items', 'registration', '?2'),
      named('identity provider', 'scim_agents', 'registration', '?1'),
    ].join(' UNION ALL '),
  )
  const get = database.prepare('SELECT * FROM registrations WHERE id = ?')
  const candidates = database.prepare(
    `SELECT * FROM registrations INDEXED BY registrations_by_match
     WHERE state <> 'retired' AND item IN (?1, '') AND device IN (?2, '') AND human IN (?3, '')
     ORDER BY (item <> '') + (device <> '') + (human <> '') DESC, number LIMIT ${MOST_CANDIDATES}`,
  )
  const ownedBy = database.prepare(
    `SELECT * FROM registrations INDEXED BY registrations_by_owner
     WHERE owner = ? AND state IN ('provisioning', 'active', 'suspended', 'quarantined', 'retiring') AND number > ?
     ORDER BY number LIMIT CAST(? AS INTEGER)`,
  )
  const ending = database.prepare(
    `SELECT id FROM registrations INDEXED BY registrations_by_owner
     WHERE owner = ?1 AND state IN ('provisioning', 'active', 'suspended', 'quarantined')
       AND NOT (successor_accepted_at IS NOT NULL AND coalesce(successor, ?1) <> ?1
         AND (SELECT status FROM humans h WHERE h.id = successor) = 'active')`,
  )
  const newCount = database.prepare(
    `SELECT count(*) AS count FROM registrations INDEXED BY registrations_by_creation
     WHERE state NOT IN ('retiring', 'retired') AND created_at > ?`,
  )
  const successors = database.prepare(
    `SELECT DISTINCT successor FROM registrations INDEXED BY registrations_succeeding
     WHERE owner = ? AND successor IS NOT NULL AND state <> 'retired'`,
  )
  // A stop that no device has to answer is answered.
  const ended = database.prepare(
    `SELECT r.* FROM registrations r INDEXED BY registrations_by_state CROSS JOIN stops s ON s.id = r.stop
     WHERE r.state = 'retiring' AND s.spread_after IS NULL AND NOT EXISTS (
       SELECT 1 FROM stop_states t
       WHERE t.stop = s.number AND t.state IN ('waiting', 'failed', 'releasing', 'release-failed') AND t.devices > 0)
     ORDER BY r.number LIMIT CAST(? AS INTEGER)`,
  )
  const counts = database.prepare("SELECT state, count FROM register_counts WHERE noun = 'registrations'")
  return {
    following: async ({ id, number }) => (await following.all(id, number)).map((row) => wordOf(row, 'what', FOLLOWING)),
    list: registrationList(database),
    async get(id) {
      const row = await get.get(id)
      return row && registrationOf(row)
    },
    candidates: async ({ item, device, human }) =>
      (await candidates.all(item, device, human ?? '')).map(registrationOf),
    ownedBy: async (human, { after = 0, limit }) => (await ownedBy.all(human, after, limit)).map(registrationOf),
    successorsOf: async (human) => (await successors.all(human)).map((row) => textOf(row, 'successor')),
    ending: async (human) => (await ending.all(human)).map((row) => textOf(row, 'id')),
    newCount: async (after) => numberOf((await newCount.get(after)) ?? {}, 'count'),
    endedOnDevices: async (limit) => (await ended.all(limit)).map(registrationOf),
    async counts() {
      const found = new Map((await counts.all()).map((row) => [textOf(row, 'state'), numberOf(row, 'count')]))
      const of = (state: string) => found.get(state) ?? 0
      return {
        provisioning: of('provisioning'),
        active: of('active'),
        suspended: of('suspended'),
        quarantined: of('quarantined'),
        retiring: of('retiring'),
        retired: of('retired'),
      }
    },
  }
}

/** In the words of the index by end. */
const NOT_ENDED = "state IN ('provisioning', 'active', 'suspended', 'quarantined')"

/** Milliseconds of a time such as `30d`. */
const daysOf = (time: string) => Number.parseInt(time, 10) * 86_400_000

/** A name is found by its own index. Without a plus SQLite could read all rows of a state. */
const hidden = ({ named }: Given) => (named === undefined ? '' : '+')

/** The index that a list reads, if SQLite does not choose well. Most end with its order, so a page sorts little. */
function indexOf(given: Given, sort: string | undefined, isBroadPage: boolean): string {
  const { owner, owned, expiresWithin, device, human, product, state, named, search } = given
  if (named !== undefined) return ''
  if (expiresWithin !== undefined) return 'registrations_expiring'
  if (owner !== undefined) return state === undefined ? 'registrations_owned' : 'registrations_by_owner'
  if (owned === 'no') return 'registrations_without_owner'
  if (device !== undefined) return 'registrations_by_device'
  if (human !== undefined) return 'registrations_by_human'
  if (product !== undefined) return state === undefined ? 'registrations_by_item' : 'registrations_by_item_and_state'
  if (sort === 'name' || (search !== undefined && !isBroadPage && state !== undefined))
    return state === undefined ? 'registrations_by_name' : 'registrations_by_state_and_name'
  return state === undefined ? '' : 'registrations_by_state'
}

function registrationList(database: Database): RegistrationStore['list'] {
  return listing(database, {
    from: 'registrations',
    key: 'number',
    newestFirst: true,
    counted: countedByState('registrations', { state: 'state' }),
    read: (row) => ({
      ...registrationOf(row),
      ...member('ownerName', optionalTextOf(row, 'owner_name')),
      ...member('ownerUserName', optionalTextOf(row, 'owner_user_name')),
      ...member('successorName', optionalTextOf(row, 'successor_name')),
    }),
    filters: {
      state: (state, value, _, given) => `${hidden(given)}state = ${value(state)}`,
      owner: (owner, value, _, given) => `${hidden(given)}owner = ${value(owner)}`,
      owned: (owned) => (owned === 'yes' ? 'owner IS NOT NULL' : "owner IS NULL AND state <> 'retired'"),
      expiresWithin: (within, value, now) =>
        `expires_at <= ${value(now + daysOf(within))} AND expires_at IS NOT NULL AND ${NOT_ENDED}`,
      // The indexes of these leave out rows without them.
      product: (item, value, _, given) => `${hidden(given)}item = ${value(item)} AND item <> ''`,
      device: (device, value, _, given) => `${hidden(given)}device = ${value(device)} AND device <> ''`,
      human: (human, value, _, given) => `${hidden(given)}human = ${value(human)} AND human <> ''`,
      named: namedOrId,
      search: (search, value) => startsWith('name_key', search, value),
    },
    sorts: { name: 'name_key' },
    index(given, sort, { of, broad }) {
      const index = indexOf(given, sort, broad && of === 'page')
      return index === '' ? '' : `INDEXED BY ${index}`
    },
    joined: {
      columns: 'o.display_name AS owner_name, o.user_name AS owner_user_name, s.display_name AS successor_name',
      tables: 'LEFT JOIN humans o ON o.id = page.owner LEFT JOIN humans s ON s.id = page.successor',
    },
  })
}

function registrationOf(row: Row): Registration {
  const { criteria, versions, purpose, scope, creator, authorizationCutoff } = jsonOf(row, 'json', restReader)
  const ceiling = row.autonomy_ceiling === null ? undefined : wordOf(row, 'autonomy_ceiling', AUTONOMY_CEILINGS)
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    name: textOf(row, 'name'),
    state: wordOf(row, 'state', REGISTRATION_STATES),
    stateAt: numberOf(row, 'state_at'),
    ...member('stateReason', optionalTextOf(row, 'state_reason')),
    ...member('owner', optionalTextOf(row, 'owner')),
    ...member('successor', optionalTextOf(row, 'successor')),
    ...member('successorAcceptedAt', optionalNumberOf(row, 'successor_accepted_at')),
    ...member('contact', optionalTextOf(row, 'contact')),
    criteria,
    ...member('versions', versions),
    purpose,
    scope,
    ...member('autonomyCeiling', ceiling),
    single: numberOf(row, 'single') === 1,
    ...member('reviewAt', optionalNumberOf(row, 'review_at')),
    ...member('expiresAt', optionalNumberOf(row, 'expires_at')),
    ...member('usedAt', optionalNumberOf(row, 'used_at')),
    ...member('stop', optionalTextOf(row, 'stop')),
    creator,
    ...member('authorizationCutoff', authorizationCutoff),
    version: numberOf(row, 'version'),
    createdAt: numberOf(row, 'created_at'),
    changedAt: numberOf(row, 'changed_at'),
  }
}
