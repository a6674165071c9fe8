import { member } from '../../base/json-object.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** The agents that came by SCIM: what a registration has no member for. */
export interface StoredAgent {
  /** Id of the registration. */
  readonly registration: string
  readonly userName: string
  readonly externalId?: string | undefined
  /** Rises with each change of these members. */
  readonly version: number
  /** The client deleted it: its names are free again. */
  readonly deletedAt?: number | undefined
}

export interface ScimAgentStore {
  get(registration: string): Promise<StoredAgent | undefined>
  /** All below leave deleted agents out. */
  byName(userName: string): Promise<StoredAgent | undefined>
  byExternalId(externalId: string): Promise<StoredAgent | undefined>
  /** In the order of the numbers of registrations. */
  after(number: number, limit: number): Promise<readonly StoredAgent[]>
  /** The number of the registration with so many before it. */
  before(offset: number): Promise<number>
  count(): Promise<number>
  /** @throws `CONFLICT` for a name or external id in use; `INPUT_MALFORMED`. */
  put(agent: Omit<StoredAgent, 'version' | 'deletedAt'>): Promise<void>
  /** Stores names and end, and raises the version. @throws as `put`. */
  update(agent: StoredAgent): Promise<void>
}

export function scimAgentStore(database: Database): ScimAgentStore {
  const byId = database.prepare('SELECT * FROM scim_agents WHERE registration = ?')
  const byName = database.prepare('SELECT * FROM scim_agents WHERE user_key = ? AND deleted_at IS NULL')
  const byExternalId = database.prepare('SELECT * FROM scim_agents WHERE external_id = ? AND deleted_at IS NULL')
  const page = database.prepare(
    `SELECT * FROM scim_agents INDEXED BY scim_agents_listed WHERE number > ? AND deleted_at IS NULL
     ORDER BY number LIMIT CAST(? AS INTEGER)`,
  )
  const offset = database.prepare(
    `SELECT number FROM scim_agents INDEXED BY scim_agents_listed WHERE deleted_at IS NULL
     ORDER BY number LIMIT 1 OFFSET ?`,
  )
  const count = database.prepare(
    'SELECT count(*) AS count FROM scim_agents INDEXED BY scim_agents_listed WHERE deleted_at IS NULL',
  )
  const insert = database.prepare(
    `INSERT INTO scim_agents (registration, number, user_name, user_key, external_id)
     SELECT ?1, number, ?2, ?3, ?4 FROM registrations WHERE id = ?1`,
  )
  const update = database.prepare(
    `UPDATE scim_agents SET user_name = ?2, user_key = ?3, external_id = ?4, deleted_at = ?5, version = version + 1
     WHERE registration = ?1`,
  )
  const one = (row: Row | undefined) => row && agentOf(row)
  return {
    get: async (registration) => one(await byId.get(registration)),
    async byName(userName) {
      const key = foldedName(userName)
      return key === undefined ? undefined : one(await byName.get(key))
    },
    byExternalId: async (externalId) => one(await byExternalId.get(externalId)),
    after: async (number, limit) => (await page.all(number, limit)).map(agentOf),
    async before(places) {
      if (places === 0) return 0
      const row = await offset.get(places - 1)
      return row === undefined ? Number.MAX_SAFE_INTEGER : numberOf(row, 'number')
    },
    count: async () => numberOf((await count.get()) ?? {}, 'count'),
    async put({ registration, userName, externalId }) {
      await insert.run(registration, userName, foldName(userName), externalId ?? null)
    },
    async update({ registration, userName, externalId, deletedAt }) {
      await update.run(registration, userName, foldName(userName), externalId ?? null, deletedAt ?? null)
    },
  }
}

function agentOf(row: Row): StoredAgent {
  return {
    registration: textOf(row, 'registration'),
    userName: textOf(row, 'user_name'),
    ...member('externalId', optionalTextOf(row, 'external_id')),
    version: numberOf(row, 'version'),
    ...member('deletedAt', optionalNumberOf(row, 'deleted_at')),
  }
}
