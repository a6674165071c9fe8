import type { Clock } from '../../../base/clock.ts'
import type { ErrorCode } from '../../../base/errors.ts'
import type { BesidesAgents } from '../../../discovery/running-agents-port.ts'
import type { StopReceipt } from '../../../protocol/stop.ts'
import type { FreezeMethod, FreezeResult, FreezeRow, FrozenProcess } from '../../../system/freezer/freezer.ts'
import type { ProcessTable } from '../../../system/processes/process-table.ts'
import { CLOCK_TICKS, startedAt } from '../../../system/processes/start-ticks.ts'
import type { HeldAgent } from './stops-file.ts'

export interface StopOutcome {
  readonly receipt: StopReceipt
  /** Why it is not done: not all of it was stopped, or it is not known what runs. */
  readonly code?: ErrorCode
}

/** What the receipt of one stop is made of. */
export interface StopFacts {
  readonly agents: readonly HeldAgent[]
  readonly result: FreezeResult
  /** When the kernel confirmed it, by the device's clock. */
  readonly confirmedAt: number | undefined
  /** Processes of programs that must not be stopped. */
  readonly refused: readonly FrozenProcess[]
  readonly isNetworkCut: boolean
  readonly isExecHeld: boolean
  /** What runs outside of the agents as one of their users. Absent where the system cannot tell. */
  readonly besides?: BesidesAgents
}

export interface ReceiptComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly boot: { uptimeMs(): number }
  readonly processes: Pick<ProcessTable, 'entry' | 'ticks'>
}

const MAX_AGENTS = 32
/** In all, so that a receipt stays small. */
const MAX_PROCESSES = 64
const MAX_MISSED = 64
const MAX_EXECUTABLE = 1024

/** What went on again when stops ended. */
export function releaseReceipt(
  components: ReceiptComponents,
  agents: readonly HeldAgent[],
  result: FreezeResult,
  confirmedAt: number,
): StopReceipt {
  const facts = { agents, result, confirmedAt, refused: [], isNetworkCut: false, isExecHeld: true }
  return { ...stopReceipt(components, facts), weaknesses: [], network: agents.length === 0 ? 'none' : 'open' }
}

/** What the device did about one stop, for its receipt. */
export function stopReceipt({ clock, boot, processes }: ReceiptComponents, facts: StopFacts): StopReceipt {
  const now = Math.max(0, Math.trunc(clock.now()))
  const bootedAt = now - boot.uptimeMs()
  const executableOf = (pid: number) => processes.entry(pid)?.executable?.slice(0, MAX_EXECUTABLE)
  const { agents, result, confirmedAt, isNetworkCut, isExecHeld, besides } = facts
  const missed = missedIn(facts)
  const processCount = agents.reduce((sum, { processes }) => sum + processes.length, 0)
  const isNothing = agents.length === 0 && missed.length === 0
  const method = methodOf(result.rows)
  let room = MAX_PROCESSES
  const listed = agents.slice(0, MAX_AGENTS).map(({ agent, product, user, processes: all }) => {
    const some = all.slice(0, room)
    room -= some.length
    return {
      agent,
      product,
      user,
      processes: some.map((process) => ({
        pid: process.pid,
        startedAt: startedAt(process.startTicks, processes.ticks ?? CLOCK_TICKS, bootedAt),
        executable: executableOf(process.pid) ?? '',
      })),
    }
  })
  return {
    method: isNothing ? 'none' : method,
    agents: listed,
    agentCount: agents.length,
    processCount,
    ...(confirmedAt === undefined || agents.length === 0 ? {} : { confirmedAt }),
    network: agents.length === 0 ? 'none' : isNetworkCut ? 'cut' : 'open',
    missed: missed.slice(0, MAX_MISSED).map(({ pid, reason }) => {
      const executable = executableOf(pid)
      return { pid, ...(executable === undefined ? {} : { executable }), reason }
    }),
    weaknesses: isNothing
      ? []
      : [
          ...(result.oneByOne ? (['root-cgroup'] as const) : []),
          ...(method === 'cgroup1' ? (['cgroup1'] as const) : []),
          ...(method === 'suspend' ? (['suspend'] as const) : []),
          ...(method === 'signals' ? (['signals'] as const) : []),
          ...(isNetworkCut ? [] : (['network-open'] as const)),
          ...(isExecHeld ? [] : (['exec-not-held'] as const)),
          ...(result.confirmedMs === undefined || result.forksMissed ? (['not-confirmed'] as const) : []),
          ...(besides?.takesWork === true ? (['work-elsewhere'] as const) : []),
          ...(besides?.isUnknown === true ? (['unknown-programs'] as const) : []),
        ],
    pausedMs: Math.ceil(result.pausedMs),
  }
}

/** Why an order to stop is not done. Undefined when nothing of the agents runs. */
export function incompleteCode(facts: StopFacts): ErrorCode | undefined {
  return facts.result.incomplete || missedIn(facts).length > 0 ? 'STOP_INCOMPLETE' : undefined
}

function missedIn({ result, refused }: StopFacts) {
  return [
    ...refused.map(({ pid }) => ({ pid, reason: 'protected' as const })),
    ...result.rows.flatMap(({ pid, status }) =>
      status === 'not-moved' || status === 'protected' || status === 'uninterruptible' ? [{ pid, reason: status }] : [],
    ),
  ]
}

/** The weakest that was needed. */
function methodOf(rows: readonly FreezeRow[]): FreezeMethod {
  return WEAKEST_FIRST.find((method) => rows.some(({ status }) => status === method)) ?? 'cgroup2'
}

const WEAKEST_FIRST: readonly FreezeMethod[] = ['signals', 'suspend', 'cgroup1', 'cgroup2']
