import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import {
  deviceIdSchema,
  humanIdSchema,
  orderIdSchema,
  registrationIdSchema,
  stopIdSchema,
  timeSchema,
} from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { noun, verb } from '../../noun/noun.ts'
import { DEVICE, PERSON } from '../../noun/words.ts'
import { sightingIdSchema } from '../../sighting.ts'
import { stopReceiptSchema } from '../../stop.ts'

/** Stops in the administrators' API. A drill is a stop of a canary agent that the device starts for it. */

export const STOP_KINDS = ['freeze', 'retire', 'drill'] as const
export type StopKind = (typeof STOP_KINDS)[number]

/**
 * `waiting`: a second person must confirm it. `lapsed`: that did not happen in time. `withdrawn`: it was released before it was
 * confirmed. `standing`: in force. `release-waiting`: in force, and a second person must confirm its release. `released`,
 * `ended`: no longer in force, by a release or by its own end.
 */
export const STOP_STATES = [
  'waiting',
  'lapsed',
  'withdrawn',
  'standing',
  'release-waiting',
  'released',
  'ended',
] as const
export type StopState = (typeof STOP_STATES)[number]

/**
 * What a stop is of. `all`, or some of the others. `product` and `user` together mean that product of that user. `device` narrows
 * the others, and without them means every agent of that device. `agent` needs `device` and goes with nothing else. `registration`,
 * `human` and `group` are for the directory to look up: a device is told what they come to there.
 */
function selectorSchema(name: typeof text) {
  return closed({
    all: Type.Optional(Type.Literal(true)),
    device: Type.Optional(deviceIdSchema),
    /** Id of the sighting of a running agent. */
    agent: Type.Optional(sightingIdSchema),
    /** Catalogue id, such as `claude-code`. */
    product: Type.Optional(name(64)),
    /** Name of a user of the operating system. */
    user: Type.Optional(name(256)),
    /** A registered agent: what matches its criteria. */
    registration: Type.Optional(registrationIdSchema),
    /** A human: agents on their confirmed accounts; a freeze also of all on their devices. An id; a request may give name or email. */
    human: Type.Optional(name(256)),
    /** All members of a group of humans. An id; a request may give the name. */
    group: Type.Optional(name(256)),
  })
}
export const agentSelectorSchema = selectorSchema(text)
export type AgentSelector = Static<typeof agentSelectorSchema>

export const stopRequestSchema = closed({
  kind: words(...STOP_KINDS),
  selector: selectorSchema(legibleText),
  reason: legibleReason(),
  /** When the stop ends by itself. */
  until: Type.Optional(timeSchema),
  /** In force at once by one person, for an hour unless a second one confirms it. */
  emergency: Type.Optional(Type.Boolean()),
  /** Only say what would stop. */
  dryRun: Type.Optional(Type.Boolean()),
})
export type StopRequest = Static<typeof stopRequestSchema>

export const stopConfirmationSchema = closed({ what: words('stop', 'release') })
export type StopConfirmation = Static<typeof stopConfirmationSchema>

export const stopReleaseSchema = closed({ reason: legibleReason() })
export type StopRelease = Static<typeof stopReleaseSchema>

/** An administrator, by the name of that time. */
export const personSchema = closed({ id: text(256), name: text(256) })
export type Person = Static<typeof personSchema>

/** Devices in scope by what they answered. `frozen` of a drill: the canary was frozen. */
export const stopProgressSchema = closed({
  devices: counter(),
  waiting: counter(),
  /** Those of `waiting` that are not connected. Only in the answer to one stop. */
  unreachable: Type.Optional(counter()),
  frozen: counter(),
  nothingMatched: counter(),
  failed: counter(),
  released: counter(),
  /** Agents and processes in the newest receipts of the devices. */
  agents: counter(),
  processes: counter(),
  /** More devices are being brought into scope, or to the release. */
  spreading: Type.Boolean(),
  /**
   * Every device in scope answered the newest order with a receipt that says done, and there is one. False for a stop that waits
   * for a second person, or never was in force.
   */
  done: Type.Boolean(),
})
export type StopProgress = Static<typeof stopProgressSchema>

