/** Tells of each phase the first time it is reached. */
export function onceEach<P extends { readonly phase: string }>(
  onPhase: ((phase: P) => void) | undefined,
): (phase: P) => void {
  const told = new Set<string>()
  return (phase) => {
    if (told.has(phase.phase)) return
    told.add(phase.phase)
    onPhase?.(phase)
  }
}

/** Places of the chain at whose acknowledgement something is told. */
export class Milestones {
  #waiting: { readonly sequence: number; readonly tell: () => void }[] = []

  at(sequence: number, tell: () => void): void {
    this.#waiting.push({ sequence, tell })
  }

  reached(sequence: number): void {
    const due = this.#waiting.filter((one) => one.sequence <= sequence)
    this.#waiting = this.#waiting.filter((one) => one.sequence > sequence)
    for (const { tell } of due) tell()
  }
}
