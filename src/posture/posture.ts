import { codeOf, describeError } from '../base/errors.ts'
import { printable } from '../base/text/printable.ts'
import { CHECKS, type Check } from '../checks/checks.ts'
import type { Finding } from '../protocol/finding.ts'
import { type CheckOutcome, unknown } from './check-outcome.ts'
import type { PostureChecks } from './checks-of.ts'
import type { PostureComponents, PostureRow } from './components.ts'

/** Checks that only read a few files. They are reported while the others still run. */
export function quickChecks(checks: PostureChecks): readonly Check[] {
  return CHECKS.filter((check) => checks[check].reads === 'files')
}

export interface PostureInit {
  /** How long one check may take. Milliseconds. */
  readonly checkTimeoutMs: number
  /** Only these; all when left out. */
  readonly only?: readonly Check[]
  /** Skipped by the administrator of the device: each is `unknown`, with that as its reason. */
  readonly skip?: readonly Check[]
}

/** Limits the load on a slow machine. */
const AT_ONCE = 4
/** Longest text of a finding on the wire. */
const LONGEST_TEXT = 1000
const SKIPPED = unknown('not checked: posture.skip in the settings of this device names it')

/**
 * Runs the checks of one system. A check that fails or is late is `unknown` and does not affect the others.
 *
 * @param checks of the system that this is.
 * @returns one finding per check, in the order of CHECKS.
 * @throws the signal's reason when `signal` aborts; nothing else.
 */
export async function collectPosture(
  checks: PostureChecks,
  components: PostureComponents,
  init: PostureInit,
  { signal }: { signal: AbortSignal },
): Promise<readonly Finding[]> {
  const { only, skip = [] } = init
  const wanted = CHECKS.filter((check) => only === undefined || only.includes(check))
  const findings = new Map<Check, Finding>()
  const waiting = wanted.values()
  const worker = async () => {
    for (const check of waiting) {
      signal.throwIfAborted()
      const outcome = skip.includes(check) ? SKIPPED : await runCheck(checks[check], components, init, signal)
      findings.set(check, findingOf(check, outcome))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  signal.throwIfAborted()
  return wanted.flatMap((check) => findings.get(check) ?? [])
}

/** The late answer of a check that ignores its signal is dropped. */
async function runCheck(
  row: PostureRow,
  components: PostureComponents,
  { checkTimeoutMs }: PostureInit,
  outer: AbortSignal,
): Promise<CheckOutcome> {
  const ended = new AbortController()
  const signal = AbortSignal.any([outer, ended.signal])
  const deadline = components.clock.sleep(checkTimeoutMs, { signal }).then(
    () => unknown(`the check took longer than ${Math.round(checkTimeoutMs / 1000)} seconds (COMMAND_TIMED_OUT)`),
    () => unknown('the check was stopped'),
  )
  try {
    const work = row.run(components, { signal, timeoutMs: checkTimeoutMs }).catch(unknownBecause)
    return await Promise.race([work, deadline])
  } finally {
    ended.abort()
  }
}

function unknownBecause(error: unknown): CheckOutcome {
  const code = codeOf(error)
  // The text of an unexpected error may contain anything, so it is not reported.
  return unknown(
    code === undefined ? 'the check failed inside (unexpected error)' : `${describeError(error)} (${code})`,
  )
}

function findingOf(check: Check, outcome: CheckOutcome): Finding {
  return 'reason' in outcome
    ? { check, state: outcome.state, reason: clip(outcome.reason) }
    : { check, state: outcome.state, detail: clip(outcome.detail) }
}

/** The text contains names of accounts, mounts and devices, which users choose. */
function clip(foreign: string): string {
  const text = printable(foreign)
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`
}