/** What the ids of a selector are called now. The host is what the device reports. */
export const selectorNamesSchema = closed({
  hostname: Type.Optional(text(256)),
  registration: Type.Optional(text(256)),
  human: Type.Optional(text(256)),
  group: Type.Optional(text(256)),
})
export type SelectorNames = Static<typeof selectorNamesSchema>

export const stopViewSchema = closed({
  id: stopIdSchema,
  kind: words(...STOP_KINDS),
  selector: agentSelectorSchema,
  /** Absent where the selector has no id that has a name. */
  names: Type.Optional(selectorNamesSchema),
  reason: text(500),
  state: words(...STOP_STATES),
  createdAt: timeSchema,
  createdBy: personSchema,
  /** When it ends without a release, or lapses while it waits. */
  endsAt: Type.Optional(timeSchema),
  /** One person put it in force without the confirmation that it needed. */
  emergency: Type.Boolean(),
  /** The stop and its release need a second person. */
  twoPersons: Type.Boolean(),
  confirmedAt: Type.Optional(timeSchema),
  confirmedBy: Type.Optional(personSchema),
  release: Type.Optional(
    closed({
      requestedAt: timeSchema,
      requestedBy: personSchema,
      reason: text(500),
      confirmedAt: Type.Optional(timeSchema),
      confirmedBy: Type.Optional(personSchema),
    }),
  ),
  progress: stopProgressSchema,
})
export type StopView = Static<typeof stopViewSchema>

/** `unreachable`: it has not answered and is not connected. `waiting`: it has not answered. The worst first. */
export const STOP_DEVICE_STATES = ['unreachable', 'failed', 'waiting', 'frozen', 'nothing-matched', 'released'] as const
export type StopDeviceState = (typeof STOP_DEVICE_STATES)[number]

/** One device in the scope of a stop. */
export const stopDeviceSchema = closed({
  device: deviceIdSchema,
  hostname: Type.Optional(text(256)),
  owner: text(256),
  state: words(...STOP_DEVICE_STATES),
  /** The newest order of the stop to the device. Absent: none was sent yet. */
  order: Type.Optional(orderIdSchema),
  orderedAt: Type.Optional(timeSchema),
  answeredAt: Type.Optional(timeSchema),
  /** Why the device failed or refused. */
  code: Type.Optional(text(64)),
  agents: counter(),
  processes: counter(),
  /** What the device reported later: agents frozen as they started, frozen agents that ended, processes that escaped. */
  frozenLater: counter(),
  endedLater: counter(),
  escaped: counter(),
  /** What the newest receipt that answered a freeze, retire or drill says. */
  receipt: Type.Optional(stopReceiptSchema),
})
export type StopDevice = Static<typeof stopDeviceSchema>

/** Entries of the lists below. The counts beside them are of all. */
const LISTED = 200

/** What runs now, by the newest reports of the devices, and would stop. */
export const stopImpactSchema = closed({
  /** In the scope: each gets an order. */
  devices: counter(),
  /** With an agent that would stop. */
  affectedDevices: counter(),
  agents: counter(),
  processes: counter(),
  ownerCount: counter(),
  owners: Type.Array(text(256), { maxItems: LISTED }),
  workspaceCount: counter(),
  workspaces: Type.Array(text(4096), { maxItems: LISTED }),
  /** The first of the agents. */
  running: Type.Array(
    closed({
      device: deviceIdSchema,
      hostname: Type.Optional(text(256)),
      owner: text(256),
      connected: Type.Boolean(),
      agent: text(64),
      name: text(256),
      user: Type.Optional(text(256)),
      workspace: Type.Optional(text(4096)),
      /** Of all of its processes; `pids` has at most 64. */
      processes: counter(),
      pids: Type.Array(counter(), { maxItems: 64 }),
    }),
    { maxItems: LISTED },
  ),
})
export type StopImpact = Static<typeof stopImpactSchema>
export const STOP_IMPACT_LISTED = LISTED

