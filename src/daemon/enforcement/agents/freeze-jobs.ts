import type { FreezeResult, Freezer, FrozenAgentInit } from '../../../system/freezer/freezer.ts'
import { NO_RESULT } from './held-agents.ts'

/** That a freezer takes at once. */
const MAX_AGENTS = 256

/** Freezes any number of agents, in jobs one after the other: a user who runs very many agents must not evade a stop. */
export async function freezeInJobs(
  freezer: Pick<Freezer, 'freeze'>,
  agents: readonly FrozenAgentInit[],
): Promise<FreezeResult> {
  let result: FreezeResult | undefined
  for (let at = 0; at < agents.length; at += MAX_AGENTS) {
    const next = await freezer.freeze(agents.slice(at, at + MAX_AGENTS))
    result = result === undefined ? next : together(result, next)
  }
  return result ?? NO_RESULT
}

function together(first: FreezeResult, second: FreezeResult): FreezeResult {
  const isConfirmed = first.confirmedMs !== undefined && second.confirmedMs !== undefined
  return {
    rows: [...first.rows, ...second.rows],
    confirmedMs: isConfirmed ? first.confirmedMs + second.confirmedMs : undefined,
    pausedMs: first.pausedMs + second.pausedMs,
    oneByOne: first.oneByOne || second.oneByOne,
    forksMissed: first.forksMissed || second.forksMissed,
    incomplete: first.incomplete || second.incomplete,
  }
}
