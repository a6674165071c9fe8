import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import {
  type ScanInit,
  UnknownAgents,
  type UnknownAgentsComponents,
} from '../../../src/discovery/unknown/unknown-agents.ts'
import type { ProcessDetails, ProcessSockets, StreamKind } from '../../../src/system/processes/process-details.ts'

/** A process with what the system would tell of it when asked. */
export interface SeenProcess extends ProcessRecord {
  readonly streams?: readonly [StreamKind, StreamKind, StreamKind]
  readonly sockets?: ProcessSockets
  readonly openFiles?: readonly string[]
  /** Without, nobody tells whether it did anything. */
  readonly activity?: string
}

export const NODE = '/usr/bin/node'
const TERMINAL = 34816

/** Of a person's shell in a terminal, unless said otherwise. */
export function seen(
  pid: number,
  executable: string,
  argv: readonly string[],
  more: Partial<SeenProcess> = {},
): SeenProcess {
  const place = {
    parentPid: 50,
    startTicks: pid * 10,
    userId: '1000',
    sessionId: 50,
    ttyNumber: TERMINAL,
    comm: 'MainThread',
  }
  const surroundings = { environmentNames: ['HOME', 'PATH', 'SHELL', 'TERM'], sessionMarkers: {} }
  return { pid, executable, argv, ...place, ...surroundings, ...more }
}

/** Where agents start their tools: a session of its own, no terminal, nothing to read and somebody who listens. */
export function asTool(pid: number, parentPid: number): Partial<SeenProcess> {
  return { parentPid, sessionId: pid, ttyNumber: 0, streams: ['null', 'socket', 'socket'] }
}

export const SHELL = seen(50, '/usr/bin/bash', ['bash'], { parentPid: 40, sessionId: 50 })

const { modelPorts, markers } = indexAgents(builtInCatalogue())

export function scanInit(more: Partial<ScanInit> = {}): ScanInit {
  return {
    bootId: 'boot',
    homes: ['/home/alice'],
    userOf: (id) => ({ id, name: 'alice' }),
    isKnown: () => false,
    nowMs: 0,
    modelPorts: modelPorts.among([]),
    ...more,
  }
}

export function detailsOf(processes: readonly SeenProcess[]): ProcessDetails {
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  const at = ({ pid }: { readonly pid: number }) => byPid.get(pid)
  return {
    streams: (process) => at(process)?.streams,
    sockets: (asked) =>
      new Map(
        asked.flatMap((process): [number, ProcessSockets][] => {
          const sockets = at(process)?.sockets
          return sockets === undefined ? [] : [[process.pid, sockets]]
        }),
      ),
    openFiles: (asked) => new Map(asked.map((process) => [process.pid, at(process)?.openFiles ?? []])),
    standing: () => undefined,
    executableNow: () => undefined,
    activity: (process) => at(process)?.activity,
    logins: () => [],
    ownPidNamespace: undefined,
    insideWsl: false,
  }
}

export function unknownAgents(components: Omit<UnknownAgentsComponents, 'markers'>, known = markers): UnknownAgents {
  return new UnknownAgents({ ...components, markers: () => known })
}

/** What one look at these processes tells, by somebody who sees them for the first time. @param known markers of the catalogue. */
export async function look(processes: readonly SeenProcess[], init: Partial<ScanInit> = {}, known = markers) {
  const components = { processes: { environmentNames: async () => undefined }, details: detailsOf(processes) }
  return await unknownAgents(components, known).scan(processes, scanInit(init))
}
