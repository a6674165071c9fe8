import { member } from '../../../base/json-object.ts'
import { reader, Type, words } from '../../../base/schema.ts'
import { DEVIATIONS, SEEN_STATES } from '../../../protocol/nouns/agents/seen-agents.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../../sql/columns.ts'
import type { Database, Row, SqlValue } from '../../sql/database.ts'
import { IN_FORCE } from '../../store/migrations/0001-stops.ts'
import type { Instance, NewSeen, Presence, Rematch, SeenKey, SeenStore, StoredSeen } from '../seen-store.ts'
import { searchKeyOf } from '../take-in.ts'

/** Seen agents as evidence and the loop that matches again write them. Triggers note what has changed and count states. */

/** Sightings of one seen agent that are read. All of them are counted. */
const MAX_INSTANCES = 100
const MAX_SERVERS = 500
/** Launches that are remembered of one seen agent. */
const MAX_LAUNCHES = 64

const textsReader = reader(Type.Array(Type.String()), { name: 'stored texts' })
const deviationsReader = reader(Type.Array(words(...DEVIATIONS)), { name: 'stored deviations' })
const launchesReader = reader(Type.Record(Type.String(), Type.String()), { name: 'stored launches' })

/** The condition of `sightings_by_seen_agent`, word for word. */
const PRESENT = `gone_at IS NULL AND kind = 'agent'`
const KEY = 'device = ?1 AND item = ?2 AND user_id = ?3'
const keyOf = ({ device, item, userId }: SeenKey) => [device, item, userId] as const

export function seenStore(database: Database): SeenStore {
  return {
    ...seenRows(database),
    ...seenFacts(database),
    ...seenWork(database),
  }
}

/** In the order of `valuesOf`. */
const COLUMNS = [
  ...['device', 'item', 'user_id', 'id', 'product', 'user_name', 'human', 'name', 'name_key', 'sighting', 'state'],
  ...['registration', 'decided_by', 'decided_at', 'ignored_by', 'ignored_at', 'ignored_reason', 'ignored_until'],
  ...['present', 'running', 'autonomous', 'version', 'executable', 'workspace', 'executables', 'launches'],
  ...['deviations', 'first_seen', 'last_seen'],
] as const

function valuesOf(seen: NewSeen): readonly SqlValue[] {
  const { ignored } = seen
  return [
    ...[seen.device, seen.item, seen.userId, seen.id, seen.product, seen.userName ?? null, seen.human ?? null],
    ...[seen.name, searchKeyOf(seen.name), seen.sighting, seen.state, seen.registration ?? null],
    ...[seen.decidedBy ?? null, seen.decidedAt ?? null, ignored?.by ?? null, ignored?.at ?? null],
    ...[ignored?.reason ?? null, ignored?.until ?? null, seen.present, seen.running, seen.autonomous],
    ...[seen.version ?? null, seen.executable ?? null, seen.workspace ?? null, JSON.stringify(seen.executables)],
    ...[JSON.stringify(seen.launches), JSON.stringify(seen.deviations), seen.firstSeen, seen.lastSeen],
  ]
}

type RowMethods = 'at' | 'get' | 'byNumber' | 'add' | 'update' | 'forgetEnded' | 'pastIgnored'

