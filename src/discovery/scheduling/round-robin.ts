/** Takes up to `limit` items by owner in turn, so that no owner starves the others. */
export function roundRobin<T>(sorted: readonly T[], limit: number, ownerOf: (one: T) => unknown): T[] {
  const rows = [...Map.groupBy(sorted, ownerOf).values()]
  const rounds = Math.max(0, ...rows.map(({ length }) => length))
  const taken: T[] = []
  for (let round = 0; round < rounds && taken.length < limit; round++) {
    taken.push(...rows.flatMap((row) => row.slice(round, round + 1)))
  }
  return taken.slice(0, limit)
}
