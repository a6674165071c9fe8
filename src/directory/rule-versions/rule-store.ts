import { member } from '../../base/json-object.ts'
import { VERDICTS } from '../../protocol/messages/attestation-result.ts'
import type { RuleSubject } from '../rule-set/rule-set.ts'
import { jsonOf, numberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { labelsReader, sightingReader } from '../sql/stored-readers.ts'
import { VERDICT_NOW } from '../sql/verdict-now.ts'

/** An agent as it is seen on a device, with all that rules decide by. */
export interface SeenSubject {
  /** Rises with each seen agent. */
  readonly number: number
  readonly id: string
  readonly name: string
  /** As a stop selects it. */
  readonly product: string
  readonly hostname?: string | undefined
  readonly user?: string | undefined
  /** Id of the human of its confirmed account. */
  readonly humanId?: string | undefined
  readonly unknown: boolean
  readonly subject: RuleSubject
}

export interface RuleSubjectStore {
  /** Agents that are there now, by number. `now`: verdicts are those of this time. */
  present(page: {
    readonly after: number
    readonly limit: number
    readonly now: number
  }): Promise<readonly SeenSubject[]>
  /** Whether there are unknown agents that the rules in use have to look at. */
  isDue(): Promise<boolean>
  /** Takes some of these, each once. */
  take(page: { readonly limit: number; readonly now: number }): Promise<readonly SeenSubject[]>
}

const SUBJECT = `SELECT a.number, a.id, a.item, a.product, a.user_name, a.human, a.state, a.executable, a.workspace, s.json, l.device,
    l.host, l.labels, ${VERDICT_NOW} AS verdict, h.user_key,
    (SELECT json_group_array(g.name_key) FROM group_members m JOIN people_groups g ON g.id = m.people_group
      WHERE m.human = a.human AND g.deleted_at IS NULL) AS group_names
  FROM seen_agents a
  JOIN sightings s ON s.device = a.device AND s.id = a.sighting AND s.kind = 'agent'
  JOIN listed_devices l ON l.device = a.device AND l.status = 'active'
  LEFT JOIN humans h ON h.id = a.human AND h.status = 'active'`

/** Agents that rules decide about, with all that they decide by. */
export function ruleSubjectStore(database: Database): RuleSubjectStore {
  const present = database.prepare(
    `${SUBJECT} WHERE a.number > ?2 AND a.present > 0 ORDER BY a.number LIMIT CAST(?3 AS INTEGER)`,
  )
  const noted = database.prepare(
    `${SUBJECT} WHERE a.number IN (SELECT seen FROM rules_due ORDER BY seen LIMIT CAST(?2 AS INTEGER))`,
  )
  const first = database.prepare('SELECT 1 FROM rules_due LIMIT 1')
  const clean = database.prepare(
    `DELETE FROM rules_due WHERE seen IN (SELECT seen FROM rules_due ORDER BY seen LIMIT CAST(? AS INTEGER))`,
  )
  const after = database.prepare('SELECT after FROM rules_pass WHERE after IS NOT NULL')
  const passNext = database.prepare(
    `SELECT number FROM seen_agents WHERE number > ? AND state = 'unknown' AND present > 0
     ORDER BY number LIMIT CAST(? AS INTEGER)`,
  )
  const note = database.prepare('INSERT INTO rules_due VALUES (?) ON CONFLICT DO NOTHING')
  const pass = database.prepare('UPDATE rules_pass SET after = ?')
  return {
    present: async (page) => (await present.all(page.now, page.after, page.limit)).map(subjectOf),
    isDue: async () => (await first.get()) !== undefined || (await after.get()) !== undefined,
    async take({ limit, now }) {
      const from = await after.get()
      if (from !== undefined) {
        const numbers = (await passNext.all(numberOf(from, 'after'), limit)).map((row) => numberOf(row, 'number'))
        for (const number of numbers) await note.run(number)
        await pass.run(numbers.length < limit ? null : (numbers.at(-1) ?? null))
      }
      const rows = (await noted.all(now, limit)).map(subjectOf)
      await clean.run(limit)
      return rows
    },
  }
}

function subjectOf(row: Row): SeenSubject {
  const sighting = jsonOf(row, 'json', sightingReader)
  const agent = sighting.kind === 'agent' ? sighting : undefined
  return {
    number: numberOf(row, 'number'),
    id: textOf(row, 'id'),
    name: sighting.name,
    product: textOf(row, 'product'),
    hostname: optionalTextOf(row, 'host'),
    user: optionalTextOf(row, 'user_name'),
    humanId: optionalTextOf(row, 'user_key') === undefined ? undefined : optionalTextOf(row, 'human'),
    unknown: textOf(row, 'state') === 'unknown',
    subject: {
      item: textOf(row, 'item'),
      known: agent?.catalogueId !== undefined && agent.agentKind !== 'unknown',
      packages: packagesIn(sighting.evidence),
      autonomy: agent?.autonomy?.level ?? 'unknown',
      device: textOf(row, 'device'),
      labels: jsonOf(row, 'labels', labelsReader),
      verdict: wordOf(row, 'verdict', VERDICTS),
      groups: namesIn(textOf(row, 'group_names')),
      ...member('executable', optionalTextOf(row, 'executable')),
      ...member('workspace', optionalTextOf(row, 'workspace')),
      ...member('human', optionalTextOf(row, 'user_key')),
    },
  }
}

/** The query made the array. */
function namesIn(json: string): readonly string[] {
  return (JSON.parse(json) as readonly unknown[]).map(String)
}

/** Names of packages, from how discovery says by what it recognised an agent. */
function packagesIn(evidence: readonly string[]): readonly string[] {
  return evidence.flatMap((one) => /^(?:npm|python) package (\S+)/.exec(one)?.[1] ?? [])
}
