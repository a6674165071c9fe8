import { closed, type Static, Type, text, words } from '../../../base/schema.ts'
import { ACTION_DECISIONS, ACTION_KINDS, actionReportSchema, toolWords } from '../../gate/action.ts'
import { HOOK_CLIENTS } from '../../gate/hook-clients.ts'
import { actionIdSchema, deviceIdSchema, registrationIdSchema, seenAgentIdSchema, timeSchema } from '../../ids.ts'
import { noun } from '../../noun/noun.ts'
import { DEVICE } from '../../noun/words.ts'
import { sightingIdSchema } from '../../sighting.ts'

/** What agents asked the gate of their device for, in the administrators' API. */

/** All but `id` are the word of the device, which its keys do not prove. */
export const actionViewSchema = closed({
  ...actionReportSchema.properties,
  device: deviceIdSchema,
  /** Host name of the device. */
  host: text(256),
  /** Nothing proves it but the word of the device. */
  saidBy: Type.Literal('device'),
  receivedAt: timeSchema,
  /** The agent as it is seen there: this product of this user. Absent: no scan has found it. */
  seen: Type.Optional(seenAgentIdSchema),
  registration: Type.Optional(closed({ id: registrationIdSchema, name: text(256) })),
})
export type ActionView = Static<typeof actionViewSchema>
export type ActionDecision = ActionView['decision']

/** How a decision is shown. */
export const DECISION_TONES = {
  allowed: undefined,
  approved: 'good',
  denied: 'bad',
  refused: 'bad',
  expired: 'warning',
} as const satisfies Readonly<Record<ActionDecision, 'good' | 'bad' | 'warning' | undefined>>

export const actions = noun({
  one: 'action',
  many: 'actions',
  about: 'what agents asked the gate of their device for, and how that ended',
  id: actionIdSchema,
  item: actionViewSchema,
  called: 'its id, or at least eight characters of its beginning',
  describe: ({ id, decision, host }) => `${id} (${decision}, on ${host})`,
  completes: (action) => ({ word: action.id, about: `${toolWords(action)}, ${action.decision}` }),
  list: {
    operationId: 'listActions',
    action: 'audit',
    summary:
      'Actions that agents asked the gate of their device for, newest first, as the devices say: keys prove none of it',
    newestFirst: true,
    filters: {
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `only on this device: ${DEVICE}`, as: 'device' }],
      },
      decision: {
        schema: words(...ACTION_DECISIONS),
        options: [{ flags: '--decision <decision>', about: `only those that were ${ACTION_DECISIONS.join(', ')}` }],
      },
      client: {
        schema: words(...HOOK_CLIENTS),
        options: [{ flags: '--client <client>', about: `only of this program: ${HOOK_CLIENTS.join(', ')}` }],
      },
      tool: {
        schema: words(...ACTION_KINDS),
        options: [{ flags: '--tool <kind>', about: `only of tools of this kind: ${ACTION_KINDS.join(', ')}` }],
      },
      since: {
        schema: timeSchema,
        options: [
          { flags: '--since <time>', about: 'only since this time: 24h, 7d, 2026-11-28, yesterday', as: 'since' },
        ],
      },
      until: {
        schema: timeSchema,
        options: [{ flags: '--until <time>', about: 'only until this time, in the same forms', as: 'since' }],
      },
      agent: {
        schema: seenAgentIdSchema,
        options: [{ flags: '--agent <id>', about: 'only of this agent, as the inbox names it: sga_4fG2aB…' }],
      },
      registration: {
        schema: registrationIdSchema,
        options: [
          { flags: '--registration <agent>', about: 'only of this registered agent: name or id', as: 'registration' },
        ],
      },
      sighting: {
        schema: sightingIdSchema,
        options: [{ flags: '--sighting <id>', about: 'only of the running agent with this sighting' }],
      },
      session: {
        schema: Type.String({ pattern: '^[0-9a-f]{32}$' }),
        options: [{ flags: '--session <id>', about: 'only of this session of an agent' }],
      },
    },
    sorts: ['time'],
    about: 'actions that agents asked for, newest first, as their devices say',
    examples: [
      'list --since 24h --decision denied',
      'list --device lap-0042 --tool shell',
      'list --registration "code bot" -o csv',
    ],
    mostShown: 100,
    none: 'no device has reported such an action',
    toneOf: ({ decision }) => DECISION_TONES[decision],
    columns: [
      { heading: 'TIME', of: ({ time }) => time, as: 'time' },
      { heading: 'HOST', of: ({ host }) => host },
      { heading: 'USER', of: ({ user }) => user.name },
      { heading: 'CLIENT', of: ({ client }) => client },
      { heading: 'TOOL', of: toolWords },
      { heading: 'DECISION', of: ({ decision }) => decision },
      { heading: 'RULES', of: ({ rules }) => rules.join(', ') || undefined },
      { heading: 'OUTCOME', of: ({ outcome }) => outcome },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'REGISTRATION', of: ({ registration }) => registration?.name, wide: true },
      { heading: 'SESSION', of: ({ session }) => session, wide: true },
      { heading: 'APPROVAL', of: ({ approval }) => approval, wide: true },
      { heading: 'ON TRIAL', of: ({ shadow = [] }) => shadow.join(', ') || undefined, wide: true },
      { heading: 'HASH', of: ({ hash }) => hash, wide: true },
      { heading: 'SAID BY', of: ({ saidBy }) => saidBy, wide: true },
    ],
  },
  show: {
    operationId: 'getAction',
    action: 'audit',
    summary: 'One action, as its device says',
    about: 'one action, with its rules, its approval and the hash of its arguments',
    examples: ['show act_4fG2aB', 'show act_4fG2aB --json'],
  },
  verbs: {},
})
