import { closed, type Static, Type, text, words } from '../base/schema.ts'
import { claimIdSchema, registrationIdSchema, timeSchema } from './ids.ts'
import { sightingIdSchema, userSchema } from './sighting.ts'

/** A user of a device says of an agent there: it is mine, and I use it for this. */
export const agentClaimSchema = closed({
  id: claimIdSchema,
  /** Of an agent of this device that belongs to `user`. */
  sighting: sightingIdSchema,
  /** The catalogue id; of an agent that no catalogue knows, its name. */
  product: text(256),
  /** Whose agent it is. */
  user: userSchema,
  /** Root asked for that user. Absent: the user asked, as the kernel of the device says. */
  byRoot: Type.Optional(Type.Literal(true)),
  purpose: text(500),
  /** What the user calls it. */
  name: Type.Optional(text(200)),
  /** The user needs it until then. */
  until: Type.Optional(timeSchema),
  /** By the device's clock. */
  time: timeSchema,
})
export type AgentClaim = Static<typeof agentClaimSchema>

/** What became of a claim. */
export const claimDecisionSchema = closed({
  claim: claimIdSchema,
  outcome: words('accepted', 'refused'),
  /** Who decided, for people. */
  by: text(256),
  reason: Type.Optional(text(500)),
  /** The registered agent that an accepted claim became. */
  registration: Type.Optional(registrationIdSchema),
  /** By the directory's clock. */
  time: timeSchema,
})
export type ClaimDecision = Static<typeof claimDecisionSchema>

/** Control characters, line separators, half surrogates, and what turns the direction of text. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** Whether a purpose or name is one line that shows what it says. */
export function isClaimText(value: string): boolean {
  return value.trim() !== '' && !UNFIT.test(value)
}
