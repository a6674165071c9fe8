/** What all benchmarks share: the printed figure, medians and timing. */

export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** `value` relative to the comparison or limit in `against`, which also says what is good. */
  readonly ratio: number
  /** The comparison that was measured in the same run, and the limit. */
  readonly against: string
}

export interface Benchmark {
  readonly name: string
  /** What is measured, in one line without a full stop. */
  readonly about: string
  readonly unit: string
  /** The limit for a good result. */
  readonly limit: string
  run(report: (measurement: Measurement) => void, options: { signal: AbortSignal }): Promise<void>
}

/** A size of a benchmark. With `BENCH_SMALL=1` each runs small, to show that it works: its figures then mean nothing. */
export function sizeOf(full: number, { small }: { readonly small: number }): number {
  return process.env.BENCH_SMALL === undefined ? full : small
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @param fraction 0 to 1. Nearest rank. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN
}

/** The milliseconds of each of `runs` runs of `work`, after one run that does not count. */
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
