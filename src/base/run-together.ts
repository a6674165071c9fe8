/** Runs parts side by side until one of them ends; the others are then stopped. Rejects with the first failure. */
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
      // What a part throws because it was stopped is no failure of its own.
      if (!inner.aborted) failure ??= { error }
    } finally {
      ended.abort()
    }
  }
  await Promise.all(parts.map(run))
  if (failure !== undefined) throw failure.error
}
