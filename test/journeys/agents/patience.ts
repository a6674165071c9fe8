/** A device that runs nine agents and two daemons on two cores is slow; how fast we are is measured elsewhere. */
const WITHIN_MS = 90_000
/** All waits in vain together: what is not seen at all fails many tests, which then say so and do not take the suite's time. */
const IN_VAIN_MS = 300_000
const AT_LEAST_MS = 5_000

let inVainMs = 0

/** How long to wait for something, now. */
export function patienceMs(): number {
  return Math.min(WITHIN_MS, Math.max(AT_LEAST_MS, IN_VAIN_MS - inVainMs))
}

/** @returns what to throw. */
export function inVain(ms: number, what: string): Error {
  inVainMs += ms
  return new Error(`in vain for ${Math.round(ms / 1000)} s: ${what}`)
}
