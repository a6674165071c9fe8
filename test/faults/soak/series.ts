/**
 * Is what was measured flat? The first third of the samples against the last, which finds what is not bounded; and how
 * steeply it rises all along, which finds what leaks a little with every round. What comes before them is warming up.
 */

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
  /** How steeply it may rise, for each round; absent: that is not looked at. */
  readonly slope?: number
}

/** What is in flight when a sample is taken only adds to it: of so many samples the least counts. */
const GROUP = 4

/** @returns one line for each value that grows. */
export function growing(samples: readonly Sample[], bounds: Readonly<Record<string, Bound>>): readonly string[] {
  const third = Math.floor(samples.length / 3)
  const [first, last] = [samples.slice(0, third), samples.slice(-third)]
  if (third < 2) return ['too few samples']
  const rounds = middle(last).rounds - middle(first).rounds
  if (rounds <= 0) return ['nothing was done']
  return Object.entries(bounds).flatMap(([name, { slack, perRound = 0, below = 0, slope }]) => {
    const before = Math.max(...first.map(({ values }) => read(values, name)))
    const after = Math.min(...last.map(({ values }) => read(values, name)))
    const most = Math.max(below, before + slack + perRound * rounds)
    // Not a number counts as growing.
    const far = after <= most ? [] : [`${name}: from at most ${before} to at least ${after} in ${rounds} rounds`]
    const rise = slope === undefined ? 0 : riseOf(samples, name)
    const steep = slope === undefined || rise <= slope ? [] : [`${name}: by ${Math.round(rise)} with every round`]
    return [...far, ...steep]
  })
}

/** For each round: the median of the slopes between any two groups of samples (Theil and Sen), which a few odd ones do not bend. */
export function riseOf(samples: readonly Sample[], name: string): number {
  const floors = Array.from({ length: Math.floor(samples.length / GROUP) }, (_, at) => {
    const group = samples.slice(at * GROUP, (at + 1) * GROUP)
    return { rounds: middle(group).rounds, value: Math.min(...group.map(({ values }) => read(values, name))) }
  })
  const slopes = floors.flatMap((from, at) =>
    floors
      .slice(at + 1)
      .filter((to) => to.rounds > from.rounds)
      .map((to) => (to.value - from.value) / (to.rounds - from.rounds)),
  )
  return slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN
}

function read(values: Readonly<Record<string, number>>, name: string): number {
  return values[name] ?? Number.NaN
}

function middle(samples: readonly Sample[]): Sample {
  const sample = samples[Math.floor(samples.length / 2)]
  if (sample === undefined) throw new TypeError('no samples')
  return sample
}
