import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import {
  type EntryView,
  RECORD_ENTRY_BYTES,
  type RecordEntry,
  recordEntrySchema,
  type SealedText,
} from '../../protocol/nouns/directory/record.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { bytesOf, numberOf, optionalNumberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, type Given, listing } from '../sql/listing.ts'
import { openText } from './personal.ts'

export interface StoredEntry {
  readonly view: EntryView
  /** Absent: removed. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined
}

export interface EntryQueries {
  /** @param request.actor an id, or the name of a person, an administrator or a service. */
  list(request: ListRequest): Promise<Listed<EntryView>>
  get(id: string): Promise<StoredEntry | undefined>
  /** Entries in the order of the log, from an index on. */
  from(index: number, limit: number): Promise<readonly EntryView[]>
}

/** Deeper, and longer in its strings, than what the API takes. */
const entryReader = reader(recordEntrySchema, {
  name: 'entry of the record',
  code: 'STORE_CORRUPT',
  limits: { maxBytes: RECORD_ENTRY_BYTES, maxDepth: 16 },
})

/** The actor of changed verdicts, which are most entries. */
const DIRECTORY = 'directory'

/** Counting more entries takes longer than reading a page. */
const MOST_COUNTED = 10_000
/** Texts have no index: this bounds what one search reads. Fewer than what makes a search broad. */
const MOST_SEARCHED = 10_000

export function entryQueries(database: Database): EntryQueries {
  const byId = database.prepare('SELECT * FROM record_entries WHERE id = ?')
  const fromIndex = database.prepare(
    `SELECT * FROM record_entries INDEXED BY record_by_position
     WHERE position IS NOT NULL AND position >= ? ORDER BY position LIMIT ?`,
  )
  const keyById = database.prepare('SELECT key FROM record_keys WHERE id = ?')
  const named = database.prepare(
    `SELECT id FROM humans WHERE user_key = ?1 UNION ALL SELECT id FROM principals WHERE name = ?2 COLLATE NOCASE LIMIT 1`,
  )
  const rows = listing<Row>(database, {
    from: 'record_entries',
    key: 'number',
    usual: 'time',
    newestFirst: true,
    read: (row) => row,
    filters: {
      named: (id, value) => beginsWith('id', value(id)),
      // The second condition is that of an index.
      actor: (actor, value) =>
        actor === DIRECTORY ? `actor = ${value(actor)}` : `actor = ${value(actor)} AND actor IS NOT 'directory'`,
      act: (act, value) => `act = ${value(act)}`,
      // The conditions of two indexes: an entry about a device is in the index of devices only.
      subject: (subject, value) =>
        subject.startsWith('dev_')
          ? `device = ${value(subject)} AND subject = device`
          : `subject = ${value(subject)} AND subject IS NOT device`,
      device: (device, value) => `device = ${value(device)}`,
      agent: (agent, value) => `agent = ${value(agent)}`,
      since: (since, value) => `at >= ${value(Number(since))}`,
      until: (until, value) => `at < ${value(Number(until))}`,
      search: (text, value, _now, { until }) =>
        `number > ${newestUntil(until === undefined ? undefined : value(Number(until)))} - ${MOST_SEARCHED}
         AND instr(lower(CAST(bytes AS TEXT)), lower(${value(text)})) > 0`,
    },
    sorts: { time: 'at', index: { by: 'position', where: 'position IS NOT NULL' } },
    index: indexFor,
    counted: (given) =>
      Object.values(given).every((one) => one === undefined)
        ? 'SELECT coalesce(max(number), 0) AS total FROM record_entries'
        : undefined,
    mostCounted: MOST_COUNTED,
  })
  const open = async ({ key, sealed }: SealedText) => {
    const row = await keyById.get(key)
    return row?.key instanceof Uint8Array ? (openText({ key, sealed }, row.key) ?? null) : null
  }
  const idOf = async (actor: string) => {
    const row = await named.get(foldedName(actor) ?? null, actor)
    return row === undefined ? actor : textOf(row, 'id')
  }
  const stored = async (row: Row): Promise<StoredEntry> => {
    const bytes = row.bytes === null ? undefined : bytesOf(row, 'bytes')
    const index = optionalNumberOf(row, 'position')
    if (bytes === undefined) return { view: { ...removedView(row), ...member('index', index) } }
    const entry = entryReader.readJson(Buffer.from(bytes).toString())
    return { bytes, view: { ...(await viewOf(entry, open)), ...member('index', index) } }
  }
  return {
    async list({ actor, ...request }) {
      const by = typeof actor === 'string' ? { actor: await idOf(actor) } : {}
      const { items, ...rest } = await rows({ ...request, ...by })
      const views: EntryView[] = []
      for (const row of items) views.push((await stored(row)).view)
      return { ...rest, items: views }
    },
    async get(id) {
      const row = await byId.get(id)
      return row && (await stored(row))
    },
    async from(index, limit) {
      const views: EntryView[] = []
      for (const row of await fromIndex.all(index, limit)) views.push((await stored(row)).view)
      return views
    },
  }
}

