/** The smallest input found within `timeMs` that still `holds`: chunks are taken out, large ones first. */
export async function minimise(
  input: Uint8Array,
  holds: (input: Uint8Array) => Promise<boolean>,
  { timeMs }: { timeMs: number },
): Promise<Uint8Array> {
  const end = performance.now() + timeMs
  let smallest = input
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length && performance.now() < end; ) {
      const shorter = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + size)])
      if (await holds(shorter)) smallest = shorter
      else at += size
    }
  }
  return smallest
}
