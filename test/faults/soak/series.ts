/** Is what was measured flat? The first third of the samples against the last; what comes before them is warming up. */

export interface Sample {
  /** Rounds that were done when it was taken. */
  readonly rounds: number
  readonly values: Readonly<Record<string, number>>
}

export interface Bound {
  /** How much the last third's least may lie above the first third's most. */
  readonly slack: number
  /** And for each round between the middles of the two thirds; absent: nothing. */
  readonly perRound?: number
  /** Below this it may move as it likes: a log that is written over when it has come there. */
  readonly below?: number
}

/** @returns one line for each value that grows. */
export function growing(samples: readonly Sample[], bounds: Readonly<Record<string, Bound>>): readonly string[] {
  const third = Math.floor(samples.length / 3)
  const [first, last] = [samples.slice(0, third), samples.slice(-third)]
  if (third < 2) return ['too few samples']
  const rounds = middle(last).rounds - middle(first).rounds
  if (rounds <= 0) return ['nothing was done']
  return Object.entries(bounds).flatMap(([name, { slack, perRound = 0, below = 0 }]) => {
    const before = Math.max(...first.map(({ values }) => read(values, name)))
    const after = Math.min(...last.map(({ values }) => read(values, name)))
    const most = Math.max(below, before + slack + perRound * rounds)
    // Not a number counts as growing.
    return after <= most ? [] : [`${name}: from at most ${before} to at least ${after} in ${rounds} rounds`]
  })
}

function read(values: Readonly<Record<string, number>>, name: string): number {
  return values[name] ?? Number.NaN
}

function middle(samples: readonly Sample[]): Sample {
  const sample = samples[Math.floor(samples.length / 2)]
  if (sample === undefined) throw new TypeError('no samples')
  return sample
}
