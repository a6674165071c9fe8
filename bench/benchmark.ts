/** What every benchmark shares: the line it prints, medians, and limits measured in the same run. */

export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** How `value` stands to what it is compared with; which way is good is said in `against`. */
  readonly ratio: number
  /** What was measured in the same run, and the goal. */
  readonly against: string
}

export interface Benchmark {
  readonly name: string
  /** One sentence. */
  readonly about: string
  run(report: (measurement: Measurement) => void, options: { signal: AbortSignal }): Promise<void>
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @param fraction 0 to 1; nearest rank. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN
}

/** Milliseconds that `work` takes, once for each of `runs` after one that does not count. */
export async function timesMs(runs: number, work: () => unknown, pause = async () => {}): Promise<number[]> {
  await work()
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    await pause()
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times
}

export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
