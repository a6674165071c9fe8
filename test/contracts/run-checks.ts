/** Runs the checks of a contract where Jest does not: in Node for Windows under Wine. */

interface Check<UnderTest> {
  readonly name: string
  run(underTest: UnderTest): Promise<void>
}

const WITHIN_MS = 30_000

/** @returns by name `ok`, or what was wrong. */
export async function runChecks<UnderTest>(
  checks: readonly Check<UnderTest>[],
  underTest: UnderTest,
): Promise<Readonly<Record<string, string>>> {
  const results: Record<string, string> = {}
  for (const { name, run } of checks) results[name] = await outcomeOf(run(underTest))
  return results
}

/** What `runChecks` returns when nothing is wrong. */
export function allPass(checks: readonly { readonly name: string }[]): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ name }) => [name, 'ok']))
}

async function outcomeOf(work: Promise<void>): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not done within ${WITHIN_MS} ms`)), WITHIN_MS)
  try {
    await Promise.race([work, late])
    return 'ok'
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    clearTimeout(timer)
  }
}
