import { numberOf, optionalNumberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** A text that administrators set, by versions. The newest is in use. */
export interface TextVersion {
  /** From 1 on. 0 is the default of the release, which is not stored. */
  readonly version: number
  readonly hash: string
  readonly text: string
  readonly setAt: number
  readonly setBy: string
  /** What that administrator is called. The store finds it. */
  readonly setByName?: string | undefined
  /** It was set although a test advised against it. */
  readonly forced: boolean
  /** The earlier version that it says again. */
  readonly restores?: number | undefined
  /** Why, in the words of who set it. */
  readonly reason?: string | undefined
}

/** Versions are added and never changed. */
export interface VersionStore {
  newest(): Promise<TextVersion | undefined>
  get(version: number): Promise<TextVersion | undefined>
  add(version: TextVersion): Promise<void>
  /** Newest first. */
  list(page: {
    readonly before?: number | undefined
    readonly limit: number
  }): Promise<readonly Omit<TextVersion, 'text'>[]>
}

const STORED = 'version, hash, set_at, set_by, forced, restores, reason'
const ABOUT = `${STORED}, (SELECT name FROM principals p WHERE p.id = set_by) AS set_by_name`

/** @param table whose columns are those of `TextVersion`. */
export function versionStore(
  database: Database,
  table: 'policies' | 'rule_sets' | 'access_policies' | 'gate_policies',
): VersionStore {
  const newest = database.prepare(`SELECT ${ABOUT}, text FROM ${table} ORDER BY version DESC LIMIT 1`)
  const get = database.prepare(`SELECT ${ABOUT}, text FROM ${table} WHERE version = ?`)
  const list = database.prepare(`SELECT ${ABOUT} FROM ${table} WHERE version < ? ORDER BY version DESC LIMIT ?`)
  const add = database.prepare(`INSERT INTO ${table} (${STORED}, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  const whole = (row: Row | undefined) => row && { ...aboutOf(row), text: textOf(row, 'text') }
  return {
    newest: async () => whole(await newest.get()),
    get: async (version) => whole(await get.get(version)),
    list: async ({ before = Number.MAX_SAFE_INTEGER, limit }) => (await list.all(before, limit)).map(aboutOf),
    async add({ version, hash, setAt, setBy, forced, restores, reason, text }) {
      await add.run(version, hash, setAt, setBy, forced ? 1 : 0, restores ?? null, reason ?? null, text)
    },
  }
}

function aboutOf(row: Row): Omit<TextVersion, 'text'> {
  return {
    version: numberOf(row, 'version'),
    hash: textOf(row, 'hash'),
    setAt: numberOf(row, 'set_at'),
    setBy: textOf(row, 'set_by'),
    forced: numberOf(row, 'forced') === 1,
    restores: optionalNumberOf(row, 'restores'),
    reason: optionalTextOf(row, 'reason'),
    setByName: optionalTextOf(row, 'set_by_name'),
  }
}
