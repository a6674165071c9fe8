import type { Clock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { frozenBy } from '../../../src/daemon/enforcement/agents/held-agents.ts'
import type { Enforcement, EnforcementComponents } from '../../../src/daemon/enforcement/enforcement.ts'
import {
  type OpenEnforcementComponents,
  type OpenedEnforcement,
  openEnforcement,
} from '../../../src/daemon/enforcement/open-enforcement.ts'
import type { StandingStop } from '../../../src/daemon/enforcement/stops/stops-file.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { type ProcessIdentity, ScannedAgents } from '../../../src/discovery/running-agents-port.ts'
import type { AgentSighting, FrozenBy } from '../../../src/protocol/sighting.ts'
import type { StopEvent } from '../../../src/protocol/stop.ts'
import type { Freezer } from '../../../src/system/freezer/freezer.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { FakeClock } from '../fake-clock.ts'
import type { CountingAgent } from '../processes/counting-agent.ts'
import { testFreezer } from '../processes/test-freezer.ts'

/** Enforcement on real files, with real processes; the scans are the test's. */
export interface TestEnforcement extends AsyncDisposable {
  readonly enforcement: Enforcement
  readonly drill: OpenedEnforcement['drill']
  readonly events: readonly StopEvent[]
  readonly clock: FakeClock
  /** Codes of health warnings. */
  warnings(): readonly string[]
  /** The stops that hold each agent, as they were last reported. */
  readonly frozen: () => Readonly<Record<string, readonly FrozenBy[]>>
  /** As a scan that found exactly these agents. */
  scanned(agents: readonly AgentSighting[], members?: ReadonlyMap<string, readonly ProcessIdentity[]>): void
  /** As the death of the daemon: nothing is let go. */
  die(): Promise<void>
}

export interface TestEnforcementInit
  extends Partial<
    Pick<EnforcementComponents, 'network' | 'directoryTime' | 'scan'> &
      Pick<OpenEnforcementComponents, 'drills' | 'enforcersFolder'>
  > {
  readonly folder: string
  readonly name: string
  readonly bootId?: string
  /** In place of a fake one. */
  readonly clock?: Clock
  readonly freezer?: Freezer
  /** In place of those of this machine. */
  readonly processes?: EnforcementComponents['processes']
  /** For a freezer that is weaker. */
  readonly without?: readonly ('cgroup2' | 'cgroup1')[]
}

export async function testEnforcement(init: TestEnforcementInit): Promise<TestEnforcement> {
  const clock = new FakeClock()
  const processes = init.processes ?? linuxProcesses()
  const health = createHealth({ clock })
  const agents = new ScannedAgents({ processes, memory: { live: () => [] } })
  const events: StopEvent[] = []
  const told: (readonly [string, FrozenBy[]])[][] = []
  const freezer = init.freezer ?? testFreezer({ name: init.name, without: init.without ?? [] })
  const opened = await openEnforcement(
    {
      clock: init.clock ?? clock,
      log: silentLog,
      health,
      agents,
      processes,
      ...(init.network === undefined ? {} : { network: init.network }),
      ...(init.drills === undefined ? {} : { drills: init.drills }),
      enforcersFolder: init.enforcersFolder,
      boot: { uptimeMs: () => performance.now() },
      directoryTime: init.directoryTime ?? (() => clock.now()),
      report: (event) => void events.push(event),
      reportFrozen: (now) => void told.push([...frozenBy(now)]),
      scan: init.scan ?? (async () => agents.update({ agents: [], members: new Map(), records: [] })),
      openFreezer: () => freezer,
    },
    { stateFolder: init.folder, bootId: init.bootId ?? 'boot' },
  )
  if (opened === undefined) throw new TypeError('there is no freezer')
  const { enforcement, drill } = opened
  const ended = new AbortController()
  const running = enforcement.run({ signal: ended.signal })
  const die = async () => {
    ended.abort()
    await running
    freezer.close()
  }
  return {
    enforcement,
    drill,
    events,
    clock,
    die,
    warnings: () => health.warnings().map(({ code }) => code),
    frozen: () => Object.fromEntries(told.at(-1) ?? []),
    scanned(sightings, members = new Map()) {
      agents.update({ agents: sightings, members, records: [] })
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await running
      for (const { agent, signalled = [] } of enforcement.held) freezer.release(agent, signalled)
      try {
        for (const agent of freezer.held()) freezer.release(agent, [])
        freezer.close()
      } catch {
        // It died before.
      }
    },
  }
}

let lastAgent = 0

/** A running agent that a scan found. */
export function agentOf(
  { pid, startTicks }: Pick<CountingAgent, 'pid' | 'startTicks'>,
  change: Partial<AgentSighting> = {},
): AgentSighting {
  return {
    kind: 'agent',
    id: (++lastAgent).toString(16).padStart(32, '0'),
    name: 'Tester',
    catalogueId: 'tester',
    user: { id: '1000', name: 'ada' },
    evidence: [],
    state: 'running',
    agentKind: 'cli-agent',
    process: { pid, startTicks, bootId: 'boot', parentPid: 1, executable: '/bin/sh' },
    ...change,
  }
}

let lastStop = 0

export function stopOf(change: Partial<StandingStop> = {}): StandingStop {
  const id = `stop_${String(++lastStop).padStart(21, 'A')}A`
  return {
    id,
    kind: 'freeze',
    origin: 'directory',
    selector: { select: 'all' },
    by: 'an administrator',
    reason: 'a test',
    since: 0,
    ...change,
  }
}