/** A new stop, or the impact of a dry run. */
export const createdStopSchema = closed({
  stop: Type.Optional(stopViewSchema),
  impact: Type.Optional(stopImpactSchema),
  twoPersons: Type.Boolean(),
  warnings: Type.Array(text(500)),
})
export type CreatedStop = Static<typeof createdStopSchema>

export const stopDevicePageSchema = pageOf(stopDeviceSchema)

export const stopReader = apiAnswer(stopViewSchema, 'stop')
export const stopDevicePageReader = apiAnswer(stopDevicePageSchema, 'list of devices of a stop')
export const createdStopReader = apiAnswer(createdStopSchema, 'new stop')

/** What people and devices did. Every one is kept. */
export const STOP_ACTS = [
  'stop-created',
  'stop-confirmed',
  'stop-release-requested',
  'stop-released',
  'stop-withdrawn',
  'stop-ended',
  'stop-answered',
  'stop-event',
] as const

export const stops = noun({
  one: 'stop',
  many: 'stops',
  about: 'stop agents on devices: freeze, retire, release, drill',
  id: stopIdSchema,
  item: stopViewSchema,
  called: 'its id, or at least eight characters of its beginning',
  describe: (stop) => `${stop.id} (${stop.kind}, ${shownState(stop)})`,
  completes: ({ id, reason }) => ({ word: id, about: reason }),
  list: {
    operationId: 'listStops',
    action: 'audit',
    summary:
      'Stops and drills, newest first, filtered by state, kind, device, person or who made them, or by beginning of the id',
    filters: {
      state: {
        schema: words(...STOP_STATES),
        options: [
          {
            flags: '--state <state>',
            about: `those in this state: ${STOP_STATES.join(', ').replace('standing', 'in-force')}`,
            words: { standing: 'in-force' },
          },
        ],
      },
      kind: {
        schema: words(...STOP_KINDS),
        options: [{ flags: '--kind <kind>', about: `one of ${STOP_KINDS.join(', ')}` }],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `those of only this device: ${DEVICE}`, as: 'device' }],
      },
      human: {
        schema: humanIdSchema,
        options: [
          { flags: '--person <person>', about: `those of agents of this person: ${PERSON}`, as: 'human' },
          { flags: '--human <person>', about: 'as --person', as: 'human', hidden: true },
        ],
      },
      concerns: {
        schema: humanIdSchema,
        options: [
          {
            flags: '--concerns <person>',
            about: `those of this person, or of a group, device or registration of theirs: ${PERSON}`,
            as: 'human',
          },
        ],
      },
      by: {
        schema: humanIdSchema,
        options: [{ flags: '--by <person>', about: `those that this person made: ${PERSON}`, as: 'human' }],
      },
    },
    sorts: ['created', 'ends'],
    newestFirst: true,
    search: 'those whose reason begins with this',
    about: 'stops and drills, newest first',
    examples: ['list --state in-force', 'list --kind drill -o csv'],
    columns: [
      { heading: 'KIND', of: ({ kind }) => kind },
      { heading: 'STATE', of: ({ state }) => state, shown: shownState },
      { heading: 'CREATED', of: ({ createdAt }) => createdAt, as: 'ago' },
      { heading: 'BY', of: ({ createdBy }) => createdBy.name },
      { heading: 'SCOPE', of: ({ selector, names }) => selectorWords(selector, names) },
      { heading: 'ANSWERS', of: progressWords },
      { heading: 'REASON', of: ({ reason }) => reason },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'ENDS', of: ({ endsAt }) => endsAt, as: 'time', wide: true },
      { heading: 'CONFIRMED BY', of: ({ confirmedBy }) => confirmedBy?.name, wide: true },
    ],
  },
  show: {
    operationId: 'getStop',
    action: 'audit',
    summary: 'One stop, with how many devices have answered what',
    about: 'one stop and its devices, the worst first',
    examples: ['show stop_4fG2aB', 'show stop_4fG2aB --devices 500'],
    options: [{ flags: '--devices <count>', about: 'at most COUNT devices (20)', as: 'count' }],
  },
  verbs: {
    create: verb({
      method: 'POST',
      operationId: 'createStop',
      action: 'stop',
      summary: 'Freeze or retire agents, order a drill, or say what would stop (dryRun: 200 and no stop)',
      body: stopRequestSchema,
      response: createdStopSchema,
      creates: true,
    }),
    confirm: verb({
      method: 'POST',
      ofItem: true,
      path: '/confirm',
      operationId: 'confirmStop',
      action: 'stop',
      summary: 'Confirm a stop or a release that another person asked for',
      body: stopConfirmationSchema,
      response: stopViewSchema,
    }),
    release: verb({
      method: 'POST',
      ofItem: true,
      path: '/release',
      operationId: 'releaseStop',
      action: 'stop',
      summary: 'Release a stop, or withdraw one that waits. A release may wait for a second person',
      body: stopReleaseSchema,
      response: stopViewSchema,
    }),
  },
})

