import {
  base64UrlOf,
  closed,
  counter,
  legibleReason,
  legibleText,
  type Static,
  Type,
  text,
  words,
} from '../../../base/schema.ts'
import { ACTION_KINDS, APPROVAL_SCOPES, APPROVERS } from '../../gate/action.ts'
import { HOOK_CLIENTS } from '../../gate/hook-clients.ts'
import { approvalIdSchema, deviceIdSchema, humanIdSchema, registrationIdSchema, timeSchema } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { noun, verb } from '../../noun/noun.ts'
import { DEVICE, PERSON, timeInWords } from '../../noun/words.ts'
import { userSchema } from '../../sighting.ts'
import { assertionSchema, ceremonySchema } from './sign-in.ts'

/** Actions of agents that wait for a person, in the administrators' API. */

export const APPROVAL_STATES = ['pending', 'approved', 'denied', 'expired', 'cancelled'] as const
export type ApprovalState = (typeof APPROVAL_STATES)[number]

/** `given`: one person approved it. `refused`: what a person showed as a passkey was not accepted. `flagged`: a person approves all, at once. */
export const APPROVAL_ACTS = [
  'approval-given',
  'approval-denied',
  'approval-cancelled',
  'approval-expired',
  'approval-refused',
  'approver-flagged',
] as const

/** The longest that equal actions of a session may be approved for. */
export const LONGEST_SESSION_MS = 8 * 3_600_000

const answerSchema = closed({
  /** Id of the principal. */
  by: text(64),
  byName: text(256),
  outcome: words('approved', 'denied'),
  /** As whom. Absent of a denial. */
  as: Type.Optional(words(...APPROVERS)),
  time: timeSchema,
})

export const approvalViewSchema = closed({
  id: approvalIdSchema,
  state: words(...APPROVAL_STATES),
  device: deviceIdSchema,
  /** Host name of the device. */
  host: text(256),
  /** Who runs the agent, as the kernel of the device says. */
  user: userSchema,
  /** Whose account that is, confirmed or proposed. */
  human: Type.Optional(humanIdSchema),
  humanName: Type.Optional(text(256)),
  /** The catalogue id, or `unknown/NAME`. */
  product: text(264),
  /** The registered agent that it is, and who answers for it. */
  registration: Type.Optional(registrationIdSchema),
  agentName: Type.Optional(text(200)),
  owner: Type.Optional(humanIdSchema),
  ownerName: Type.Optional(text(256)),
  client: words(...HOOK_CLIENTS),
  tool: closed({ kind: words(...ACTION_KINDS), name: text(256), server: Type.Optional(text(256)) }),
  /** The beginning of what it would do, in one line. */
  summary: text(500),
  folder: Type.Optional(text(4096)),
  repository: Type.Optional(text(4096)),
  /** The rules that ask, and why. */
  reasons: Type.Array(closed({ rule: text(64), reason: text(500) }), { maxItems: 8 }),
  /** Who has to approve: each of them. An agent without an owner needs an approver instead. */
  approvers: Type.Array(words(...APPROVERS), { minItems: 1, maxItems: APPROVERS.length }),
  /** Those who answered. */
  answers: Type.Array(answerSchema, { maxItems: APPROVERS.length + 1 }),
  /** Only a passkey that cannot be copied may approve it. */
  deviceBound: Type.Boolean(),
  /** Equal actions of the same session that wait. */
  count: counter(),
  /** By the device's clock. */
  requestedAt: timeSchema,
  receivedAt: timeSchema,
  /** It expires then. */
  endsAt: timeSchema,
  decidedAt: Type.Optional(timeSchema),
  /** Name of the person, or `the directory`. */
  decidedBy: Type.Optional(text(256)),
  reason: Type.Optional(text(500)),
  scope: Type.Optional(words(...APPROVAL_SCOPES)),
  /** Of the scope `session`. */
  scopeUntil: Type.Optional(timeSchema),
  /** What the device did with the decision. */
  delivery: Type.Optional(words('pending', 'done', 'failed', 'refused', 'expired', 'withdrawn')),
  /** Its page in the console. Only of an approval that is asked for alone. */
  link: Type.Optional(text(512)),
  /** What the person signs is made of. Only of an approval that is asked for alone. */
  signed: Type.Optional(
    closed({
      /** The canonical JSON of the action. */
      action: text(LIMITS.actionCharacters),
      nonce: base64UrlOf(16),
      /** By the device's clock. */
      until: timeSchema,
      hash: base64UrlOf(32),
    }),
  ),
})
export type ApprovalView = Static<typeof approvalViewSchema>

