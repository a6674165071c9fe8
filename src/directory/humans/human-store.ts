import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { reader, Type } from '../../base/schema.ts'
import { skeletonOf } from '../../base/text/confusable-names.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import {
  HUMAN_ORIGINS,
  HUMAN_STATUSES,
  type HumanOrigin,
  type HumanStatus,
} from '../../protocol/nouns/people/people.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { listing, startsWith } from '../sql/listing.ts'
import { peopleNamed } from '../sql/person.ts'

/** A human as stored. Names are as given; the store compares them by `foldName`. */
export interface Human {
  readonly id: string
  /** In the order of creation. */
  readonly number: number
  readonly userName: string
  readonly displayName: string
  readonly email?: string | undefined
  /** The id at the identity provider. */
  readonly externalId?: string | undefined
  readonly status: HumanStatus
  /** Id of a human. */
  readonly manager?: string | undefined
  readonly origin: HumanOrigin
  /** Rises with each change. */
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
  readonly deactivatedAt?: number | undefined
  /** The identity provider deleted it: the row stays, its names are free again. */
  readonly deletedAt?: number | undefined
  /** Further SCIM attributes. */
  readonly scim: object
}

export type NewHuman = Omit<Human, 'number' | 'version' | 'changedAt' | 'deletedAt'>

export interface HumansPage {
  readonly after?: number | undefined
  readonly limit: number
}

/** All questions except `get` leave deleted humans out. */
export interface HumanStore {
  get(id: string): Promise<Human | undefined>
  byName(userName: string): Promise<Human | undefined>
  /** The one human with this address. Of several, the only active one, or else none. */
  byEmail(email: string): Promise<Human | undefined>
  byExternalId(externalId: string): Promise<Human | undefined>
  /** All whom an id, a user name or an e-mail address names: most often one. An active human comes before a deactivated one. */
  allNamed(text: string): Promise<readonly Human[]>
  /** The human whom people and owners of devices call by this id, user name or e-mail address. None if it names several. */
  named(text: string): Promise<Human | undefined>
  /** Humans with another user name that looks the same, at most a few. */
  lookingLike(userName: string): Promise<readonly Human[]>
  /** @throws `CONFLICT` for an id, user name or external id in use; `INPUT_MALFORMED` for a name that cannot be folded. */
  put(human: NewHuman): Promise<Human>
  /**
   * Stores everything but id, number, origin and creation, and raises the version.
   *
   * @throws as `put`; `VERSION_STALE` if the stored version is another than expected; `NOT_FOUND`.
   */
  update(human: Human, options?: { readonly expectVersion?: number | undefined }): Promise<Human>
  /** In the order of numbers. */
  page(page: HumansPage): Promise<readonly Human[]>
  list(request: ListRequest): Promise<Listed<Human>>
  /** Ids of the groups with this human. A deleted group has no members. */
  groupsOf(human: string): Promise<string[]>
  /** Humans by status. Kept, not counted. */
  counts(): Promise<Readonly<Record<HumanStatus, number>>>
  /** Active humans that were made after this time. */
  newCount(after: number): Promise<number>
}

const scimReader = reader(Type.Record(Type.String(), Type.Unknown()), {
  name: 'SCIM attributes',
  limits: { maxBytes: 1024 * 1024, maxDepth: 16 },
})

