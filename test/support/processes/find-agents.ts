import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { ConfiguredServers } from '../../../src/discovery/mcp/configured-servers.ts'
import { MatchMemory } from '../../../src/discovery/running/agent-marks.ts'
import { SeenEndpoints } from '../../../src/discovery/running/endpoints.ts'
import {
  findRunningAgents,
  type RunningAgentsComponents,
  type RunningAgentsInit,
} from '../../../src/discovery/running/running-agents.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'

type Details = NonNullable<RunningAgentsComponents['details']>

const INDEX = indexAgents(builtInCatalogue())

export interface FindAgentsInit extends Partial<RunningAgentsInit> {
  readonly details?: Partial<Details>
  readonly seen?: SeenEndpoints
  readonly matches?: MatchMemory
  readonly handOffs?: RunningAgentsComponents['handOffs']
}

/** The running agents among `records`, where nothing else is known but what `init` says. */
export function findAgents(
  records: readonly ProcessRecord[],
  { details, seen = new SeenEndpoints(), matches = new MatchMemory(), handOffs, ...init }: FindAgentsInit = {},
): AgentSighting[] {
  return findRunningAgents(
    {
      details: {
        standing: () => undefined,
        streams: () => undefined,
        sockets: () => new Map(),
        executableNow: () => undefined,
        logins: () => [],
        ownPidNamespace: 'pid:[1]',
        insideWsl: false,
        ...details,
      },
      endpoints: seen,
      matches,
      handOffs,
    },
    {
      index: INDEX,
      modelPorts: INDEX.modelPorts.among([]),
      bootId: 'boot',
      homes: ['/home/alice', '/root'],
      nowMs: 0,
      servers: new ConfiguredServers([], ''),
      states: [],
      isHomeRead: () => true,
      userOf: (id) => ({ id, name: id === '1000' ? 'alice' : id }),
      installed: () => false,
      versionAt: () => undefined,
      ...init,
    },
    records,
  )
}

/** Role and pid of each part. */
export function partsIn(sighting: AgentSighting | undefined): string[] {
  return (sighting?.parts ?? []).map(({ role, pid }) => `${role} ${pid}`)
}
