import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'
import type { ActivityKind, AuditAct } from './events.ts'

/** What changed in the fleet in a span of time, counted from events. */

export const CHANGE_ROOMS = ['stops', 'devices', 'agents', 'people', 'settings'] as const
export type ChangeRoom = (typeof CHANGE_ROOMS)[number]

/** The most urgent first. */
export const URGENCIES = ['bad', 'warning', 'news'] as const
export type Urgency = (typeof URGENCIES)[number]

/** Where a verdict went between the first and the last of its changes. */
export const VERDICT_CHANGES = ['went-red', 'lost-verdict', 'went-green', 'verdict-came-back'] as const
export type VerdictChange = (typeof VERDICT_CHANGES)[number]

/** Of kinds that name an agent, different products are counted; of other kinds of activity devices, and of acts what was acted on. */
type Source =
  | { readonly verdict: VerdictChange }
  | { readonly activity: ActivityKind }
  | { readonly acts: readonly AuditAct[] }

interface ChangeKind {
  readonly change: string
  readonly room: ChangeRoom
  readonly urgency: Urgency
  readonly from: Source
  /** After a count: `devices went red`. */
  readonly words: readonly [one: string, many: string]
}

/** Change, source, and the words for one and for many. */
type ChangeRow = readonly [change: string, from: Source, one: string, many: string]

const inRoom = (room: ChangeRoom, rows: Readonly<Record<Urgency, readonly ChangeRow[]>>): readonly ChangeKind[] =>
  URGENCIES.flatMap((urgency) =>
    rows[urgency].map(([change, from, one, many]) => ({ change, room, urgency, from, words: [one, many] as const })),
  )
const act = (...acts: readonly AuditAct[]) => ({ acts })
const activity = (kind: ActivityKind) => ({ activity: kind })

