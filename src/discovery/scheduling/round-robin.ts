/** The first `most`, of each owner in turn: one who has very many takes no place of another. */
export function fairShare<T>(sorted: readonly T[], most: number, ownerOf: (one: T) => unknown): T[] {
  const rows = [...Map.groupBy(sorted, ownerOf).values()]
  const rounds = Math.max(0, ...rows.map(({ length }) => length))
  const taken: T[] = []
  for (let round = 0; round < rounds && taken.length < most; round++) {
    taken.push(...rows.flatMap((row) => row.slice(round, round + 1)))
  }
  return taken.slice(0, most)
}
