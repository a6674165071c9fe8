/** The answer of a check, before it gets its name. `unknown` never counts as a pass. */
export type CheckOutcome =
  | { readonly state: 'pass' | 'fail'; readonly detail: string }
  | { readonly state: 'unknown' | 'not-applicable'; readonly reason: string }

export function pass(detail: string): CheckOutcome {
  return { state: 'pass', detail }
}

export function fail(detail: string): CheckOutcome {
  return { state: 'fail', detail }
}

export function unknown(reason: string): CheckOutcome {
  return { state: 'unknown', reason }
}

/** Only where the system has no such thing at all; a part that is missing on this device is a `fail` or `unknown`. */
export function notApplicable(reason: string): CheckOutcome {
  return { state: 'not-applicable', reason }
}

/** `["a", "b", "c"]` as `a, b and 1 more`, so that a long list stays readable. */
export function listed(items: readonly string[], most = 5): string {
  const shown = items.slice(0, most)
  const rest = items.length - shown.length
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** `1 package`, `2 packages`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
