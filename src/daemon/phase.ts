/**
 * A phase that is reached for the first time in this run. `attested`: the directory authenticated the device. `collected`: the
 * whole first collection is in the spool. `acknowledged`: the directory has the first evidence of this run. `complete`: it has
 * the whole first collection.
 */
export type Phase =
  | { readonly phase: 'keys'; readonly kind: string }
  | { readonly phase: 'enrolled'; readonly device: string; readonly epoch: number; readonly tier: string }
  | { readonly phase: 'attested' | 'collected' | 'acknowledged' | 'complete' }

/** Announces each phase only the first time. */
export function oncePerPhase(onPhase: ((phase: Phase) => void) | undefined): (phase: Phase) => void {
  const reached = new Set<string>()
  return (phase) => {
    if (reached.has(phase.phase)) return
    reached.add(phase.phase)
    onPhase?.(phase)
  }
}