export function humanStore(database: Database): HumanStore {
  const byId = database.prepare('SELECT * FROM humans WHERE id = ?')
  const byName = database.prepare('SELECT * FROM humans WHERE user_key = ? AND deleted_at IS NULL')
  const byExternalId = database.prepare('SELECT * FROM humans WHERE external_id = ? AND deleted_at IS NULL')
  // Two of a status are enough to know that it is not one.
  const byEmail = database.prepare(
    `SELECT * FROM humans WHERE email_key IS NOT NULL AND email_key = ? AND deleted_at IS NULL
     ORDER BY status, number LIMIT 3`,
  )
  const insert = database.prepare(
    `INSERT INTO humans (id, user_name, user_key, user_skeleton, display_name, email, email_key, external_id, status, manager,
       origin, created_at, changed_at, deactivated_at, scim_json)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14) RETURNING *`,
  )
  const update = database.prepare(
    `UPDATE humans SET user_name = ?2, user_key = ?3, user_skeleton = ?4, display_name = ?5, email = ?6, email_key = ?7,
       external_id = ?8, status = ?9, manager = ?10, changed_at = ?11, deactivated_at = ?12, deleted_at = ?13, scim_json = ?14,
       version = version + 1
     WHERE id = ?1 AND (?15 IS NULL OR version = ?15) RETURNING *`,
  )
  const alike = database.prepare(
    'SELECT * FROM humans WHERE user_skeleton = ? AND user_key <> ? AND deleted_at IS NULL ORDER BY number LIMIT 3',
  )
  const groups = database.prepare(
    `SELECT m.people_group FROM group_members m CROSS JOIN people_groups g ON g.id = m.people_group AND g.deleted_at IS NULL
     WHERE m.human = ? ORDER BY m.people_group`,
  )
  // The cast hides the limit from SQLite, which would otherwise plan again for every limit.
  const page = database.prepare(
    'SELECT * FROM humans WHERE number > ? AND deleted_at IS NULL ORDER BY number LIMIT CAST(? AS INTEGER)',
  )
  const newCount = database.prepare(
    "SELECT count(*) AS count FROM humans INDEXED BY humans_by_creation WHERE status = 'active' AND created_at > ?",
  )
  const counts = database.prepare("SELECT state, count FROM register_counts WHERE noun = 'humans'")

  const one = (row: Row | undefined) => row && humanOf(row)
  const allNamed = async (text: string): Promise<readonly Human[]> => {
    const exact = one(await byId.get(text))
    if (exact !== undefined && exact.deletedAt === undefined) return [exact]
    const key = foldedName(text)
    if (key === undefined) return []
    const found = [await byName.get(key), ...(await byEmail.all(key))].flatMap((row) =>
      row === undefined ? [] : [humanOf(row)],
    )
    const different = [...new Map(found.map((human) => [human.id, human])).values()]
    const active = different.filter(({ status }) => status === 'active')
    return active.length > 0 ? active : different
  }
  const list = listing(database, {
    from: 'humans',
    where: 'deleted_at IS NULL',
    key: 'number',
    read: humanOf,
    filters: {
      status: (status, value) => `status = ${value(status)}`,
      manager: (manager, value) => `manager IS NOT NULL AND manager = ${value(manager)}`,
      search: (search, value) => startsWith('user_key', search, value),
      named: (named, value) => `id IN (${peopleNamed(named, value)})`,
    },
    // Numbers are in the order in which people came.
    sorts: { 'user-name': 'user_key', since: 'number' },
  })
  const sole = (found: readonly Human[]) => (found.length === 1 ? found[0] : undefined)
  return {
    get: async (id) => one(await byId.get(id)),
    async byName(userName) {
      const key = foldedName(userName)
      return key === undefined ? undefined : one(await byName.get(key))
    },
    async byEmail(email) {
      const key = foldedName(email)
      const found = key === undefined ? [] : (await byEmail.all(key)).map(humanOf)
      const active = found.filter(({ status }) => status === 'active')
      return sole(active.length > 0 ? active : found)
    },
    byExternalId: async (externalId) => one(await byExternalId.get(externalId)),
    allNamed,
    named: async (text) => sole(await allNamed(text)),
    async lookingLike(userName) {
      const key = foldedName(userName)
      return key === undefined ? [] : (await alike.all(skeletonOf(key), key)).map(humanOf)
    },
    async put(human) {
      const { id, manager, origin, status, createdAt, deactivatedAt } = human
      const row = await insert.get(
        ...[id, ...namesOf(human), status, manager ?? null, origin, createdAt],
        ...[deactivatedAt ?? null, JSON.stringify(human.scim)],
      )
      return humanOf(row ?? {})
    },
    async update(human, { expectVersion } = {}) {
      const { id, status, manager, changedAt, deactivatedAt, deletedAt, scim } = human
      const row = await update.get(
        ...[id, ...namesOf(human), status, manager ?? null, changedAt, deactivatedAt ?? null, deletedAt ?? null],
        ...[JSON.stringify(scim), expectVersion ?? null],
      )
      if (row !== undefined) return humanOf(row)
      throw notUpdated('human', id, (await byId.get(id)) !== undefined)
    },
    page: async ({ after = 0, limit }) => (await page.all(after, limit)).map(humanOf),
    list,
    groupsOf: async (human) => (await groups.all(human)).map((row) => textOf(row, 'people_group')),
    newCount: async (after) => numberOf((await newCount.get(after)) ?? {}, 'count'),
    async counts() {
      const found = new Map((await counts.all()).map((row) => [textOf(row, 'state'), numberOf(row, 'count')]))
      return { active: found.get('active') ?? 0, deactivated: found.get('deactivated') ?? 0 }
    },
  }
}

/** Why an update with an expected version changed no row. */
export function notUpdated(noun: string, id: string, exists: boolean): SuretyError {
  if (!exists) return new SuretyError('NOT_FOUND', `there is no ${noun} ${id}`)
  return new SuretyError('VERSION_STALE', `the ${noun} ${id} was changed meanwhile: read it again`)
}

function namesOf({
  userName,
  displayName,
  email,
  externalId,
}: Pick<Human, 'userName' | 'displayName' | 'email' | 'externalId'>) {
  const emailKey = email === undefined ? null : foldName(email)
  const key = foldName(userName)
  return [userName, key, skeletonOf(key), displayName, email ?? null, emailKey, externalId ?? null]
}

function humanOf(row: Row): Human {
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    userName: textOf(row, 'user_name'),
    displayName: textOf(row, 'display_name'),
    ...member('email', optionalTextOf(row, 'email')),
    ...member('externalId', optionalTextOf(row, 'external_id')),
    status: wordOf(row, 'status', HUMAN_STATUSES),
    ...member('manager', optionalTextOf(row, 'manager')),
    origin: wordOf(row, 'origin', HUMAN_ORIGINS),
    version: numberOf(row, 'version'),
    createdAt: numberOf(row, 'created_at'),
    changedAt: numberOf(row, 'changed_at'),
    ...member('deactivatedAt', optionalNumberOf(row, 'deactivated_at')),
    ...member('deletedAt', optionalNumberOf(row, 'deleted_at')),
    scim: jsonOf(row, 'scim_json', scimReader),
  }
}
