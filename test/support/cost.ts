/**
 * Does what `work` costs grow as its input does, and not with its square? Compared with itself at an eighth of the size, in
 * time of this thread alone: other programs and a slow machine change both.
 */
export async function growsWithItsInput(work: (units: number) => unknown, units: number): Promise<boolean> {
  if ((await cost(() => work(units))) < NEGLIGIBLE_MICROSECONDS) return true
  const small = await leastOf(() => work(Math.ceil(units / GROWTH)))
  return (await leastOf(() => work(units))) < GROWTH * TOLERANCE * small
}

const GROWTH = 8
/** A square would be `GROWTH` times too much. */
const TOLERANCE = 4
const NEGLIGIBLE_MICROSECONDS = 100_000

/** Microseconds; what is measured once may have had all garbage of the others to collect. */
async function leastOf(work: () => unknown): Promise<number> {
  return Math.min(await cost(work), await cost(work), await cost(work))
}

async function cost(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}
