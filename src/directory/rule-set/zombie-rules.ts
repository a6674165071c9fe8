import {
  ZOMBIE_ACTIONS,
  ZOMBIE_REASONS,
  type ZombieAction,
  type ZombieReason,
} from '../../protocol/nouns/agents/zombies.ts'

/** What the rules say about registrations that nobody needs, answers for or looks after. */
export interface ZombieRules {
  readonly idleAfterMs: number
  /** A device that was not heard of for as long is lost. */
  readonly lostAfterMs: number
  readonly actions: Readonly<Record<ZombieReason, ZombieAction>>
}

const DAY_MS = 86_400_000

/** Of a file that does not mention them. */
export const DEFAULT_ZOMBIE_RULES: ZombieRules = {
  idleAfterMs: 90 * DAY_MS,
  lostAfterMs: 30 * DAY_MS,
  actions: {
    expired: 'suspend',
    'review-overdue': 'warn',
    'end-of-life': 'report',
    idle: 'report',
    'without-owner': 'suspend',
    'device-lost': 'report',
    'device-untrusted': 'report',
    duplicate: 'report',
  },
}

export interface ZombieFacts {
  readonly expiresAt?: number | undefined
  readonly reviewAt?: number | undefined
  readonly usedAt: number
  readonly ownerIsActive: boolean
  readonly single: boolean
  readonly running: number
  readonly endOfLife?: string | undefined
  readonly device?:
    | { readonly retired: boolean; readonly heardAt?: number | undefined; readonly verdict: string }
    | undefined
}

/** Why it is a zombie, in the order of `ZOMBIE_REASONS`. Empty: it is none. Pure. */
export function zombieReasons(facts: ZombieFacts, rules: ZombieRules, now: number): readonly ZombieReason[] {
  const { device } = facts
  const lost = device !== undefined && (device.retired || now - (device.heardAt ?? 0) >= rules.lostAfterMs)
  const holds: Readonly<Record<ZombieReason, boolean>> = {
    expired: facts.expiresAt !== undefined && facts.expiresAt <= now,
    'review-overdue': facts.reviewAt !== undefined && facts.reviewAt <= now,
    'end-of-life': facts.endOfLife !== undefined && facts.endOfLife <= new Date(now).toISOString().slice(0, 10),
    idle: facts.running === 0 && now - facts.usedAt >= rules.idleAfterMs,
    'without-owner': !facts.ownerIsActive,
    'device-lost': lost,
    'device-untrusted': device !== undefined && !lost && device.verdict === 'not-compliant',
    duplicate: facts.single && facts.running > 1,
  }
  return ZOMBIE_REASONS.filter((reason) => holds[reason])
}

/** The strongest action that one of the reasons asks for. */
export function zombieAction(reasons: readonly ZombieReason[], { actions }: ZombieRules): ZombieAction {
  const asked = reasons.map((reason) => ZOMBIE_ACTIONS.indexOf(actions[reason]))
  return ZOMBIE_ACTIONS[Math.max(0, ...asked)] ?? 'report'
}
