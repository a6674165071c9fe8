/** Runs parts concurrently until one ends, then aborts the others. Rejects with the first failure. */
export async function runTogether(
  parts: readonly ((options: { signal: AbortSignal }) => Promise<void>)[],
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const ended = new AbortController()
  const inner = AbortSignal.any([signal, ended.signal])
  let failure: { readonly error: unknown } | undefined
  const run = async (part: (options: { signal: AbortSignal }) => Promise<void>) => {
    try {
      await part({ signal: inner })
    } catch (error) {
      // An error after the abort is no failure of the part.
      if (!inner.aborted) failure ??= { error }
    } finally {
      ended.abort()
    }
  }
  await Promise.all(parts.map(run))
  if (failure !== undefined) throw failure.error
}
