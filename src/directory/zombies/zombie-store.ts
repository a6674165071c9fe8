import { member } from '../../base/json-object.ts'
import { reader, Type, words } from '../../base/schema.ts'
import { VERDICTS, type Verdict } from '../../protocol/messages/attestation-result.ts'
import { REGISTRATION_STATES, type RegistrationState } from '../../protocol/nouns/agents/registrations.ts'
import {
  ZOMBIE_DONE,
  ZOMBIE_REASONS,
  type Zombie,
  type ZombieDone,
  type ZombieReason,
} from '../../protocol/nouns/agents/zombies.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { countedByState, listing, namedOrId, startsWith } from '../sql/listing.ts'
import { VERDICT_NOW } from '../sql/verdict-now.ts'

/** A registration with all that decides whether it is a zombie. */
export interface SweptRegistration {
  readonly number: number
  readonly id: string
  readonly name: string
  readonly state: RegistrationState
  readonly owner?: string | undefined
  readonly ownerName?: string | undefined
  readonly ownerIsActive: boolean
  readonly expiresAt?: number | undefined
  readonly reviewAt?: number | undefined
  /** When an instance last ran or left a trace, or else when it was registered. */
  readonly usedAt: number
  /** Only one running instance is expected. */
  readonly single: boolean
  readonly running: number
  /** The first day without support of its product, as `YYYY-MM-DD`. */
  readonly endOfLife?: string | undefined
  /** Of a registration for one device. */
  readonly device?:
    | { readonly retired: boolean; readonly heardAt?: number | undefined; readonly verdict: Verdict }
    | undefined
  /** What the last sweep found. */
  readonly zombie?: { readonly reasons: readonly ZombieReason[]; readonly done: ZombieDone } | undefined
}

export interface Sweep {
  readonly startedAt?: number | undefined
  readonly finishedAt?: number | undefined
  /** Registrations up to this number are done. */
  readonly after: number
  readonly lookedAt: number
}

export interface FoundZombie {
  readonly registration: string
  readonly number: number
  readonly reasons: readonly ZombieReason[]
  readonly done: ZombieDone
  readonly at: number
  readonly code?: string | undefined
}

export interface ZombieStore {
  sweep(): Promise<Sweep>
  putSweep(sweep: Sweep): Promise<void>
  /** Registrations that have not ended, by number. Verdicts are those of `now`. */
  registrations(page: {
    readonly after: number
    readonly limit: number
    readonly now: number
  }): Promise<readonly SweptRegistration[]>
  /** Keeps since when it is a zombie. */
  put(zombie: FoundZombie): Promise<void>
  remove(registration: string): Promise<void>
  /** By number of the registration. */
  list(request: ListRequest): Promise<Listed<Zombie>>
  /** Kept, not counted. `registrations`: that have not ended. */
  counts(): Promise<{
    readonly all: number
    readonly registrations: number
    readonly byReason: Readonly<Record<ZombieReason, number>>
  }>
}

const reasonsReader = reader(Type.Array(words(...ZOMBIE_REASONS)), { name: 'stored reasons' })

/** Of the agents of a registration. The maker ends a product, so a few of them say as much as all. */
const ASKED_FOR_END_OF_LIFE = 10

/** In the order of rows: an index of states would sort all that are left for each page. */
const SWEPT = `SELECT r.number, r.id, r.name, r.state, r.owner, h.display_name AS owner_name, h.status AS owner_status,
    r.expires_at, r.review_at, max(r.created_at, coalesce(r.used_at, 0)) AS used_at, r.single,
    (SELECT coalesce(sum(a.running), 0) FROM seen_agents a INDEXED BY seen_agents_running
      WHERE a.registration = r.id AND a.running > 0) AS running,
    (SELECT min(s.end_of_life) FROM (SELECT device, sighting FROM seen_agents INDEXED BY seen_agents_by_registration
        WHERE registration = r.id ORDER BY first_seen DESC LIMIT ${ASKED_FOR_END_OF_LIFE}) a
      JOIN sightings s ON s.device = a.device AND s.id = a.sighting AND s.gone_at IS NULL) AS end_of_life,
    l.device, l.status AS device_status, l.last_seen, ${VERDICT_NOW} AS verdict, z.reasons, z.done
  FROM registrations r
  LEFT JOIN humans h ON h.id = r.owner
  LEFT JOIN listed_devices l ON l.device = r.device
  LEFT JOIN zombies z ON z.registration = r.id
  WHERE r.number > ?2 AND +r.state IN ('provisioning', 'active', 'suspended', 'quarantined')
  ORDER BY r.number LIMIT CAST(?3 AS INTEGER)`

export function zombieStore(database: Database): ZombieStore {
  const swept = database.prepare(SWEPT)
  const sweep = database.prepare('SELECT * FROM zombie_sweep')
  const putSweep = database.prepare('UPDATE zombie_sweep SET started_at = ?, finished_at = ?, after = ?, looked_at = ?')
  const put = database.prepare(
    `INSERT INTO zombies (registration, number, reasons, since, done, done_at, code, name_key)
     SELECT id, ?2, ?3, ?4, ?5, ?4, ?6, name_key FROM registrations WHERE id = ?1
     ON CONFLICT DO UPDATE SET reasons = ?3, done = ?5, done_at = ?4, code = ?6`,
  )
  const remove = database.prepare('DELETE FROM zombies WHERE registration = ?')
  return {
    ...zombieQueries(database),
    async sweep() {
      const row = (await sweep.get()) ?? {}
      return {
        startedAt: optionalNumberOf(row, 'started_at'),
        finishedAt: optionalNumberOf(row, 'finished_at'),
        after: numberOf(row, 'after'),
        lookedAt: numberOf(row, 'looked_at'),
      }
    },
    async putSweep({ startedAt, finishedAt, after, lookedAt }) {
      await putSweep.run(startedAt ?? null, finishedAt ?? null, after, lookedAt)
    },
    registrations: async ({ after, limit, now }) => (await swept.all(now, after, limit)).map(sweptOf),
    async put({ registration, number, reasons, done, at, code }) {
      await put.run(registration, number, JSON.stringify(reasons), at, done, code ?? null)
    },
    async remove(registration) {
      await remove.run(registration)
    },
  }
}

