import type { Log } from '../../../base/log.ts'
import type { FreezeRow, Freezer } from '../../../system/freezer/freezer.ts'
import type { ProcessTable } from '../../../system/processes/process-table.ts'
import type { HeldAgent } from '../stops/stops-file.ts'
import { keyOf } from './held-agents.ts'

/** What became of agents that were released. */
export interface LetGo {
  /** Agents that still run, each with its processes that do. */
  readonly running: readonly HeldAgent[]
  /** What is frozen still, for the receipt. */
  readonly frozen: readonly FreezeRow[]
}

export interface LetGoComponents {
  readonly freezer: Pick<Freezer, 'release' | 'afterRelease' | 'processesOf'>
  readonly processes: Pick<ProcessTable, 'entry'>
  readonly log: Log
}

/** Releases agents and looks whether they run; what does not is released once more. */
export async function letGo(components: LetGoComponents, held: readonly HeldAgent[]): Promise<LetGo> {
  const { freezer, log } = components
  const agents = held.map((agent) => withHeldSince(components, agent))
  let done = await releaseAndLook(freezer, agents)
  if (done.frozen.length > 0) done = await releaseAndLook(freezer, agents)
  for (const { agent, product, processes } of done.running)
    log.info('agent released', { agent, product, processes: processes.length })
  for (const { agent, pid } of done.frozen) log.error('a released process is frozen still', { agent, pid })
  return done
}

/** Also what the freezer holds and no scan has seen: what an agent started as it was frozen. */
function withHeldSince({ freezer, processes }: LetGoComponents, agent: HeldAgent): HeldAgent {
  const known = new Set(agent.processes.map(({ pid }) => pid))
  const others = freezer.processesOf(agent.agent).filter((pid) => !known.has(pid))
  const found = others.flatMap((pid) => {
    const startTicks = startTicksOf(processes, pid)
    return startTicks === undefined ? [] : [{ pid, startTicks }]
  })
  return found.length === 0 ? agent : { ...agent, processes: [...agent.processes, ...found] }
}

/** Undefined also for what cannot be read now: that must not prevent a release. */
function startTicksOf(processes: Pick<ProcessTable, 'entry'>, pid: number): number | undefined {
  try {
    return processes.entry(pid)?.startTicks
  } catch {
    return undefined
  }
}

/** Where the system does not tell, what was released counts as running. */
async function releaseAndLook(
  freezer: Pick<Freezer, 'release' | 'afterRelease'>,
  agents: readonly HeldAgent[],
): Promise<LetGo> {
  for (const { agent, signalled = [] } of agents) freezer.release(agent, signalled)
  const after = await freezer.afterRelease?.(agents.flatMap(({ processes }) => processes))
  if (after === undefined) return { running: agents, frozen: [] }
  const [running, frozen] = [after.running, after.frozen].map((found) => new Set(found.map(keyOf)))
  return {
    running: agents
      .map((agent) => ({ ...agent, processes: agent.processes.filter((one) => running?.has(keyOf(one))) }))
      .filter(({ processes }) => processes.length > 0),
    frozen: agents.flatMap(({ agent, processes }) =>
      processes
        .filter((one) => frozen?.has(keyOf(one)))
        .map((one) => ({ ...one, agent, status: 'not-moved' as const })),
    ),
  }
}
