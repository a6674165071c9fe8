/**
 * True if the cost of `work` grows linearly with its input, not quadratically. Compares the processor time of this thread with
 * that of an eighth of the input, so that a slow or busy machine does not matter.
 */
export async function isLinear(work: (units: number) => unknown, units: number): Promise<boolean> {
  if ((await cost(() => work(units))) < NEGLIGIBLE_MICROSECONDS) return true
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const small = await leastOf(() => work(Math.ceil(units / GROWTH)))
    if ((await leastOf(() => work(units))) < GROWTH * TOLERANCE * small) return true
  }
  return false
}

const GROWTH = 8
/** Other programs share the caches and the memory of the processor. Quadratic cost fails each time. */
const ATTEMPTS = 3
/** Quadratic cost would be `GROWTH` times too high. */
const TOLERANCE = 4
const NEGLIGIBLE_MICROSECONDS = 100_000

/** Microseconds. The least of three, because a single run may include a garbage collection. */
async function leastOf(work: () => unknown): Promise<number> {
  return Math.min(await cost(work), await cost(work), await cost(work))
}

async function cost(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}
