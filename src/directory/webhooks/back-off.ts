import type { Random } from '../../protocol/ids.ts'

/** When something is sent again that was not taken. */

/** After each failure, and again and again the last one. */
const BACK_OFF_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000]
export const LONGEST_WAIT_MS = 14_400_000
/** After this time and these attempts it is given up. A clock that jumps is not enough. */
const GIVE_UP = { afterMs: 24 * 3_600_000, attempts: BACK_OFF_MS.length }

/** @param attempts that have failed in a row. */
export function isGivenUp({
  at,
  attempts,
  failingSince,
}: {
  readonly at: number
  readonly attempts: number
  readonly failingSince: number
}): boolean {
  return at - failingSince >= GIVE_UP.afterMs && attempts >= GIVE_UP.attempts
}

/** @param wantedMs what the receiver asks for. */
export function waitMsAfter(attempts: number, wantedMs: number | undefined, random: Random): number {
  const backOff = BACK_OFF_MS[attempts - 1] ?? LONGEST_WAIT_MS
  const wanted = Math.min(wantedMs ?? 0, LONGEST_WAIT_MS)
  // What failed at the same moment does not come back at the same moment.
  const spread = 1 + (random(1)[0] ?? 0) / 2560
  return Math.round(Math.max(backOff, wanted) * spread)
}