function seenRows(database: Database): Pick<SeenStore, RowMethods> {
  const at = database.prepare(`SELECT * FROM seen_agents WHERE ${KEY}`)
  const get = database.prepare('SELECT * FROM seen_agents WHERE id = ?')
  const byNumber = database.prepare('SELECT * FROM seen_agents WHERE number = ?')
  const insert = database.prepare(
    `INSERT INTO seen_agents (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')}) RETURNING number`,
  )
  const changing = COLUMNS.slice(4)
  const update = database.prepare(
    `UPDATE seen_agents SET ${changing.map((column) => `${column} = ?`).join(', ')} WHERE number = ?`,
  )
  const count = database.prepare('SELECT count(*) AS n FROM seen_agents WHERE device = ?')
  const forget = database.prepare(
    `DELETE FROM seen_agents WHERE number IN (SELECT number FROM seen_agents WHERE device = ?1 AND present = 0
       ORDER BY last_seen, number LIMIT CAST(?2 AS INTEGER))`,
  )
  const pastIgnored = database.prepare(
    `SELECT * FROM seen_agents INDEXED BY seen_agents_ignored WHERE ignored_until IS NOT NULL AND ignored_until <= ?
       ORDER BY ignored_until LIMIT CAST(? AS INTEGER)`,
  )
  return {
    at: async (key) => optionalSeen(await at.get(...keyOf(key))),
    get: async (id) => optionalSeen(await get.get(id)),
    byNumber: async (number) => optionalSeen(await byNumber.get(number)),
    add: async (seen) => numberOf((await insert.get(...valuesOf(seen))) ?? {}, 'number'),
    update: async (seen) => void (await update.run(...valuesOf(seen).slice(4), seen.number)),
    async forgetEnded(device, most) {
      const more = numberOf((await count.get(device)) ?? {}, 'n') - most
      if (more > 0) await forget.run(device, more + most / 10)
    },
    pastIgnored: async (now, limit) => (await pastIgnored.all(now, limit)).map(seenOf),
  }
}

type FactMethods =
  | 'presence'
  | 'humanOf'
  | 'blockingStop'
  | 'mcpServers'
  | 'launchChanged'
  | 'runningElsewhere'
  | 'clearSecondInstances'

function seenFacts(database: Database): Pick<SeenStore, FactMethods> {
  const human = database.prepare('SELECT human FROM accounts WHERE device = ? AND user_id = ? AND human IS NOT NULL')
  const stop = database.prepare(
    `SELECT id FROM stops INDEXED BY stops_by_product WHERE product = ?1 AND (device IS NULL OR device = ?2)
       AND coalesce(json_extract(json, '$.selector.user'), ?3) = ?3
       AND product IS NOT NULL AND ${IN_FORCE} AND kind <> 'drill' ORDER BY number LIMIT 1`,
  )
  const servers = database.prepare(
    `SELECT DISTINCT name FROM sightings INDEXED BY sightings_present WHERE kind = 'mcp-server' AND device = ?1
       AND gone_at IS NULL AND json_extract(json, '$.client') = ?2 AND user_id IN ('', ?3) LIMIT ${MAX_SERVERS}`,
  )
  // A server of all users has no user.
  const launched = `device = ?1 AND item = ?2 AND (user_id = ?3 OR ?3 = '')`
  const path = `'$."' || ?4 || '"'`
  const launch = database.prepare(
    `UPDATE seen_agents SET launches = CASE
       WHEN json_extract(launches, ${path}) IS NULL THEN json_set(launches, ${path}, ?5)
       WHEN json_extract(launches, ${path}) = ?6 THEN json_remove(launches, ${path})
       ELSE launches END
     WHERE ${launched} AND (json_extract(launches, ${path}) IS NOT NULL
       OR (SELECT count(*) FROM json_each(launches)) < ${MAX_LAUNCHES})`,
  )
  const touch = database.prepare(
    `INSERT INTO seen_touched SELECT device, item, user_id FROM seen_agents WHERE ${launched} ON CONFLICT DO NOTHING`,
  )
  const runs = 'registration IS NOT NULL AND running > 0'
  // Two suffice to know that there is a second one.
  const elsewhere = database.prepare(
    `SELECT coalesce(sum(running), 0) AS n FROM (
       SELECT running FROM seen_agents INDEXED BY seen_agents_running
       WHERE registration = ?4 AND ${runs} AND NOT (${KEY}) LIMIT 2)`,
  )
  const clear = database.prepare(
    `UPDATE seen_agents INDEXED BY seen_agents_running SET deviations =
       (SELECT json_group_array(value) FROM json_each(deviations) WHERE value <> 'second-instance')
     WHERE registration = ? AND ${runs} AND deviations <> '[]'`,
  )
  return {
    presence: presences(database),
    async humanOf(device, userId) {
      const row = await human.get(device, userId)
      return row && textOf(row, 'human')
    },
    async blockingStop({ product, device, userName }) {
      const row = await stop.get(product, device, userName ?? '')
      return row && textOf(row, 'id')
    },
    mcpServers: async (key) => (await servers.all(...keyOf(key))).map((row) => textOf(row, 'name')),
    async launchChanged(key, { sighting, before, now }) {
      const changed = (await launch.run(...keyOf(key), sighting, before, now)).changes
      if (changed > 0) await touch.run(...keyOf(key))
    },
    runningElsewhere: async (registration, except) =>
      numberOf((await elsewhere.get(...keyOf(except), registration)) ?? {}, 'n'),
    clearSecondInstances: async (registration) => void (await clear.run(registration)),
  }
}