/** @param names instead of the ids, where they are known. */
export function selectorWords(selector: AgentSelector, names: SelectorNames = {}): string {
  const { all, device, agent, product, user, registration, human, group } = selector
  const on = device === undefined ? 'on all devices' : `on ${names.hostname ?? device}`
  const only = device === undefined ? '' : ` ${on}`
  if (registration !== undefined) return `the registered agent ${names.registration ?? registration}${only}`
  if (human !== undefined) return `all agents of the person ${names.human ?? human}${only}`
  if (group !== undefined) return `all agents of the group ${names.group ?? group}${only}`
  if (agent !== undefined) return `agent ${agent} ${on}`
  if (product !== undefined) return `all ${product}${user === undefined ? '' : ` of the user ${user}`} ${on}`
  if (user !== undefined) return `all agents of the user ${user} ${on}`
  return all === true ? 'all agents on all devices' : `all agents ${on}`
}

export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`
}

/** What has come back so far. */
export function progressWords({ progress }: Pick<StopView, 'progress'>): string {
  const { devices, waiting, unreachable, frozen, nothingMatched, failed, released } = progress
  if (devices === 0) return 'sent to no device'
  const answered = devices - waiting - failed
  const words = [
    ...(failed > 0 ? [`${failed} FAILED`] : []),
    ...(unreachable !== undefined && unreachable > 0 ? [`${unreachable} unreachable`] : []),
    ...(frozen > 0 ? [`${frozen} frozen (${stoppedWords(progress)})`] : []),
    ...(nothingMatched > 0 ? [`${nothingMatched} had nothing to stop`] : []),
    ...(released > 0 ? [`${released} released`] : []),
  ]
  const head = `${answered} of ${counted(devices, 'device')} done`
  return words.length === 0 ? head : `${head}: ${words.join(', ')}`
}

export function stoppedWords({ agents, processes }: Pick<StopProgress, 'agents' | 'processes'>): string {
  return `${counted(agents, 'agent')}, ${counted(processes, 'process', 'processes')}`
}

export function isInForce({ state }: Pick<StopView, 'state'>): boolean {
  return state === 'standing' || state === 'release-waiting'
}

/** The state by its name, which the filter of the list takes. */
function shownState({ emergency, confirmedAt, state }: StopView): string {
  const word = state === 'standing' ? 'in force' : state
  if (emergency && confirmedAt === undefined) return `${word}, EMERGENCY`
  return state === 'waiting' ? 'waiting, NOT IN FORCE' : word
}
