import { CHANGE_EXAMPLES, CHANGES, type Change, type ChangeExample } from '../../protocol/nouns/directory/changes.ts'
import type { ActivityKind } from '../../protocol/nouns/directory/events.ts'
import { numberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** Milliseconds since 1970. `until` is not part of it. */
export interface Span {
  readonly since: number
  readonly until: number
}

export type Counted = Pick<Change, 'change' | 'count' | 'examples'>

/** Counts events of a span of time. Each statement reads only an index of the span, and gives a few rows for each change. */
export interface ChangeStore {
  /** Those that happened, in no order. */
  changes(span: Span): Promise<readonly Counted[]>
}

const AUTONOMOUS = 'agent-autonomous'
/** Kinds that name an agent. */
const OF_PRODUCTS: readonly ActivityKind[] = [
  'agent-appeared',
  'unknown-agent-appeared',
  AUTONOMOUS,
  'agent-unknown',
  'agent-deviated',
]
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ')
const HOST = (device: string) => `(SELECT json_extract(label_json, '$.hostname') FROM devices WHERE id = ${device})`

export function changeStore(database: Database): ChangeStore {
  const parts = [verdictChanges(database), deviceChanges(database), acts(database), productChanges(database)]
  return {
    changes: (span) =>
      database.snapshot(async () => {
        const found: Counted[] = []
        for (const part of parts) found.push(...(await part(span)))
        return found
      }),
  }
}

type Part = (span: Span) => Promise<readonly Counted[]>

/** Rows of one change follow each other: the first examples, with the count of all. */
function countedOf(rows: readonly Row[], exampleOf: (row: Row) => ChangeExample): readonly Counted[] {
  return [...Map.groupBy(rows, (row) => textOf(row, 'change'))].map(([change, members]) => ({
    change,
    count: Math.max(...members.map((row) => numberOf(row, 'number'))),
    examples: members.map(exampleOf),
  }))
}

/** The newest `CHANGE_EXAMPLES` of each change, and how many there are. @param grouped selects change, thing, id and at. */
const newest = (grouped: string) => `SELECT * FROM (
    SELECT *, count(*) OVER (PARTITION BY change) AS number,
      row_number() OVER (PARTITION BY change ORDER BY at DESC, thing) AS place
    FROM (${grouped}))
  WHERE place <= ${CHANGE_EXAMPLES}`

/** A verdict that went to and fro counts once: from before its first change to after its last. */
function verdictChanges(database: Database): Part {
  const statement = database.prepare(
    `SELECT *, ${HOST('thing')} AS name FROM (${newest(`
    SELECT device AS thing, at,
      CASE WHEN verdict = before THEN 'verdict-came-back' WHEN verdict = 'not-compliant' THEN 'went-red'
        WHEN verdict = 'compliant' THEN 'went-green' ELSE 'lost-verdict' END AS change
    FROM (SELECT device, at, verdict, row_number() OVER (PARTITION BY device ORDER BY at DESC, id DESC) AS back,
        last_value(verdict_before) OVER (PARTITION BY device ORDER BY at DESC, id DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before
      FROM activity INDEXED BY activity_verdicts WHERE kind = 'verdict-changed' AND at >= ?1 AND at < ?2)
    WHERE back = 1`)})`,
  )
  return async ({ since, until }) => countedOf(await statement.all(since, until), deviceExample)
}

function deviceChanges(database: Database): Part {
  const kinds = CHANGES.flatMap(({ from }) =>
    'activity' in from && !OF_PRODUCTS.includes(from.activity) ? [from.activity] : [],
  )
  const statement = database.prepare(
    `SELECT *, ${HOST('thing')} AS name FROM (${newest(`
    SELECT kind AS change, device AS thing, max(at) AS at FROM activity INDEXED BY activity_by_kind_and_time
    WHERE kind IN (${quoted(kinds)}) AND at >= ?1 AND at < ?2 AND device IS NOT NULL GROUP BY kind, device`)})`,
  )
  return async ({ since, until }) => countedOf(await statement.all(since, until), deviceExample)
}

function deviceExample(row: Row): ChangeExample {
  const device = textOf(row, 'thing')
  return { name: optionalTextOf(row, 'name') ?? device, id: device, at: numberOf(row, 'at') }
}

/** What has a name of its own, by the id that the act was about. */
const NAMES = [
  ...['registrations', 'people_groups', 'service_accounts', 'principals'].map(
    (table) => `(SELECT name FROM ${table} WHERE id = thing)`,
  ),
  '(SELECT product FROM seen_agents WHERE id = thing)',
  '(SELECT user_name FROM humans WHERE id = thing)',
  `(SELECT json_extract(json, '$.reason') FROM stops WHERE id = thing)`,
  '(SELECT url FROM webhooks WHERE id = thing)',
  HOST('thing'),
]

/** Who did it: an administrator, a person of the register, or `directory`. */
const BY = `(SELECT coalesce((SELECT name FROM principals WHERE id = actor), (SELECT user_name FROM humans WHERE id = actor), actor)
  FROM audit WHERE id = newest)`

function acts(database: Database): Part {
  const ofActs = CHANGES.flatMap(({ change, from }) => ('acts' in from ? [{ change, acts: from.acts }] : []))
  const cases = ofActs.flatMap(({ change, acts: all }) => all.map((act) => `WHEN '${act}' THEN '${change}'`)).join(' ')
  const statement = database.prepare(
    `SELECT *, coalesce(${NAMES.join(', ')}, thing) AS name, ${BY} AS actor FROM (${newest(`
    SELECT CASE act ${cases} END AS change, subject AS thing, max(at) AS at, max(id) AS newest
    FROM audit INDEXED BY audit_by_act_and_time
    WHERE act IN (${quoted(ofActs.flatMap(({ acts: all }) => all))}) AND at >= ?1 AND at < ?2 GROUP BY 1, subject`)})`,
  )
  return async ({ since, until }) =>
    countedOf(await statement.all(since, until), (row) => ({
      name: textOf(row, 'name'),
      id: textOf(row, 'thing'),
      at: numberOf(row, 'at'),
      by: textOf(row, 'actor'),
    }))
}

function productChanges(database: Database): Part {
  const from = 'FROM activity INDEXED BY activity_products'
  const products = database.prepare(`SELECT * FROM (
      SELECT *, count(*) OVER (PARTITION BY change) AS number,
        row_number() OVER (PARTITION BY change ORDER BY devices DESC, at DESC, thing) AS place
      FROM (SELECT kind AS change, product AS thing, count(DISTINCT device) AS devices, max(at) AS at ${from}
        WHERE kind IN (${quoted(OF_PRODUCTS)}) AND at >= ?1 AND at < ?2 AND product IS NOT NULL GROUP BY kind, product))
    WHERE place <= ${CHANGE_EXAMPLES}`)
  /** ?4: a list of products, as JSON. */
  const among = 'kind = ?3 AND at >= ?1 AND at < ?2 AND product IN (SELECT value FROM json_each(?4))'
  const versions = database.prepare(`SELECT product, version FROM (
      SELECT product, version,
        row_number() OVER (PARTITION BY product ORDER BY count(DISTINCT device) DESC, version) AS place
      ${from} WHERE ${among} AND version IS NOT NULL GROUP BY product, version)
    WHERE place <= ${CHANGE_EXAMPLES} ORDER BY product, place`)
  const devices = database.prepare(
    `SELECT product, count(DISTINCT device) AS devices ${from} WHERE ${among} GROUP BY product`,
  )
  return async ({ since, until }) => {
    const rows = await products.all(since, until)
    const found: Counted[] = []
    for (const { change, count, examples } of countedOf(rows, productExample)) {
      const names = JSON.stringify(examples.map(({ name }) => name))
      const known = await versions.all(since, until, change, names)
      const acting = change === AUTONOMOUS ? [] : await devices.all(since, until, AUTONOMOUS, names)
      found.push({
        change,
        count,
        examples: examples.map((one) => {
          const own = known.flatMap((row) => (row.product === one.name ? [textOf(row, 'version')] : []))
          const alone = acting.find(({ product }) => product === one.name)
          return {
            ...one,
            ...(own.length === 0 ? {} : { versions: own }),
            ...(alone === undefined ? {} : { autonomous: numberOf(alone, 'devices') }),
          }
        }),
      })
    }
    return found
  }
}

function productExample(row: Row): ChangeExample {
  return { name: textOf(row, 'thing'), at: numberOf(row, 'at'), devices: numberOf(row, 'devices') }
}
