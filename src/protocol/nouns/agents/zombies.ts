import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { humanIdSchema, registrationIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { REGISTRATION_STATES } from './registrations.ts'

/** Zombies in the administrators' API: registrations that nobody needs, answers for or looks after. */

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
  registration: registrationIdSchema,
  name: text(200),
  state: words(...REGISTRATION_STATES),
  owner: Type.Optional(humanIdSchema),
  ownerName: Type.Optional(text(256)),
  reasons: Type.Array(words(...ZOMBIE_REASONS), { minItems: 1, maxItems: ZOMBIE_REASONS.length }),
  since: timeSchema,
  done: words(...ZOMBIE_DONE),
  doneAt: timeSchema,
  /** Why it failed. The next sweep tries again. */
  code: Type.Optional(text(64)),
})
export type Zombie = Static<typeof zombieSchema>
export const zombiePageSchema = pageOf(zombieSchema)
export const zombiePageReader = apiAnswer(zombiePageSchema, 'list of zombies')

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
export const zombieSweepReader = apiAnswer(zombieSweepSchema, 'sweep')

export const ZOMBIE_ACTS = [
  'zombie-found',
  'zombie-warned',
  'zombie-suspended',
  'zombie-retired',
  'zombie-failed',
  'zombie-gone',
] as const
