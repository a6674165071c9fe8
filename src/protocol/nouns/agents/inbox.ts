import { Type, words } from '../../../base/schema.ts'
import { printable } from '../../../base/text/printable.ts'
import { deviceIdSchema, humanIdSchema, registrationIdSchema, seenAgentIdSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { counted, DEVICE, PERSON } from '../../noun/words.ts'
import { DAYS, itemKeySchema, RARE_DEVICES } from '../devices/fleet.ts'
import {
  type InboxRegistered,
  inboxBlockedSchema,
  inboxBlockSchema,
  inboxIgnoreSchema,
  inboxMergeSchema,
  inboxRegisteredSchema,
  inboxRegistrationSchema,
} from './inbox-decisions.ts'
import { SEEN_STATES, type SeenAgentView, type SeenState, seenAgentSchema } from './seen-agents.ts'

/** Agents as they are seen, and the inbox of those that nothing has decided yet. */

/** What people decided. */
export const INBOX_ACTS = [
  'agent-registered',
  'agent-merged',
  'agent-ignored',
  'agent-unignored',
  'agent-blocked',
] as const

const yesOrNo = words('yes', 'no')
const anyDevice = { flags: '--any-device', member: 'anyDevice', value: true } as const
const UNTIL = 'after 90d, or at 2027-01-31T18:00:00Z'

export const inbox = noun({
  one: 'agent',
  many: 'inbox',
  spoken: { one: 'seen', many: 'agents' },
  command: 'inbox',
  about: 'agents that are seen and not registered, and decisions about them',
  id: seenAgentIdSchema,
  item: seenAgentSchema,
  called: 'its id, or at least eight characters of its beginning',
  onlyUsual: 'unregistered agent',
  describe: ({ id, name, hostname, device, state }) => `${id} (${name} on ${hostname ?? device}, ${SEEN_WORDS[state]})`,
  completes: ({ id, name, hostname }) => ({ word: id, about: `${name} on ${hostname ?? '-'}` }),
  list: {
    operationId: 'listInbox',
    action: 'view',
    summary: 'Agents as they are seen: those that nothing has decided yet, or those of another state, newest first',
    filters: {
      /** Absent: `unknown`, unless a registration or the beginning of an id is given. */
      state: {
        schema: words('unregistered', ...SEEN_STATES, 'all'),
        options: [
          {
            flags: '--state <state>',
            about: 'those in this state instead',
            choices: ['unregistered', ...SEEN_STATES, 'all'],
          },
        ],
      },
      product: {
        schema: itemKeySchema,
        options: [{ flags: '--product <key>', about: 'only this product: claude-code, unknown/NAME' }],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `only on this device: ${DEVICE}`, as: 'device' }],
      },
      human: {
        schema: humanIdSchema,
        options: [
          { flags: '--person <person>', about: `only on accounts of this person: ${PERSON}`, as: 'human' },
          { flags: '--human <person>', about: 'as --person', as: 'human', hidden: true },
        ],
      },
      registration: {
        schema: registrationIdSchema,
        options: [
          {
            flags: '--registration <registration>',
            about: 'those of this registration, in any state: its id or name',
            as: 'registration',
          },
        ],
      },
      autonomous: {
        schema: yesOrNo,
        options: [{ flags: '--autonomous', about: 'only those that act without asking', value: 'yes' }],
      },
      deviating: {
        schema: yesOrNo,
        options: [
          { flags: '--deviating', about: 'those that differ from their registration, in any state', value: 'yes' },
        ],
      },
      onAtMostDevices: {
        schema: Type.Integer(RARE_DEVICES),
        options: [{ flags: '--rare <devices>', about: 'only products on at most DEVICES devices, the rarest first' }],
      },
      newWithinDays: {
        schema: Type.Integer(DAYS),
        options: [{ flags: '--new <days>', about: 'only those first seen within DAYS days' }],
      },
    },
    search: 'only those whose name begins so, in any case',
    about: 'agents that wait for a decision, newest first',
    examples: ['list --rare 3 --autonomous', 'list --search desk --json'],
    none: 'none',
    member: 'agents',
    mostShown: 200,
    columns: [
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'AGENT', of: ({ name }) => name },
      { heading: 'STATE', of: ({ state }) => state, shown: seenStateWords },
      { heading: 'DEVICES', of: ({ prevalence }) => prevalence.devices, shown: prevalenceWords },
      { heading: 'FIRST SEEN', of: ({ firstSeenAt }) => firstSeenAt, as: 'ago' },
      {
        heading: 'AUTONOMY',
        of: ({ autonomy }) => autonomy,
        shown: ({ autonomy }) => (autonomy === 'unknown' ? 'not known' : autonomy),
      },
      { heading: 'RUNS', of: ({ running }) => running, shown: runsWords },
      { heading: 'HOST', of: ({ hostname }) => hostname },
      { heading: 'USER', of: ({ user }) => user?.name },
      { heading: 'OWNER', of: ({ proposedOwner }) => proposedOwner?.name },
      { heading: 'DRIFT', of: driftWords },
      { heading: 'PRODUCT', of: ({ product }) => product, wide: true },
      { heading: 'VERSION', of: ({ version }) => version, wide: true },
      { heading: 'DEVICE', of: ({ device }) => device, wide: true },
      { heading: 'EVIDENCE', of: ({ evidence }) => evidence[0], wide: true },
      { heading: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt, as: 'ago', wide: true },
    ],
  },
  show: {
    operationId: 'getSeenAgent',
    action: 'view',
    summary: 'One agent as it is seen, with its drift and deviations',
    about: 'one agent: why it was recognised, drift, deviations',
    examples: ['show sga_4fG2aB', 'show sga_4fG2aB --json'],
  },
  verbs: {
    register: verb({
      method: 'POST',
      ofItem: true,
      path: '/register',
      operationId: 'registerSeenAgent',
      action: 'register',
      summary: 'Create a registration for it; what is left out comes from the sighting',
      body: inboxRegistrationSchema,
      response: inboxRegisteredSchema,
      creates: true,
      command: {
        about: 'register it: name, product, device, owner and workspace come from what was seen',
        options: [
          { flags: '--purpose <text>', about: 'what it is for', member: 'purpose', required: true },
          { flags: '--name <name>', about: 'another name', member: 'name' },
          { flags: '--owner <person>', about: 'who answers for it: id, user name or e-mail address', member: 'owner' },
          { flags: '--contact <person>', about: 'whom to ask about how it works', member: 'contact' },
          { flags: '--successor <person>', about: 'who gets it when the owner leaves', member: 'successor' },
          { ...anyDevice, about: 'on every device' },
          { flags: '--any-human', about: 'for every person', member: 'anyHuman', value: true },
          { flags: '--any-workspace', about: 'it may work in every folder', member: 'anyWorkspace', value: true },
          { flags: '--workspace <folder...>', about: 'it may work in these folders and below' },
          {
            flags: '--versions <range...>',
            about: 'it may have these versions: 2.1.4, ">=2.1 <3"',
            member: 'versions',
          },
          {
            flags: '--autonomy-ceiling <level>',
            about: 'the most it may do alone',
            member: 'autonomyCeiling',
            choices: ['asks', 'autonomous'],
          },
          { flags: '--single', about: 'only one instance is expected', member: 'single', value: true },
          { flags: '--expires <time>', about: `it ends: ${UNTIL}`, member: 'expiresAt', as: 'until' },
          { flags: '--review <time>', about: `it is reviewed: ${UNTIL}`, member: 'reviewAt', as: 'until' },
        ],
        document: { name: 'registered-agent' },
        says: registeredWords,
        examples: [
          'register sga_4fG2aB --purpose "reviews pull requests"',
          'register sga_4fG2aB --purpose reviews --owner ada --any-device',
        ],
      },
    }),
    merge: verb({
      method: 'POST',
      ofItem: true,
      path: '/merge',
      operationId: 'mergeSeenAgent',
      action: 'register',
      summary: 'Widen the criteria of a registration to match it, and accept what it is now',
      body: inboxMergeSchema,
      response: inboxRegisteredSchema,
      command: {
        about: 'widen a registration to match it; with its own registration, accept what has changed',
        options: [
          {
            flags: '--into <registration>',
            about: 'the registration: its id or name',
            member: 'into',
            as: 'registration',
            required: true,
          },
          { ...anyDevice, about: 'the registration may lose the device that it names' },
          {
            flags: '--any-human',
            about: 'the registration may lose the person whom it names',
            member: 'anyHuman',
            value: true,
          },
        ],
        document: { name: 'registered-agent' },
        says: registeredWords,
        examples: [
          'merge sga_4fG2aB --into agt_Des0arl6xfvw0xl8Hc9P_Q',
          'merge sga_4fG2aB --into agt_Des0arl6xfvw0xl8Hc9P_Q --any-device',
        ],
      },
    }),
    ignore: verb({
      method: 'POST',
      ofItem: true,
      path: '/ignore',
      operationId: 'ignoreSeenAgent',
      action: 'register',
      summary: 'Take it out of the inbox on its device for its user, for good or until a time',
      body: inboxIgnoreSchema,
      response: seenAgentSchema,
      command: {
        about: 'take it out of the inbox, on its device for its user',
        options: [
          { flags: '--reason <text>', about: 'why, for the record', member: 'reason' },
          {
            flags: '--until <time>',
            about: 'it comes back: after 8h, 30d, or at 2027-01-31T18:00:00Z',
            member: 'until',
            as: 'until',
          },
          { flags: '--undo', about: 'put it into the inbox again' },
        ],
        examples: ['ignore sga_4fG2aB --reason "a test" --until 30d', 'ignore sga_4fG2aB --undo'],
      },
    }),
    unignore: verb({
      method: 'DELETE',
      ofItem: true,
      path: '/ignore',
      operationId: 'unignoreSeenAgent',
      action: 'register',
      summary: 'Put it into the inbox again',
      response: seenAgentSchema,
    }),
    block: verb({
      method: 'POST',
      ofItem: true,
      path: '/block',
      operationId: 'blockSeenAgent',
      action: 'stop',
      summary:
        'Stop its product wherever it runs or starts, or on its device alone; as every stop it may need two persons',
      body: inboxBlockSchema,
      response: inboxBlockedSchema,
      creates: true,
    }),
  },
})

