import { type Bytes, concatBytes, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { base64UrlOf, closed, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { canonicalJson } from '../../base/text/canonical-json.ts'
import { actionIdSchema, approvalIdSchema, timeSchema } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { sightingIdSchema, userSchema } from '../sighting.ts'
import { HOOK_CLIENTS } from './hook-clients.ts'

/** What an agent is about to do, as its hook asks the gate before it happens. */

export const ACTION_KINDS = ['shell', 'write', 'read', 'network', 'mcp', 'task', 'other'] as const
export type ActionKind = (typeof ACTION_KINDS)[number]

/** `name` is the client's own word, such as `Bash`. `server`: of an MCP tool. */
const actionToolSchema = closed({
  kind: words(...ACTION_KINDS),
  name: text(256),
  server: Type.Optional(text(256)),
})
export type ActionTool = Static<typeof actionToolSchema>

/** `Bash`, or `create_issue of tracker`. */
export function toolWords({ tool: { name, server } }: { readonly tool: ActionTool }): string {
  return server === undefined ? name : `${name} of ${server}`
}

/**
 * One action in one form for all clients. Its canonical JSON (RFC 8785) is what is hashed, shown to an approver and signed.
 */
export const actionSchema = closed({
  client: words(...HOOK_CLIENTS),
  /** As the client names it. */
  session: text(256),
  tool: actionToolSchema,
  /** As the client gave them to the hook. */
  arguments: Type.Unknown(),
  folder: Type.Optional(text(4096)),
  repository: Type.Optional(text(4096)),
  /** Who runs the client, as the kernel says. */
  user: userSchema,
})
export type Action = Static<typeof actionSchema>

const actionReader = reader(actionSchema, {
  name: 'action',
  code: 'FRAME_MALFORMED',
  limits: { maxBytes: 3 * LIMITS.actionCharacters, maxDepth: 64, maxMembers: 4096 },
})

/** Reads the canonical JSON of an action. @throws `FRAME_MALFORMED`, also for every other spelling of it, `INPUT_TOO_LARGE`. */
export function readAction(json: string): Action {
  const action = actionReader.readJson(json)
  if (canonicalJson(action) !== json)
    throw new SuretyError('FRAME_MALFORMED', 'the JSON of the action is not canonical')
  return action
}

/** How an asked action ended: `approved`, `refused` and `expired` are of those that waited for a person. */
export const ACTION_DECISIONS = ['allowed', 'denied', 'approved', 'refused', 'expired'] as const

/** What leaves the device of an asked action. */
export const actionReportSchema = closed({
  id: actionIdSchema,
  /** By the device's clock. */
  time: timeSchema,
  client: words(...HOOK_CLIENTS),
  /** Equal for actions of one session of one client and user. It does not show how the client names the session. */
  session: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  tool: actionToolSchema,
  /** SHA-256 of the canonical JSON of the action. */
  hash: base64UrlOf(32),
  user: userSchema,
  /** The running agent, if the process graph shows it. */
  agent: Type.Optional(sightingIdSchema),
  decision: words(...ACTION_DECISIONS),
  /** The rules that denied it, or asked for an approval. */
  rules: Type.Array(text(64), { maxItems: 8 }),
  /** Rules on trial that would have denied it. */
  shadow: Type.Optional(Type.Array(text(64), { maxItems: 8 })),
  approval: Type.Optional(approvalIdSchema),
  /** What the client said of it afterwards. */
  outcome: Type.Optional(words('done', 'failed')),
  /** The canonical JSON of the arguments, cut. Only if the policy asks for it. */
  arguments: Type.Optional(text(2048)),
})
export type ActionReport = Static<typeof actionReportSchema>

export const APPROVERS = ['owner', 'approver'] as const

/** An action that waits for a person. */
export const approvalRequestSchema = closed({
  id: approvalIdSchema,
  /** Against an approval of another request for the same action. */
  nonce: base64UrlOf(16),
  /** The client is answered by then, by the device's clock. */
  until: timeSchema,
  time: timeSchema,
  /** The canonical JSON of the action. */
  action: text(LIMITS.actionCharacters),
  agent: Type.Optional(sightingIdSchema),
  /** Who has to approve: each of them. */
  approvers: Type.Array(words(...APPROVERS), { minItems: 1, maxItems: APPROVERS.length }),
  /** Why, for people. */
  reasons: Type.Array(closed({ rule: text(64), reason: text(500) }), { minItems: 1, maxItems: 8 }),
})
export type ApprovalRequest = Static<typeof approvalRequestSchema>

const PURPOSE = utf8('surety/approval/v1\0')

/** The SHA-256 of this names a request for exactly this action: the hash of the request. */
export function approvalMessage(device: string, { id, nonce, until, action }: ApprovalRequest): Bytes {
  return concatBytes(PURPOSE, utf8(JSON.stringify({ action, device, id, nonce, until })))
}

export const APPROVAL_SCOPES = ['once', 'session'] as const

/** What a person approves. `once`: this action. `session`: equal actions of this session too, up to `until`. */
export interface ApprovalGrant {
  /** Of the request. */
  readonly hash: string
  readonly scope: (typeof APPROVAL_SCOPES)[number]
  readonly until?: number | undefined
}

const GRANT = utf8('surety/approval-grant/v1\0')

/** What an approver signs is the SHA-256 of this. */
export function grantMessage({ hash, scope, until }: ApprovalGrant): Bytes {
  return concatBytes(GRANT, utf8(JSON.stringify({ hash, scope, until })))
}

/** What became of a request: in an order to the device, which checks it against the request that it still holds. */
export const approvalDecisionSchema = closed({
  approval: approvalIdSchema,
  /** Of the request: SHA-256 of `approvalMessage`. */
  hash: base64UrlOf(32),
  outcome: words('approved', 'denied', 'cancelled'),
  /** Who decided, for people. */
  by: text(256),
  /** `once`: this action. `session`: equal actions of this session, up to `until`. Only of an approval, and always there. */
  scope: Type.Optional(words(...APPROVAL_SCOPES)),
  /** Only of the scope `session`, and always there. */
  until: Type.Optional(timeSchema),
})
export type ApprovalDecision = Static<typeof approvalDecisionSchema>

/** Whether scope and end are there exactly where they mean something. */
export function isWholeDecision({ outcome, scope, until }: ApprovalDecision): boolean {
  return (outcome === 'approved') === (scope !== undefined) && (scope === 'session') === (until !== undefined)
}