function presences(database: Database): SeenStore['presence'] {
  const counts = database.prepare(
    `SELECT count(*) AS present, coalesce(sum(state = 'running'), 0) AS running, coalesce(sum(autonomous), 0) AS autonomous
     FROM sightings INDEXED BY sightings_by_seen_agent WHERE ${KEY} AND ${PRESENT}`,
  )
  // Running ones come first, since the word is after "installed": the index backwards, without a sort.
  const instances = database.prepare(
    `SELECT id, state, name, version, json_extract(json, '$.user.name') AS user_name,
       coalesce(json_extract(json, '$.process.executable'), json_extract(json, '$.path')) AS executable,
       json_extract(json, '$.workspace') AS workspace, coalesce(json_extract(json, '$.moreFolders'), '[]') AS folders,
       json_extract(json, '$.autonomy.level') AS autonomy, json_extract(json, '$.evidence') AS evidence
     FROM sightings INDEXED BY sightings_by_seen_agent WHERE ${KEY} AND ${PRESENT}
     ORDER BY state DESC, autonomous DESC, id DESC LIMIT ${MAX_INSTANCES}`,
  )
  return async (key): Promise<Presence> => {
    const row = (await counts.get(...keyOf(key))) ?? {}
    const present = numberOf(row, 'present')
    return {
      present,
      running: numberOf(row, 'running'),
      autonomous: numberOf(row, 'autonomous'),
      instances: present === 0 ? [] : (await instances.all(...keyOf(key))).map(instanceOf),
    }
  }
}

function instanceOf(row: Row): Instance {
  const workspace = optionalTextOf(row, 'workspace')
  const autonomy = optionalTextOf(row, 'autonomy')
  return {
    sighting: textOf(row, 'id'),
    running: textOf(row, 'state') === 'running',
    name: textOf(row, 'name'),
    userName: optionalTextOf(row, 'user_name'),
    version: optionalTextOf(row, 'version'),
    executable: optionalTextOf(row, 'executable'),
    workspaces: [...(workspace === undefined ? [] : [workspace]), ...jsonOf(row, 'folders', textsReader)],
    autonomy: autonomy === 'asks' || autonomy === 'autonomous' ? autonomy : 'unknown',
    evidence: jsonOf(row, 'evidence', textsReader),
  }
}

type WorkMethods = 'touched' | 'untouch' | 'putNews' | 'news' | 'dropNews' | 'nextRematch' | 'rematched'

function seenWork(database: Database): Pick<SeenStore, WorkMethods> {
  const touched = database.prepare('SELECT * FROM seen_touched WHERE device = ? LIMIT CAST(? AS INTEGER)')
  const untouch = database.prepare(`DELETE FROM seen_touched WHERE ${KEY}`)
  const putNews = database.prepare('INSERT INTO seen_news (seen) VALUES (?) ON CONFLICT DO NOTHING')
  const news = database.prepare('SELECT seen FROM seen_news ORDER BY seen LIMIT CAST(? AS INTEGER)')
  const dropNews = database.prepare('DELETE FROM seen_news WHERE seen = ?')
  const first = database.prepare('SELECT * FROM seen_rematches ORDER BY number LIMIT 1')
  const advance = database.prepare('UPDATE seen_rematches SET after = ? WHERE number = ?')
  const finish = database.prepare('DELETE FROM seen_rematches WHERE number = ?')
  const select = rematchQueries(database)
  return {
    touched: async (device, limit) => (await touched.all(device, limit)).map(seenKeyOf),
    async untouch(keys) {
      for (const key of keys) await untouch.run(...keyOf(key))
    },
    putNews: async (number) => void (await putNews.run(number)),
    news: async (limit) => (await news.all(limit)).map((row) => numberOf(row, 'seen')),
    dropNews: async (number) => void (await dropNews.run(number)),
    async nextRematch(limit): Promise<Rematch | undefined> {
      const row = await first.get()
      if (row === undefined) return undefined
      const rows = await select(row, limit)
      return {
        number: numberOf(row, 'number'),
        after: numberOf(rows.at(-1) ?? { number: 0 }, 'number'),
        keys: rows.map(seenKeyOf),
        last: rows.length < limit,
      }
    },
    async rematched({ number, after, last }) {
      if (last) await finish.run(number)
      else await advance.run(after, number)
    },
  }
}

