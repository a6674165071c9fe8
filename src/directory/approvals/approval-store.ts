import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import {
  APPROVAL_SCOPES,
  APPROVERS,
  type ApprovalGrant,
  type ApprovalRequest,
  approvalRequestSchema,
} from '../../protocol/gate/action.ts'
import { HOOK_CLIENTS } from '../../protocol/gate/hook-clients.ts'
import { APPROVAL_STATES, type ApprovalState, type ApprovalView } from '../../protocol/nouns/people/approvals.ts'
import { namedCondition } from '../devices/stored/device-query.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, optionalWordOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing, type Place, startsWith } from '../sql/listing.ts'
import { peopleNamed } from '../sql/person.ts'

/** A request as it arrived. */
export interface ArrivedApproval {
  readonly device: string
  readonly request: ApprovalRequest
  /** SHA-256 of its action. */
  readonly actionHash: string
  readonly user: { readonly id: string; readonly name: string }
  readonly client: (typeof HOOK_CLIENTS)[number]
  readonly tool: string
  /** As in the items of a device: the catalogue id, or `unknown/NAME`. */
  readonly item: string
  readonly registration?: string | undefined
  readonly at: number
  readonly endsAt: number
}

export interface ApprovalDecided {
  readonly state: Exclude<ApprovalState, 'pending'>
  readonly at: number
  /** For people. */
  readonly by: string
  readonly reason?: string | undefined
  readonly grant?: Pick<ApprovalGrant, 'scope' | 'until'> | undefined
  readonly order?: string | undefined
}

export interface StoredApproval extends ArrivedApproval {
  /** In the order of arrival. */
  readonly number: number
  /** `expired` from its end on. */
  readonly state: ApprovalState
  /** Absent of one that expired, until that is recorded. */
  readonly decision?: ApprovalDecided | undefined
  /** Equal ones that wait. */
  readonly count: number
  readonly delivery?: ApprovalView['delivery']
}

export interface ApprovalAnswer {
  readonly approval: string
  readonly by: { readonly id: string; readonly name: string }
  readonly outcome: 'approved' | 'denied'
  readonly as?: (typeof APPROVERS)[number] | undefined
  readonly at: number
  readonly tookMs: number
  readonly flagged: boolean
}

/** What evidence asks. */
export interface ApprovalArrivalStore {
  has(id: string): Promise<boolean>
  /** @param denied why no person need look at it. */
  add(approval: ArrivedApproval, denied?: { readonly by: string; readonly reason: string }): Promise<void>
  load(device: string, of: { readonly userId: string; readonly client: string; readonly now: number }): Promise<Load>
  /** Those of agents that this human answers for. */
  waitingForOwner(human: string, now: number): Promise<number>
  /** Deletes the oldest that were denied at once, but for the newest `left` of the device. */
  forgetDenied(device: string, left: number): Promise<void>
}

/** How many wait, and how many came within the last hour. */
export interface Load {
  readonly ofDevice: number
  readonly ofAgent: number
  readonly lastHour: number
}

export interface ApprovalStore extends ApprovalArrivalStore {
  get(id: string, now: number): Promise<StoredApproval | undefined>
  /** Newest first. `concerns` is the id of a human: of their agents and accounts. */
  list(request: ListRequest, now: number): Promise<Listed<StoredApproval>>
  /** Equal ones that wait, this one too, oldest first. */
  equal(approval: Pick<StoredApproval, 'device' | 'actionHash'>, now: number): Promise<readonly StoredApproval[]>
  /** Of one that waits. */
  decide(id: string, decided: ApprovalDecided): Promise<void>
  /** Past their end, oldest first. */
  ended(now: number, limit: number): Promise<readonly string[]>
  /** Decided, and the device does not know. */
  toOrder(limit: number): Promise<readonly string[]>
  /** @param order absent: the device needs none any more. */
  setOrdered(id: string, order: string | undefined): Promise<void>
  answers(approval: string): Promise<readonly ApprovalAnswer[]>
  putAnswer(answer: ApprovalAnswer): Promise<void>
  /** Newest first. */
  answersOf(by: string, since: number, limit: number): Promise<readonly ApprovalAnswer[]>
}

const requestReader = reader(approvalRequestSchema, { name: 'stored approval request' })

const WAITS = `state = 'pending' AND ends_at > ?1`
const COUNT = `(SELECT count(*) FROM approvals e WHERE e.device = page.device AND e.action_hash = page.action_hash
  AND e.state = 'pending' AND e.ends_at > ?1) AS equal_count`
