/** What was seen of a program that shows nothing new is not asked for again so soon: sockets cost milliseconds. */
const EVERY_MS = 10_000
/** More and more seldom, while it runs nothing new. */
const AT_LEAST_EVERY_MS = 60_000
/** But where one tool comes after another and nothing says yet whom it asks in between. */
const AGAIN_MS = 500

/** When a program was looked at closely, and what it had done until then. */
export interface LookedClosely {
  readonly lookedAtMs: number
  readonly everyMs: number
  readonly did: string
}

/** From when on it is to be looked at closely again. */
export function closeLookDueMs(
  last: LookedClosely | undefined,
  { did, isUndecided }: { readonly did: string; readonly isUndecided: boolean },
): number {
  if (last === undefined) return Number.NEGATIVE_INFINITY
  return last.lookedAtMs + (isUndecided ? AGAIN_MS : last.did === did ? last.everyMs : EVERY_MS)
}

/** How long after a look that found `did`. */
export function closeLookEveryMs(last: LookedClosely | undefined, did: string): number {
  return last?.did === did ? Math.min(2 * last.everyMs, AT_LEAST_EVERY_MS) : EVERY_MS
}
