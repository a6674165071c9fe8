import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, stopIdSchema, timeSchema } from '../../ids.ts'
import { noun } from '../../noun/noun.ts'
import { DEVICE } from '../../noun/words.ts'
import { CATALOGUE_ACTS } from '../agents/catalogues.ts'
import { INBOX_ACTS } from '../agents/inbox.ts'
import { REGISTRATION_ACTS } from '../agents/registrations.ts'
import { REVIEW_ACTS } from '../agents/reviews.ts'
import { STOP_ACTS } from '../agents/stops.ts'
import { ZOMBIE_ACTS } from '../agents/zombies.ts'
import { DEVICE_ACTS } from '../devices/devices.ts'
import { ORDER_ACTS } from '../devices/orders.ts'
import { PENDING_DEVICE_ACTS } from '../enrolment/pending-devices.ts'
import { PREREGISTRATION_ACTS } from '../enrolment/preregistrations.ts'
import { RE_ENROLMENT_ACTS } from '../enrolment/re-enrolments.ts'
import { TOKEN_ACTS } from '../enrolment/tokens.ts'
import { APPROVAL_ACTS } from '../people/approvals.ts'
import { CLAIM_ACTS } from '../people/claims.ts'
import { HUMAN_ACTS } from '../people/people.ts'
import { PRINCIPAL_ACTS } from '../people/principals.ts'
import { SCIM_ACTS } from '../people/scim.ts'
import { SERVICE_ACCOUNT_ACTS } from '../people/service-accounts.ts'
import { SIGN_IN_ACTS } from '../people/sessions.ts'
import { ACCESS_ACTS } from './access.ts'
import { CONFIGURATION_ACTS } from './configuration.ts'
import { DIRECTORY_ACTS } from './directory.ts'
import { GATE_POLICY_ACTS } from './gate-policy.ts'
import { MESSAGE_ACTS } from './messages.ts'
import { POLICY_ACTS } from './policy.ts'
import { RECORD_ACTS } from './record.ts'
import { RULE_ACTS } from './rules.ts'
import { WEBHOOK_ACTS } from './webhooks.ts'

/** Events in the administrators' API: the audit of people and the activity of devices, in one list. */

/** What people do, and what devices answer to stops. Every one is kept. */
export const AUDIT_ACTS = [
  ...TOKEN_ACTS,
  ...ORDER_ACTS,
  ...RE_ENROLMENT_ACTS,
  ...DEVICE_ACTS,
  ...PENDING_DEVICE_ACTS,
  ...CATALOGUE_ACTS,
  ...POLICY_ACTS,
  ...PREREGISTRATION_ACTS,
  ...PRINCIPAL_ACTS,
  ...SIGN_IN_ACTS,
  ...STOP_ACTS,
  ...REGISTRATION_ACTS,
  ...CLAIM_ACTS,
  ...APPROVAL_ACTS,
  ...SCIM_ACTS,
  ...RULE_ACTS,
  ...ACCESS_ACTS,
  ...GATE_POLICY_ACTS,
  ...ZOMBIE_ACTS,
  ...REVIEW_ACTS,
  ...DIRECTORY_ACTS,
  ...HUMAN_ACTS,
  ...SERVICE_ACCOUNT_ACTS,
  ...INBOX_ACTS,
  ...WEBHOOK_ACTS,
  ...MESSAGE_ACTS,
  ...RECORD_ACTS,
  ...CONFIGURATION_ACTS,
] as const
export type AuditAct = (typeof AUDIT_ACTS)[number]

