import { reader, Type } from '../../base/schema.ts'
import { AUDIT_ACTS, type DirectoryEvent, type EventKind } from '../../protocol/nouns/directory/events.ts'
import type { NumberedPage } from '../http/paging.ts'
import { jsonOf, numberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'

/** Reads audit and activity as one list. */
export interface EventStore {
  /** Newest first. */
  list(
    page: NumberedPage & {
      readonly device?: string | undefined
      readonly kind?: EventKind | undefined
      /** Only audit has a subject. */
      readonly subject?: string | undefined
    },
  ): Promise<readonly DirectoryEvent[]>
  /** Events with higher ids, oldest first. */
  after(id: number, limit: number): Promise<readonly DirectoryEvent[]>
  /** Id of the newest event. 0 before the first. */
  newest(): Promise<number>
}

/** SQL for the next id in `audit` and `activity`, which share one sequence. Both are append only. */
export const NEXT_EVENT_ID =
  '1 + max(coalesce((SELECT max(id) FROM audit), 0), coalesce((SELECT max(id) FROM activity), 0))'

const factsReader = reader(Type.Unknown(), { name: 'stored event' })

/** Both tables as one shape. */
const TABLES = {
  audit: {
    select:
      'SELECT id, at, act AS kind, subject, device, actor, coalesce((SELECT name FROM principals p WHERE p.id = actor), (SELECT user_name FROM humans h WHERE h.id = actor)) AS actor_name, details_json AS json FROM audit',
    kind: 'act',
  },
  activity: {
    select:
      'SELECT id, at, kind, NULL AS subject, device, NULL AS actor, NULL AS actor_name, detail_json AS json FROM activity',
    kind: 'kind',
  },
} as const

/** SQL that `eventOf` reads. */
export const EVENT_COLUMNS = { audit: TABLES.audit.select, activity: TABLES.activity.select }

type Question = Parameters<EventStore['list']>[0]

/** Reads audit and activity as one list. */
export function eventStore(database: Database): EventStore {
  const audit = tableReader(database, 'audit')
  const activity = tableReader(database, 'activity')
  const ofSubject = database.prepare(
    `${TABLES.audit.select} INDEXED BY audit_by_subject WHERE subject = ?1 AND id < ?2 AND (?3 IS NULL OR device = ?3) AND (?4 IS NULL OR act = ?4) ORDER BY id DESC LIMIT ?5`,
  )
  const rowsOf = async (question: Question): Promise<readonly Row[]> => {
    const { subject, before = Number.MAX_SAFE_INTEGER, limit, device = null, kind = null } = question
    if (subject !== undefined) return ofSubject.all(subject, before, device, kind, limit)
    if (question.kind !== undefined) return isAct(question.kind) ? await audit(question) : await activity(question)
    const both = [...(await audit(question)), ...(await activity(question))]
    return both.sort((a, b) => numberOf(b, 'id') - numberOf(a, 'id')).slice(0, question.limit)
  }
  const after = Object.values(TABLES).map(({ select }) =>
    database.prepare(`${select} WHERE id > ? ORDER BY id LIMIT CAST(? AS INTEGER)`),
  )
  const newest = database.prepare(`SELECT ${NEXT_EVENT_ID} - 1 AS id`)
  // Between two statements, later events could be stored in both tables: a reader would pass over the first of them.
  return {
    list: (question) => database.snapshot(async () => (await rowsOf(question)).map(eventOf)),
    after: (id, limit) =>
      database.snapshot(async () => {
        const rows: Row[] = []
        for (const statement of after) rows.push(...(await statement.all(id, limit)))
        return rows
          .sort((a, b) => numberOf(a, 'id') - numberOf(b, 'id'))
          .slice(0, limit)
          .map(eventOf)
      }),
    newest: async () => numberOf((await newest.get()) ?? {}, 'id'),
  }
}

function isAct(kind: EventKind): boolean {
  return AUDIT_ACTS.some((act) => act === kind)
}

/** Each query names its index, because the tables only grow. */
function tableReader(database: Database, table: keyof typeof TABLES): (question: Question) => Promise<readonly Row[]> {
  const { select, kind: kindColumn } = TABLES[table]
  const prepare = (index: string, where: string) =>
    database.prepare(`${select} ${index} WHERE ${where} id < ? ORDER BY id DESC LIMIT ?`)
  const all = prepare('', '')
  const ofDevice = prepare(`INDEXED BY ${table}_by_device`, 'device = ? AND')
  const ofKind = prepare(`INDEXED BY ${table}_by_${kindColumn}`, `${kindColumn} = ? AND`)
  // Sorted afterwards: one device has few events of one kind.
  const ofBoth = prepare(`INDEXED BY ${table}_by_device_and_${kindColumn}`, `device = ? AND ${kindColumn} = ? AND`)
  return async ({ device, kind, before = Number.MAX_SAFE_INTEGER, limit }) => {
    if (device === undefined)
      return kind === undefined ? await all.all(before, limit) : await ofKind.all(kind, before, limit)
    return kind === undefined
      ? await ofDevice.all(device, before, limit)
      : await ofBoth.all(device, kind, before, limit)
  }
}

export function eventOf(row: Row): DirectoryEvent {
  const [device, actor] = [optionalTextOf(row, 'device'), optionalTextOf(row, 'actor')]
  const [subject, actorName] = [optionalTextOf(row, 'subject'), optionalTextOf(row, 'actor_name')]
  return {
    id: numberOf(row, 'id'),
    time: numberOf(row, 'at'),
    kind: textOf(row, 'kind'),
    ...(subject === undefined ? {} : { subject }),
    ...(device === undefined ? {} : { device }),
    ...(actor === undefined ? {} : { actor }),
    ...(actorName === undefined ? {} : { actorName }),
    facts: jsonOf(row, 'json', factsReader),
  }
}
