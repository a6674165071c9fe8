import { closed, counter, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { humanIdSchema, registrationIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { PERSON } from '../../noun/words.ts'
import { REGISTRATION_STATES } from './registrations.ts'

/** Zombies: registrations that nobody needs, owns or reviews, as the last sweep found them. */

/**
 * `expired`: past its end. `review-overdue`: past its review. `end-of-life`: its maker has ended support. `idle`: no instance has
 * run or left a trace on a device for long. `without-owner`: no active human answers for it. `device-lost`: its device is retired
 * or was not heard of for long. `device-untrusted`: its device is not compliant. `duplicate`: several instances run, and the
 * registration allows one.
 */
export const ZOMBIE_REASONS = [
  'expired',
  'review-overdue',
  'end-of-life',
  'idle',
  'without-owner',
  'device-lost',
  'device-untrusted',
  'duplicate',
] as const
export type ZombieReason = (typeof ZOMBIE_REASONS)[number]

/** What the rules do about a reason, mildest first. `warn`: an event for its owner, which webhooks carry. */
export const ZOMBIE_ACTIONS = ['report', 'warn', 'suspend', 'retire'] as const
export type ZombieAction = (typeof ZOMBIE_ACTIONS)[number]

export const ZOMBIE_DONE = ['reported', 'warned', 'suspended', 'retired', 'failed'] as const
export type ZombieDone = (typeof ZOMBIE_DONE)[number]

export const zombieSchema = closed({
  /** Of the registration. */
  id: registrationIdSchema,
  registration: registrationIdSchema,
  name: text(200),
  state: words(...REGISTRATION_STATES),
  owner: Type.Optional(humanIdSchema),
  ownerName: Type.Optional(text(256)),
  ownerUserName: Type.Optional(text(256)),
  reasons: Type.Array(words(...ZOMBIE_REASONS), { minItems: 1, maxItems: ZOMBIE_REASONS.length }),
  since: timeSchema,
  done: words(...ZOMBIE_DONE),
  doneAt: timeSchema,
  /** Why it failed. The next sweep tries again. */
  code: Type.Optional(text(64)),
})
export type Zombie = Static<typeof zombieSchema>

const countsSchema = closed(
  // Object.fromEntries has no narrower type.
  Object.fromEntries(ZOMBIE_REASONS.map((reason) => [reason, counter()])) as Record<
    ZombieReason,
    ReturnType<typeof counter>
  >,
)

export const zombieSweepSchema = closed({
  running: Type.Boolean(),
  startedAt: Type.Optional(timeSchema),
  finishedAt: Type.Optional(timeSchema),
  /** How many registrations the sweep has looked at, and how many there are. */
  lookedAt: counter(),
  registrations: counter(),
  zombies: counter(),
  byReason: countsSchema,
})
export type ZombieSweep = Static<typeof zombieSweepSchema>

export const ZOMBIE_ACTS = [
  'zombie-sweep-begun',
  'zombie-found',
  'zombie-warned',
  'zombie-suspended',
  'zombie-retired',
  'zombie-failed',
  'zombie-gone',
] as const

export const zombies = noun({
  one: 'zombie',
  many: 'zombies',
  about: 'registered agents that nobody needs, answers for or looks after',
  id: registrationIdSchema,
  item: zombieSchema,
  called: 'the name or id of its registration',
  describe: ({ id, name, state }) => `${id} (${name}, ${state})`,
  completes: ({ name, reasons }) => ({ word: name, about: reasons.join(', ') }),
  list: {
    operationId: 'listZombies',
    action: 'view',
    summary: 'Registrations that nobody needs, answers for or looks after, by the last sweep, filtered by reason',
    filters: {
      reason: {
        schema: words(...ZOMBIE_REASONS),
        options: [{ flags: '--reason <reason>', about: `those with this reason: ${ZOMBIE_REASONS.join(', ')}` }],
      },
      done: {
        schema: words(...ZOMBIE_DONE),
        options: [{ flags: '--done <done>', about: `those that were ${ZOMBIE_DONE.join(', ')}` }],
      },
      owner: {
        schema: legibleText(256),
        options: [{ flags: '--owner <person>', about: `those of this owner: ${PERSON}`, as: 'human' }],
      },
    },
    sorts: ['since'],
    search: 'those whose name begins with this',
    about: 'what the last sweep found, each with its reasons',
    examples: ['list --reason without-owner', 'list --owner ada -o csv'],
    none: 'no zombies by the last sweep: see surety-directory zombies sweep',
    columns: [
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'OWNER', of: ({ ownerUserName, owner }) => ownerUserName ?? owner },
      { heading: 'REASONS', of: ({ reasons }) => reasons.join(', ') },
      { heading: 'SINCE', of: ({ since }) => since, as: 'time' },
      { heading: 'DONE', of: ({ done, code }) => (code === undefined ? done : `${done}: ${code}`) },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'DONE AT', of: ({ doneAt }) => doneAt, as: 'time', wide: true },
      { heading: 'OWNER ID', of: ({ owner }) => owner, wide: true },
    ],
  },
  verbs: {
    swept: verb({
      method: 'GET',
      path: '/sweep',
      operationId: 'getSweep',
      action: 'view',
      summary: 'The sweep that runs or the last one, with the zombies by reason',
      response: zombieSweepSchema,
    }),
    sweep: verb({
      method: 'POST',
      path: '/sweep',
      operationId: 'beginSweep',
      action: 'register',
      summary: 'Begin a sweep now, unless one runs',
      response: zombieSweepSchema,
      command: {
        about: 'look at all registered agents now; the directory does it each hour',
        options: [{ flags: '--wait', about: 'until it is finished' }],
        examples: ['sweep', 'sweep --wait'],
        document: { name: 'sweep', member: 'sweep' },
      },
    }),
  },
})
