const SHORTEST = 8

/** Shortens ids to the length at which they still differ. For people to type. */
export function shortIds(ids: readonly string[]): (id: string) => string {
  const all = [...new Set(ids)]
  let length = SHORTEST
  while (length < 32 && new Set(all.map((id) => id.slice(0, length))).size < all.length) length++
  return (id) => id.slice(0, length)
}