/** Each reads the narrowest index that the selection has, in the order of numbers. */
function rematchQueries(database: Database): (row: Row, limit: number) => Promise<readonly Row[]> {
  const columns = 'SELECT number, device, item, user_id FROM seen_agents'
  const order = 'ORDER BY number LIMIT CAST(?6 AS INTEGER)'
  const others = `(?1 = '' OR item = ?1) AND (?2 = '' OR device = ?2) AND (?3 = '' OR human = ?3)
    AND (?4 = '' OR product = ?4) AND number > ?5 AND present > 0`
  const ofDevice = database.prepare(
    `${columns} INDEXED BY seen_agents_by_device WHERE device = ?2 AND ${others} ${order}`,
  )
  const ofProduct = database.prepare(
    `${columns} INDEXED BY seen_agents_by_product WHERE product = ?4 AND state <> 'registered' AND ${others} ${order}`,
  )
  const ofHuman = database.prepare(
    `${columns} INDEXED BY seen_agents_by_human WHERE human = ?3 AND human IS NOT NULL AND ${others} ${order}`,
  )
  const ofItem = database.prepare(`${columns} INDEXED BY seen_agents_by_item WHERE item = ?1 AND ${others} ${order}`)
  const all = database.prepare(`${columns} WHERE ${others} ${order}`)
  return async (row, limit) => {
    const [item, device] = [textOf(row, 'item'), textOf(row, 'device')]
    const [human, product] = [textOf(row, 'human'), textOf(row, 'product')]
    const chosen =
      device !== '' ? ofDevice : product !== '' ? ofProduct : human !== '' ? ofHuman : item !== '' ? ofItem : all
    return chosen.all(item, device, human, product, numberOf(row, 'after'), limit)
  }
}

function seenKeyOf(row: Row): SeenKey {
  return { device: textOf(row, 'device'), item: textOf(row, 'item'), userId: textOf(row, 'user_id') }
}

function optionalSeen(row: Row | undefined): StoredSeen | undefined {
  return row && seenOf(row)
}

export function seenOf(row: Row): StoredSeen {
  const [by, at] = [optionalTextOf(row, 'ignored_by'), optionalNumberOf(row, 'ignored_at')]
  return {
    ...seenKeyOf(row),
    number: numberOf(row, 'number'),
    id: textOf(row, 'id'),
    product: textOf(row, 'product'),
    userName: optionalTextOf(row, 'user_name'),
    human: optionalTextOf(row, 'human'),
    name: textOf(row, 'name'),
    sighting: textOf(row, 'sighting'),
    state: wordOf(row, 'state', SEEN_STATES),
    registration: optionalTextOf(row, 'registration'),
    decidedBy: optionalTextOf(row, 'decided_by'),
    decidedAt: optionalNumberOf(row, 'decided_at'),
    ignored:
      by === undefined || at === undefined
        ? undefined
        : {
            by,
            at,
            reason: optionalTextOf(row, 'ignored_reason') ?? '',
            ...member('until', optionalNumberOf(row, 'ignored_until')),
          },
    present: numberOf(row, 'present'),
    running: numberOf(row, 'running'),
    autonomous: numberOf(row, 'autonomous'),
    version: optionalTextOf(row, 'version'),
    executable: optionalTextOf(row, 'executable'),
    workspace: optionalTextOf(row, 'workspace'),
    executables: jsonOf(row, 'executables', textsReader),
    launches: jsonOf(row, 'launches', launchesReader),
    deviations: jsonOf(row, 'deviations', deviationsReader),
    firstSeen: numberOf(row, 'first_seen'),
    lastSeen: numberOf(row, 'last_seen'),
  }
}