const grantMembers = {
  scope: words(...APPROVAL_SCOPES),
  /** Of the scope `session`, and required there: at most eight hours from now. */
  until: Type.Optional(timeSchema),
}
export const approvalOptionsSchema = closed(grantMembers)
export const approvalRequestBodySchema = closed({
  ...grantMembers,
  response: closed({ ...assertionSchema.properties, clientExtensionResults: closed({}) }),
})
const answerReasonSchema = closed({ reason: Type.Optional(legibleReason()) })

/** How one answers: of at most the last hundred answers of thirty days. */
export const approvalRateSchema = closed({
  answers: counter(),
  approved: counter(),
  /** Half of the answers took less, from when it could be looked at. */
  medianMs: Type.Optional(counter()),
  /** Nearly all approved, and most in less than two seconds. */
  flagged: Type.Boolean(),
})
export type ApprovalRate = Static<typeof approvalRateSchema>

const nameSchema = legibleText(256)

export const approvals = noun({
  one: 'approval',
  many: 'approvals',
  about: 'actions of agents that wait for a person',
  id: approvalIdSchema,
  item: approvalViewSchema,
  called: `its id, at least eight characters of its beginning, or its device: ${DEVICE}`,
  describe: ({ id, tool, user, host }) => `${id} (${tool.name} of ${user.name} on ${host})`,
  completes: ({ id, tool, user, host }) => ({ word: id, about: `${tool.name} of ${user.name} on ${host}` }),
  preferred: ({ state }) => state === 'pending',
  list: {
    operationId: 'listApprovals',
    action: 'see-approvals',
    summary:
      'Actions of agents that wait for a person, newest first. Of equal ones that wait only the oldest, with a count. A person without a role sees their own',
    filters: {
      state: {
        schema: words(...APPROVAL_STATES),
        usual: 'pending',
        options: [
          { flags: '--state <state>', about: `those of this state: ${APPROVAL_STATES.join(', ')}` },
          { flags: '--all', about: 'those already decided too', value: undefined },
        ],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `of this device: ${DEVICE}`, as: 'device' }],
      },
      owner: {
        schema: nameSchema,
        options: [{ flags: '--owner <person>', about: `of agents of this person: ${PERSON}` }],
      },
      user: {
        schema: nameSchema,
        options: [{ flags: '--user <user>', about: 'of this user of a device' }],
      },
    },
    sorts: ['received', 'ends', 'tool', 'user', 'host'],
    newestFirst: true,
    search: 'only those whose tool or user begins with this',
    about: 'actions that wait for a decision, newest first',
    examples: ['list', 'list --all --json', 'list --owner ada'],
    none: 'no action waits for a decision',
    columns: [
      { heading: 'TOOL', of: ({ tool }) => tool.name },
      { heading: 'WHAT', of: ({ summary }) => summary },
      { heading: 'USER', of: ({ user }) => user.name },
      { heading: 'HOST', of: ({ host }) => host },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'RECEIVED', of: ({ receivedAt }) => receivedAt, as: 'ago' },
      { heading: 'ENDS', of: ({ endsAt }) => endsAt, as: 'time' },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'AGENT', of: ({ agentName, product }) => agentName ?? product, wide: true },
      { heading: 'OWNER', of: ({ ownerName }) => ownerName, wide: true },
      { heading: 'EQUAL', of: ({ count }) => count, as: 'count', wide: true },
      { heading: 'DECIDED', of: ({ decidedAt }) => decidedAt, as: 'time', wide: true },
      { heading: 'DECIDED BY', of: ({ decidedBy }) => decidedBy, wide: true },
    ],
  },
  show: {
    operationId: 'getApproval',
    action: 'see-approvals',
    summary: 'One action that waits, or waited, for a person, with all that is signed',
    about: 'show one action, and why it waits',
    examples: ['show apr_4fG2aB', 'show laptop-7 --json'],
  },
  verbs: {
    options: verb({
      method: 'POST',
      ofItem: true,
      path: '/options',
      operationId: 'beginApproval',
      action: 'decide-approval',
      summary: 'What a passkey of the caller has to sign to approve exactly this action',
      body: approvalOptionsSchema,
      response: ceremonySchema,
    }),
    approve: verb({
      method: 'POST',
      ofItem: true,
      path: '/approve',
      operationId: 'approveAction',
      action: 'decide-approval',
      summary: 'Approve exactly this action, with a passkey that verified its person',
      body: approvalRequestBodySchema,
      response: approvalViewSchema,
    }),
    deny: verb({
      method: 'POST',
      ofItem: true,
      path: '/deny',
      operationId: 'denyAction',
      action: 'decide-approval',
      summary: 'Deny the action, and all equal ones of its session that wait',
      body: answerReasonSchema,
      response: approvalViewSchema,
      command: {
        about: 'deny an action, and all equal ones of its session that wait',
        options: [{ flags: '--reason <text>', about: 'for the agent and the record', member: 'reason' }],
        examples: ['deny apr_4fG2aB', 'deny laptop-7 --reason "not on a Friday" --json'],
        says: decided,
      },
    }),
    cancel: verb({
      method: 'POST',
      ofItem: true,
      path: '/cancel',
      operationId: 'cancelAction',
      action: 'decide-approval',
      summary: 'Withdraw the request: it is not needed any more',
      body: answerReasonSchema,
      response: approvalViewSchema,
      command: {
        about: 'withdraw a request that is not needed any more',
        options: [{ flags: '--reason <text>', about: 'for the agent and the record', member: 'reason' }],
        examples: ['cancel apr_4fG2aB', 'cancel laptop-7 --reason "asked twice" --json'],
        says: decided,
      },
    }),
    rate: verb({
      method: 'GET',
      path: '/rate',
      operationId: 'getOwnApprovalRate',
      action: 'decide-approval',
      summary: 'How oneself answered: how many, how many approved, and how fast',
      response: approvalRateSchema,
      command: {
        about: 'how you answered: how many, how many approved, and how fast',
        examples: ['rate', 'rate --json'],
        says: rateLines,
        document: { name: 'approval-rate', member: 'rate' },
      },
    }),
  },
})

function decided({ id, tool, user, state, endsAt }: ApprovalView): readonly string[] {
  return [`${tool.name} of ${user.name} is ${state === 'pending' ? `open until ${timeInWords(endsAt)}` : state}: ${id}`]
}

/** How one answered, for a person. */
export function rateLines({ answers, approved, medianMs, flagged }: ApprovalRate): readonly string[] {
  if (answers === 0 || medianMs === undefined) return ['you have not answered in the last thirty days']
  const share = Math.round((100 * approved) / answers)
  const seconds = (medianMs / 1000).toFixed(medianMs < 10_000 ? 1 : 0)
  return [
    `you approved ${share} % of your last ${answers} ${answers === 1 ? 'action' : 'actions'}, half of them within ${seconds} s`,
    ...(flagged ? ['look longer: nearly everything was approved at once'] : []),
  ]
}
