import type { StartTicks } from '../../system/processes/start-ticks.ts'
import type { Reason } from './signals.ts'
import type { PastTool } from './tool-memory.ts'

const MIN_TOOLS = 4
const MIN_COMMANDS = 3
const MIN_PROGRAMS = 3
const SHORTEST_GAP_SECONDS = 0.3
const LONGEST_GAP_SECONDS = 60

/**
 * One tool after another, each another command, with a model's pause between them: too steady for a person, too slow
 * and too varied for a build (its commands start together) or for a watcher (it repeats the same one).
 */
export function paceReason(
  tools: readonly PastTool[],
  { perSecond }: Pick<StartTicks, 'perSecond'>,
): Reason | undefined {
  const starts = tools.map(({ startTicks }) => startTicks).sort((a, b) => a - b)
  let run = 1
  let longest = 1
  for (let at = 1; at < starts.length; at++) {
    const gap = ((starts[at] ?? 0) - (starts[at - 1] ?? 0)) / perSecond
    run = gap >= SHORTEST_GAP_SECONDS && gap <= LONGEST_GAP_SECONDS ? run + 1 : 1
    longest = Math.max(longest, run)
  }
  const commands = new Set(tools.map(({ command }) => command)).size
  if (longest < MIN_TOOLS || commands < MIN_COMMANDS) return undefined
  return {
    name: 'paced-children',
    weight: 25,
    detail: `${longest} tools one after another, ${commands} different commands`,
  }
}

/** True if the tools are different programs. A compiler for each file or a converter for each job is not varied. */
export function isVaried(tools: readonly PastTool[], ticks: Pick<StartTicks, 'perSecond'>): boolean {
  return paceReason(tools, ticks) !== undefined && new Set(tools.map(({ program }) => program)).size >= MIN_PROGRAMS
}