/** News about devices. Most kinds are bounded to a number a day. */
export const ACTIVITY_KINDS = [
  'enrolled',
  'enrolment-pending',
  're-enrolment-pending',
  'enrolment-refused',
  'attested',
  'attestation-refused',
  'forked',
  'gap',
  'evidence-forgotten',
  'evidence-not-taken-in',
  'evidence-quota-reached',
  'evidence-refused',
  'evidence-slowed',
  'flooded',
  'sightings-forgotten',
  'not-appraised',
  'verdict-changed',
  'order-answered',
  'order-unanswered',
  'order-number-raised',
  'stop-forgotten',
  'agent-claimed',
  'claim-dropped',
  'claim-refused-at-once',
  'approval-wanted',
  'approval-denied-at-once',
  'agent-appeared',
  'unknown-agent-appeared',
  'agent-autonomous',
  'mcp-launch-changed',
  'accounts-not-kept',
  'tamper-sign',
  'record-disputed',
  'device-silent',
  'device-heard-again',
  'agent-unknown',
  'agent-deviated',
  'action-denied',
  'actions-dropped',
] as const
export type ActivityKind = (typeof ACTIVITY_KINDS)[number]

/** News that is entered into the record, as every act is: what devices did, and verdicts. */
export const ENTERED_KINDS: readonly ActivityKind[] = [
  'enrolled',
  'order-answered',
  'order-unanswered',
  'verdict-changed',
  'agent-claimed',
  'claim-dropped',
  'approval-denied-at-once',
]

export const EVENT_KINDS = [...AUDIT_ACTS, ...ACTIVITY_KINDS] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** One event, as the directory saw it. The members of `facts` depend on the kind. */
export const eventSchema = closed({
  id: counter(),
  time: timeSchema,
  /** One of `EVENT_KINDS`, or a kind of a later release. */
  kind: text(64),
  /** Id of what was acted on. */
  subject: Type.Optional(text(256)),
  device: Type.Optional(text(64)),
  actor: Type.Optional(text(256)),
  /** Name of the administrator or service that `actor` is. */
  actorName: Type.Optional(text(256)),
  facts: Type.Unknown(),
})
export type DirectoryEvent = Static<typeof eventSchema>

export const events = noun({
  one: 'event',
  many: 'events',
  about: 'what happened: the record',
  id: Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' }),
  item: eventSchema,
  called: 'its id, a whole number: 41823',
  describe: ({ id, kind }) => `${id} (${kind})`,
  completes: ({ id, kind }) => ({ word: `${id}`, about: kind }),
  list: {
    operationId: 'listEvents',
    action: 'audit',
    summary: 'Audit of administrators and activity of devices, newest first',
    newestFirst: true,
    filters: {
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `only of this device: ${DEVICE}`, as: 'device' }],
      },
      kind: {
        schema: words(...EVENT_KINDS),
        options: [{ flags: '--kind <kind>', about: 'only of this kind: see events kinds', as: 'event' }],
      },
      stop: { schema: stopIdSchema },
    },
    about: 'the newest, in the order in which they happened',
    examples: ['list --since 2026-11-28', 'list --kind unknown-agent-appeared --watch', 'list --since 24h -o csv'],
    mostShown: 100,
    options: [
      {
        flags: '--since <time>',
        about: 'all events since this time (UTC): 24h, 7d, 2026-11-28, yesterday',
        as: 'since',
      },
      {
        flags: '--last <count>',
        about: 'as --limit',
        schema: Type.Integer({ minimum: 1, maximum: 100_000 }),
        hidden: true,
      },
      { flags: '--watch', about: 'keep running and print new events' },
    ],
    columns: [
      { heading: 'TIME', of: ({ time }) => time, as: 'time' },
      { heading: 'KIND', of: ({ kind }) => kind },
      { heading: 'DEVICE', of: ({ device }) => device },
      {
        heading: 'BY',
        of: ({ actor, actorName = actor, device }) => (actor !== undefined && actor === device ? 'device' : actorName),
      },
      { heading: 'WHAT', of: ({ facts }) => JSON.stringify(facts) },
      { heading: 'ID', of: ({ id }) => id, wide: true },
    ],
  },
  show: {
    operationId: 'getEvent',
    action: 'audit',
    summary: 'One event, with all its facts',
    about: 'one event, with all its facts',
    examples: ['show 41823', 'show 41823 --json'],
  },
  verbs: {},
})