/** In each room the most urgent first. */
export const CHANGES: readonly ChangeKind[] = [
  ...inRoom('stops', {
    bad: [],
    warning: [['stop-created', act('stop-created'), 'stop was made', 'stops were made']],
    news: [
      ['stop-released', act('stop-released'), 'stop was released', 'stops were released'],
      ['stop-ended', act('stop-ended'), 'stop ended at its time', 'stops ended at their time'],
      ['stop-withdrawn', act('stop-withdrawn'), 'stop was withdrawn', 'stops were withdrawn'],
    ],
  }),
  ...inRoom('devices', {
    bad: [
      ['went-red', { verdict: 'went-red' }, 'device went red', 'devices went red'],
      ['device-silent', activity('device-silent'), 'device went silent', 'devices went silent'],
      ['tamper-sign', activity('tamper-sign'), 'device showed a tamper sign', 'devices showed tamper signs'],
      ['record-disputed', activity('record-disputed'), 'device disputes the record', 'devices dispute the record'],
      ['forked', activity('forked'), 'device forked its evidence', 'devices forked their evidence'],
    ],
    warning: [
      [
        'lost-verdict',
        { verdict: 'lost-verdict' },
        'device has no verdict any more',
        'devices have no verdict any more',
      ],
      ['retired', act('retired'), 'device was retired', 'devices were retired'],
    ],
    news: [
      ['enrolled', activity('enrolled'), 'device enrolled', 'devices enrolled'],
      ['went-green', { verdict: 'went-green' }, 'device went green', 'devices went green'],
      [
        'device-heard-again',
        activity('device-heard-again'),
        'silent device was heard again',
        'silent devices were heard again',
      ],
      [
        'verdict-came-back',
        { verdict: 'verdict-came-back' },
        'device changed its verdict and has the old one again',
        'devices changed their verdict and have the old one again',
      ],
      ['owner-changed', act('owner-changed'), 'device got another owner', 'devices got another owner'],
    ],
  }),
  ...inRoom('agents', {
    bad: [
      [
        'unknown-agent-appeared',
        activity('unknown-agent-appeared'),
        'unrecognised agent appeared',
        'unrecognised agents appeared',
      ],
      [
        'agent-deviated',
        activity('agent-deviated'),
        'registered product deviates from its registration',
        'registered products deviate from their registrations',
      ],
    ],
    warning: [
      [
        'agent-autonomous',
        activity('agent-autonomous'),
        'product began to act without asking',
        'products began to act without asking',
      ],
      [
        'mcp-launch-changed',
        activity('mcp-launch-changed'),
        'device has an MCP server that starts another program',
        'devices have MCP servers that start another program',
      ],
      ['agent-unknown', activity('agent-unknown'), 'product was seen unregistered', 'products were seen unregistered'],
      ['agent-blocked', act('agent-blocked'), 'agent was blocked', 'agents were blocked'],
      [
        'registration-held',
        act('registration-suspended', 'registration-quarantined'),
        'registered agent was suspended or quarantined',
        'registered agents were suspended or quarantined',
      ],
      [
        'zombie-found',
        act('zombie-found', 'zombie-warned'),
        'registered agent is a zombie',
        'registered agents are zombies',
      ],
    ],
    news: [
      ['agent-appeared', activity('agent-appeared'), 'product appeared on devices', 'products appeared on devices'],
      ['registration-created', act('registration-created'), 'agent was registered', 'agents were registered'],
      [
        'registration-transferred',
        act('registration-transferred'),
        'registered agent got another owner',
        'registered agents got another owner',
      ],
      [
        'registration-retired',
        act('registration-retired', 'registration-undone'),
        'registered agent was retired',
        'registered agents were retired',
      ],
    ],
  }),
  ...inRoom('people', {
    bad: [
      [
        'scim-guard-tripped',
        act('scim-guard-tripped'),
        'service of SCIM has deactivations held',
        'services of SCIM have deactivations held',
      ],
    ],
    warning: [['person-left', act('human-deactivated', 'human-deleted'), 'person left', 'people left']],
    news: [
      ['person-joined', act('human-added'), 'person joined', 'people joined'],
      ['person-came-back', act('human-reactivated'), 'person came back', 'people came back'],
      ['group-changed', act('group-added', 'group-changed', 'group-removed'), 'group changed', 'groups changed'],
      [
        'service-account-added',
        act('service-account-added'),
        'service account was added',
        'service accounts were added',
      ],
      ['service-account-ended', act('service-account-ended'), 'service account ended', 'service accounts ended'],
    ],
  }),
  ...inRoom('settings', {
    bad: [
      [
        'directory-restored',
        act('directory-restored'),
        'time the directory was restored from a backup',
        'times the directory was restored from a backup',
      ],
      [
        'console-certificate-failed',
        act('console-certificate-failed'),
        'time the certificate of the console could not be renewed',
        'times the certificate of the console could not be renewed',
      ],
      ['administrator-reset', act('administrator-reset'), 'administrator was reset', 'administrators were reset'],
      ['webhook-disabled', act('webhook-disabled'), 'webhook was disabled', 'webhooks were disabled'],
    ],
    warning: [
      [
        'policy-changed',
        act('policy-set', 'policy-rolled-back'),
        'version of the policy was set',
        'versions of the policy were set',
      ],
      [
        'rules-changed',
        act('rules-set', 'rules-rolled-back'),
        'version of the rules was set',
        'versions of the rules were set',
      ],
      [
        'principal-added',
        act('principal-added'),
        'administrator or service was added',
        'administrators or services were added',
      ],
      [
        'role-changed',
        act('principal-role-changed'),
        'administrator got another role',
        'administrators got another role',
      ],
    ],
    news: [
      [
        'principal-revoked',
        act('principal-revoked'),
        'administrator or service was revoked',
        'administrators or services were revoked',
      ],
      ['token-created', act('token-created'), 'enrolment token was made', 'enrolment tokens were made'],
      ['catalogue-set', act('catalogue-set'), 'catalogue was set', 'catalogues were set'],
      [
        'webhook-changed',
        act('webhook-added', 'webhook-changed', 'webhook-removed'),
        'webhook changed',
        'webhooks changed',
      ],
      [
        'configuration-applied',
        act('configuration-applied'),
        'configuration was applied',
        'configurations were applied',
      ],
    ],
  }),
]

/** Examples of one change. */
export const CHANGE_EXAMPLES = 5
/** Days that one question may span. */
export const MOST_CHANGE_DAYS = 31

export const changeExampleSchema = closed({
  /** Host name of a device, key of a product, name of a person, an agent or a group, reason of a stop, version of a text. */
  name: text(2_000),
  /** Of what changed. Absent for a product. */
  id: Type.Optional(text(256)),
  /** The newest event about it. */
  at: timeSchema,
  /** Who did it. */
  by: Type.Optional(text(256)),
  /** Of a product: devices with such an event, their versions, and devices where it began to act autonomously in that time. */
  devices: Type.Optional(counter()),
  versions: Type.Optional(Type.Array(text(256), { maxItems: CHANGE_EXAMPLES })),
  autonomous: Type.Optional(counter()),
})
export type ChangeExample = Static<typeof changeExampleSchema>

export const changeSchema = closed({
  /** One of `CHANGES`, or a change of a later release. */
  change: text(64),
  room: words(...CHANGE_ROOMS),
  urgency: words(...URGENCIES),
  /** Devices, products, or what was acted on, each once. */
  count: counter(),
  /** After the count: `devices went red`. */
  words: text(256),
  examples: Type.Array(changeExampleSchema, { maxItems: CHANGE_EXAMPLES }),
})
export type Change = Static<typeof changeSchema>

export const changesSchema = closed({
  since: timeSchema,
  /** The end, which is not part of it. */
  until: timeSchema,
  /** Rooms with something urgent first, and in each the most urgent first. */
  changes: Type.Array(changeSchema),
})

export const changesReader = apiAnswer(changesSchema, 'list of changes')