const DELIVERY = '(SELECT o.state FROM orders o WHERE o.id = page.order_id) AS delivery'
const HOST = `coalesce((SELECT lower(json_extract(d.label_json, '$.hostname')) FROM devices d WHERE d.id = approvals.device), '')`
const DELIVERIES = ['pending', 'done', 'failed', 'refused', 'expired', 'withdrawn'] as const
/** Older equal ones are listed instead. */
const FIRST_OF_EQUAL = `NOT EXISTS (SELECT 1 FROM approvals o WHERE o.device = approvals.device
  AND o.action_hash = approvals.action_hash AND o.state = 'pending' AND o.ends_at > ?1 AND o.number < approvals.number)`

const ofOwner = (people: string) =>
  `registration IN (SELECT r.id FROM registrations r WHERE r.owner IS NOT NULL AND r.owner IN (${people}))`

function ofState(state: string, value: Place): string {
  if (state === 'pending') return `${WAITS} AND ${FIRST_OF_EQUAL}`
  if (state === 'expired') return `(state = 'expired' OR (state = 'pending' AND ends_at <= ?1))`
  return `state = ${value(state)}`
}

export function approvalStore(database: Database): ApprovalStore {
  const page = (where: string) =>
    `SELECT page.*, ?1 AS now, ${COUNT}, ${DELIVERY} FROM approvals page WHERE ${where} ORDER BY number`
  const known = database.prepare('SELECT 1 FROM approvals WHERE id = ?')
  const byId = database.prepare(page('id = ?2'))
  const equal = database.prepare(page(`device = ?2 AND action_hash = ?3 AND ${WAITS}`))
  const insert = database.prepare(
    `INSERT INTO approvals (id, device, action_hash, user_id, user_name, client, tool, item, registration, state, received_at,
       ends_at, decided_at, decided_by, reason, at_once, order_due, json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const waiting = `SELECT count(*) FROM approvals WHERE device = ?1 AND state = 'pending' AND ends_at > ?4`
  const load = database.prepare(
    `SELECT (${waiting}) AS of_device, (${waiting} AND user_id = ?2 AND client = ?3) AS of_agent,
       (SELECT count(*) FROM (SELECT 1 FROM approvals WHERE device = ?1 AND received_at > ?4 - 3600000
          ORDER BY number DESC LIMIT 1000)) AS last_hour`,
  )
  const waitingForOwner = database.prepare(
    `SELECT count(*) AS n FROM registrations r CROSS JOIN approvals a ON a.registration = r.id
     WHERE r.owner = ?2 AND a.state = 'pending' AND a.ends_at > ?1`,
  )
  const forget = database.prepare(
    `DELETE FROM approvals WHERE number IN (
       SELECT number FROM approvals WHERE device = ? AND at_once = 1 ORDER BY number DESC LIMIT -1 OFFSET ?)`,
  )
  const decide = database.prepare(
    `UPDATE approvals SET state = ?, decided_at = ?, decided_by = ?, reason = ?, scope = ?, scope_until = ?, order_id = ?
     WHERE id = ?`,
  )
  const ended = database.prepare(
    `SELECT id FROM approvals WHERE state = 'pending' AND ends_at <= ? ORDER BY ends_at LIMIT ?`,
  )
  const toOrder = database.prepare('SELECT id FROM approvals WHERE order_due = 1 ORDER BY number LIMIT ?')
  const setOrdered = database.prepare('UPDATE approvals SET order_due = 0, order_id = ? WHERE id = ?')
  const answers = database.prepare('SELECT * FROM approval_answers WHERE approval = ? ORDER BY answered_at')
  const putAnswer = database.prepare('INSERT INTO approval_answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const answersOf = database.prepare(
    'SELECT * FROM approval_answers WHERE by_id = ? AND answered_at > ? ORDER BY answered_at DESC LIMIT ?',
  )
  const list = listing(database, {
    from: 'approvals',
    timed: true,
    key: 'number',
    newestFirst: true,
    read: approvalOf,
    filters: {
      state: ofState,
      device: (device, value) => `device = ${value(device)}`,
      owner: (owner, value) => ofOwner(peopleNamed(owner, value)),
      user: (user, value) => `user_name = ${value(user)}`,
      concerns: (human, value) => `(${ofOwner(value(human))} OR EXISTS (SELECT 1 FROM accounts a
        WHERE a.device = approvals.device AND a.user_id = approvals.user_id AND a.human = ${value(human)}))`,
      named(named, value) {
        const text = value(named)
        return `(${beginsWith('approvals.id', text)} OR ${namedCondition('approvals.device', text)})`
      },
      search: (search, value) =>
        `(${startsWith('lower(tool)', search, value)} OR ${startsWith('lower(user_name)', search, value)})`,
    },
    sorts: { received: 'received_at', ends: 'ends_at', tool: 'tool', user: 'user_name', host: HOST },
    joined: { columns: `${COUNT}, ${DELIVERY}`, tables: '' },
  })
  return {
    has: async (id) => (await known.get(id)) !== undefined,
    async get(id, now) {
      const row = await byId.get(now, id)
      return row && approvalOf(row)
    },
    list,
    equal: async ({ device, actionHash }, now) => (await equal.all(now, device, actionHash)).map(approvalOf),
    async add({ device, request, actionHash, user, client, tool, item, registration, at, endsAt }, denied) {
      const facts = [request.id, device, actionHash, user.id, user.name, client, tool, item, registration ?? null]
      const decision =
        denied === undefined
          ? ['pending', at, endsAt, null, null, null, 0, 0]
          : ['denied', at, endsAt, at, denied.by, denied.reason, 1, 1]
      await insert.run(...facts, ...decision, JSON.stringify(request))
    },
    async load(device, { userId, client, now }) {
      const row = (await load.get(device, userId, client, now)) ?? {}
      return {
        ofDevice: numberOf(row, 'of_device'),
        ofAgent: numberOf(row, 'of_agent'),
        lastHour: numberOf(row, 'last_hour'),
      }
    },
    waitingForOwner: async (human, now) => numberOf((await waitingForOwner.get(now, human)) ?? {}, 'n'),
    async forgetDenied(device, left) {
      await forget.run(device, left)
    },
    async decide(id, { state, at, by, reason, grant, order }) {
      await decide.run(state, at, by, reason ?? null, grant?.scope ?? null, grant?.until ?? null, order ?? null, id)
    },
    ended: async (now, limit) => (await ended.all(now, limit)).map((row) => textOf(row, 'id')),
    toOrder: async (limit) => (await toOrder.all(limit)).map((row) => textOf(row, 'id')),
    async setOrdered(id, order) {
      await setOrdered.run(order ?? null, id)
    },
    answers: async (approval) => (await answers.all(approval)).map(answerOf),
    async putAnswer({ approval, by, outcome, as, at, tookMs, flagged }) {
      await putAnswer.run(approval, by.id, by.name, outcome, as ?? null, at, tookMs, flagged ? 1 : 0)
    },
    answersOf: async (by, since, limit) => (await answersOf.all(by, since, limit)).map(answerOf),
  }
}

function approvalOf(row: Row): StoredApproval {
  const endsAt = numberOf(row, 'ends_at')
  const stored = wordOf(row, 'state', APPROVAL_STATES)
  const at = optionalNumberOf(row, 'decided_at')
  const scope = optionalWordOf(row, 'scope', APPROVAL_SCOPES)
  return {
    number: numberOf(row, 'number'),
    device: textOf(row, 'device'),
    request: jsonOf(row, 'json', requestReader),
    actionHash: textOf(row, 'action_hash'),
    user: { id: textOf(row, 'user_id'), name: textOf(row, 'user_name') },
    client: wordOf(row, 'client', HOOK_CLIENTS),
    tool: textOf(row, 'tool'),
    item: textOf(row, 'item'),
    ...member('registration', optionalTextOf(row, 'registration')),
    at: numberOf(row, 'received_at'),
    endsAt,
    state: stored === 'pending' && endsAt <= numberOf(row, 'now') ? 'expired' : stored,
    ...(at === undefined || stored === 'pending'
      ? {}
      : {
          decision: {
            state: stored,
            at,
            by: textOf(row, 'decided_by'),
            ...member('reason', optionalTextOf(row, 'reason')),
            ...(scope === undefined
              ? {}
              : { grant: { scope, ...member('until', optionalNumberOf(row, 'scope_until')) } }),
            ...member('order', optionalTextOf(row, 'order_id')),
          },
        }),
    count: numberOf(row, 'equal_count'),
    ...member('delivery', optionalWordOf(row, 'delivery', DELIVERIES)),
  }
}

function answerOf(row: Row): ApprovalAnswer {
  return {
    approval: textOf(row, 'approval'),
    by: { id: textOf(row, 'by_id'), name: textOf(row, 'by_name') },
    outcome: wordOf(row, 'outcome', ['approved', 'denied']),
    ...member('as', optionalWordOf(row, 'as_whom', APPROVERS)),
    at: numberOf(row, 'answered_at'),
    tookMs: numberOf(row, 'took_ms'),
    flagged: numberOf(row, 'flagged') === 1,
  }
}