export const SEEN_WORDS: Readonly<Record<SeenState, string>> = {
  unknown: 'unregistered',
  registered: 'registered',
  ignored: 'ignored',
  blocked: 'blocked',
}

function registeredWords({ agent, registration, stop }: InboxRegistered): readonly string[] {
  return [
    printable(`${agent.id} is registered as ${registration.id} (${registration.name}, ${registration.state})`),
    ...(stop === undefined
      ? []
      : [
          `it stays frozen: ${stop} of its product is in force. Release it with: surety-directory stops release ${stop} --reason WHY`,
        ]),
  ]
}

export function seenStateWords({ state, deviations, present }: SeenAgentView): string {
  const deviating = deviations.length > 0 ? ', DEVIATES' : ''
  return present === 0 ? `${SEEN_WORDS[state]}, gone` : `${SEEN_WORDS[state]}${deviating}`
}

function runsWords({ running, frozen }: SeenAgentView): string {
  return frozen === 0 ? counted(running) : `${counted(running)}, ${counted(frozen)} FROZEN`
}

export function prevalenceWords({ prevalence: { devices, ofDevices, rarity } }: SeenAgentView): string {
  const rare = rarity === 'common' ? '' : `, ${rarity === 'rare' ? 'rare' : 'only here'}`
  return `${counted(devices)} of ${counted(ofDevices)}${rare}`
}

/** What drifted, shortly. */
function driftWords({ drift: { executable, launches } }: SeenAgentView): string | undefined {
  const words = [
    ...(executable === undefined ? [] : ['executable']),
    ...(launches.length === 0
      ? []
      : [`launch of ${counted(launches.length)} MCP server${launches.length === 1 ? '' : 's'}`]),
  ]
  return words.length === 0 ? undefined : words.join(', ')
}