function sweptOf(row: Row): SweptRegistration {
  const device = optionalTextOf(row, 'device')
  const reasons = optionalTextOf(row, 'reasons')
  return {
    number: numberOf(row, 'number'),
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    state: wordOf(row, 'state', REGISTRATION_STATES),
    owner: optionalTextOf(row, 'owner'),
    ownerName: optionalTextOf(row, 'owner_name'),
    ownerIsActive: optionalTextOf(row, 'owner_status') === 'active',
    expiresAt: optionalNumberOf(row, 'expires_at'),
    reviewAt: optionalNumberOf(row, 'review_at'),
    usedAt: numberOf(row, 'used_at'),
    single: numberOf(row, 'single') === 1,
    running: numberOf(row, 'running'),
    endOfLife: optionalTextOf(row, 'end_of_life'),
    device:
      device === undefined
        ? undefined
        : {
            retired: textOf(row, 'device_status') === 'retired',
            heardAt: optionalNumberOf(row, 'last_seen'),
            verdict: wordOf(row, 'verdict', VERDICTS),
          },
    zombie:
      reasons === undefined
        ? undefined
        : { reasons: jsonOf(row, 'reasons', reasonsReader), done: wordOf(row, 'done', ZOMBIE_DONE) },
  }
}

function zombieQueries(database: Database): Pick<ZombieStore, 'list' | 'counts'> {
  const counts = database.prepare("SELECT state, count FROM register_counts WHERE noun = 'zombies'")
  const notEnded = database.prepare(
    "SELECT coalesce(sum(count), 0) AS n FROM register_counts WHERE noun = 'registrations' AND state NOT IN ('retiring', 'retired')",
  )
  return {
    list: zombieList(database),
    async counts() {
      const found = new Map((await counts.all()).map((row) => [textOf(row, 'state'), numberOf(row, 'count')]))
      const byReason = ZOMBIE_REASONS.map((reason) => [reason, found.get(reason) ?? 0])
      return {
        all: found.get('all') ?? 0,
        registrations: numberOf((await notEnded.get()) ?? {}, 'n'),
        // Each reason is among the entries.
        byReason: Object.fromEntries(byReason) as Record<ZombieReason, number>,
      }
    },
  }
}

/** Those whose registration fits. */
const registered = (condition: string) => `number IN (SELECT number FROM registrations WHERE ${condition})`

/** Zombies with a reason that fewer have are sorted when they are listed. */
const MANY = 10_000

function zombieList(database: Database): ZombieStore['list'] {
  const count = database.prepare("SELECT count FROM register_counts WHERE noun = 'zombies' AND state = ?")
  const byReason = zombieListing(database, 'zombie_reasons CROSS JOIN zombies USING (number)')
  const inOrder = zombieListing(database, 'zombies CROSS JOIN zombie_reasons USING (number)')
  return async (request) => {
    const { reason, sort } = request
    if (reason === undefined || sort === undefined) return byReason(request)
    const row = await count.get(`${reason}`)
    return (row !== undefined && numberOf(row, 'count') > MANY ? inOrder : byReason)(request)
  }
}

/** @param withReason the tables in the order in which they are read, if a reason is asked for. */
function zombieListing(database: Database, withReason: string): ZombieStore['list'] {
  return listing(database, {
    from: ({ reason }) => (reason === undefined ? 'zombies' : withReason),
    counted: countedByState('zombies', { state: 'reason', all: 'all' }),
    key: 'number',
    read: zombieOf,
    filters: {
      reason: (reason, value) => `reason = ${value(reason)}`,
      done: (done, value) => `done = ${value(done)}`,
      owner: (owner, value) => registered(`owner = ${value(owner)}`),
      named: (named, value) => registered(namedOrId(named, value)),
      search: (search, value) => startsWith('name_key', search, value),
    },
    sorts: { since: 'since' },
    joined: {
      columns: 'r.name, r.state, r.owner, h.display_name AS owner_name, h.user_name AS owner_user_name',
      tables: 'JOIN registrations r ON r.number = page.number LEFT JOIN humans h ON h.id = r.owner',
    },
  })
}

function zombieOf(row: Row): Zombie {
  return {
    id: textOf(row, 'registration'),
    registration: textOf(row, 'registration'),
    name: textOf(row, 'name'),
    state: wordOf(row, 'state', REGISTRATION_STATES),
    ...member('owner', optionalTextOf(row, 'owner')),
    ...member('ownerName', optionalTextOf(row, 'owner_name')),
    ...member('ownerUserName', optionalTextOf(row, 'owner_user_name')),
    reasons: [...jsonOf(row, 'reasons', reasonsReader)],
    since: numberOf(row, 'since'),
    done: wordOf(row, 'done', ZOMBIE_DONE),
    doneAt: numberOf(row, 'done_at'),
    ...member('code', optionalTextOf(row, 'code')),
  }
}