function newestUntil(until: string | undefined): string {
  if (until === undefined) return '(SELECT coalesce(max(number), 0) FROM record_entries)'
  return `coalesce((SELECT number FROM record_entries INDEXED BY record_by_time WHERE at < ${until} ORDER BY at DESC LIMIT 1), 0)`
}

/** SQLite knows no counts, and might read all that the directory did to find the few stops among it. */
function indexFor({ subject, device, agent, actor, act, search }: Given, sort: string | undefined): string {
  if (device !== undefined || `${subject}`.startsWith('dev_')) return 'INDEXED BY record_by_device'
  if (subject !== undefined) return 'INDEXED BY record_by_subject'
  if (agent !== undefined) return 'INDEXED BY record_by_agent'
  // The numbers of a search are a range of the table.
  if (search !== undefined) return 'NOT INDEXED'
  if (act === undefined && actor === undefined) return sort === 'index' ? 'INDEXED BY record_by_position' : ''
  if (act === undefined) return 'INDEXED BY record_by_actor'
  return actor === undefined || actor === DIRECTORY ? 'INDEXED BY record_by_act' : 'INDEXED BY record_by_actor_and_act'
}

type Open = (text: SealedText) => Promise<string | null>

async function viewOf(entry: RecordEntry, open: Open): Promise<EntryView> {
  const { v: _, actor, from, before, after, details, ...rest } = entry
  const { address, ...credential } = from ?? {}
  return {
    ...rest,
    ...credential,
    actor: actor.id,
    actorKind: actor.kind,
    ...member('actorName', actor.name && (await open(actor.name))),
    ...member('address', address && (await open(address))),
    ...member('before', before && (await opened(before, open))),
    ...member('after', after && (await opened(after, open))),
    details: await opened(details, open),
    ...member('personal', personalIn(entry)),
  }
}

function personalIn({ actor, from, before = {}, after = {}, details }: RecordEntry): string[] | undefined {
  const places = Object.entries({ before, after, details }).flatMap(([place, values]) =>
    Object.keys(values).flatMap((name) => (isSealed(values[name]) ? [`${place}.${name}`] : [])),
  )
  if (actor.name !== undefined) places.push('actorName')
  if (from !== undefined) places.push('address')
  return places.length === 0 ? undefined : places
}

async function opened(values: Readonly<Record<string, unknown>>, open: Open): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) result[name] = isSealed(value) ? await open(value) : value
  return result
}

function isSealed(value: unknown): value is SealedText {
  return typeof value === 'object' && value !== null && 'sealed' in value && 'key' in value
}

function removedView(row: Row): EntryView {
  return {
    id: textOf(row, 'id'),
    time: numberOf(row, 'at'),
    act: textOf(row, 'act'),
    actor: textOf(row, 'actor'),
    ...member('subject', optionalTextOf(row, 'subject')),
    ...member('device', optionalTextOf(row, 'device')),
    ...member('agent', optionalTextOf(row, 'agent')),
    removed: true,
  }
}
