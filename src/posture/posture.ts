import { codeOf, describeError } from '../base/errors.ts'
import { printable } from '../base/printable.ts'
import { CHECKS, type Check, type Finding } from '../protocol/finding.ts'
import { type CheckOutcome, unknown } from './check-outcome.ts'
import type { PostureComponents } from './components.ts'
import { LINUX_CHECKS, type PostureRow } from './linux.ts'

/** Checks that only read a few files: these can be sent while the others still run. */
export const QUICK_CHECKS: readonly Check[] = CHECKS.filter((check) => LINUX_CHECKS[check].reads === 'files')

export interface PostureInit {
  /** How long one check may take. Milliseconds. */
  readonly checkTimeoutMs: number
  /** Only these; all when left out. */
  readonly only?: readonly Check[]
  /** Not made, as the administrator of the device wants it: each is `unknown`, and says so. */
  readonly skip?: readonly Check[]
}

/** So that a slow machine is not brought to its knees by being looked at. */
const AT_ONCE = 4
/** Longest text of a finding on the wire. */
const LONGEST_TEXT = 1000
const SKIPPED = unknown('not checked: posture.skip in the settings of this device names it')

/**
 * Runs the checks, each on its own: one that fails or is late is `unknown`, and the others do not notice.
 *
 * @returns one finding per check, in the order of CHECKS.
 * @throws the signal's reason when `signal` aborts; nothing else.
 */
export async function collectPosture(
  components: PostureComponents,
  init: PostureInit,
  { signal }: { signal: AbortSignal },
): Promise<readonly Finding[]> {
  return collectFrom(LINUX_CHECKS, components, init, { signal })
}

/** As `collectPosture`, from any system's table. */
export async function collectFrom(
  table: Readonly<Record<Check, PostureRow>>,
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
      const outcome = skip.includes(check) ? SKIPPED : await runCheck(table[check], components, init, signal)
      findings.set(check, findingOf(check, outcome))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  signal.throwIfAborted()
  return wanted.flatMap((check) => findings.get(check) ?? [])
}

/** A check that ignores its signal is left to itself: its late answer goes nowhere. */
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
  // An error that is not ours is a mistake of ours: its text may name anything, so it stays out.
  return unknown(
    code === undefined ? 'the check failed inside (unexpected error)' : `${describeError(error)} (${code})`,
  )
}

function findingOf(check: Check, outcome: CheckOutcome): Finding {
  return 'reason' in outcome
    ? { check, state: outcome.state, reason: clip(outcome.reason) }
    : { check, state: outcome.state, detail: clip(outcome.detail) }
}

/** Names of accounts, mounts and devices stand in the text, and whoever made them chose them. */
function clip(foreign: string): string {
  const text = printable(foreign)
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`
}
