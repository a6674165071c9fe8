import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { DeviceSighting } from '../../protocol/nouns/devices/devices.ts'
import type { SeenMcpServer } from '../../protocol/nouns/devices/fleet.ts'
import type { AgentSighting, McpServerSighting } from '../../protocol/sighting.ts'
import { queryText } from '../data/api.ts'
import { useAnswer } from '../data/use-answer.ts'

/** Servers of one device that are asked for. */
const MOST_SERVERS = 200

/** What the device says of the one that is shown of it. Undefined until it is known. */
export function useSighting({ device, sighting }: SeenAgentView): AgentSighting | undefined {
  const { data } = useAnswer<DeviceSighting>(`/devices/${device}/sightings/${sighting}`, { enabled: sighting !== '' })
  return data?.sighting.kind === 'agent' ? data.sighting : undefined
}

/** MCP servers that its settings name. Undefined until they are known. */
export function useServers({ device, product, user }: SeenAgentView): readonly McpServerSighting[] | undefined {
  const { data } = useAnswer<{ readonly items: readonly SeenMcpServer[] }>(
    `/mcp-servers${queryText({ device, limit: MOST_SERVERS })}`,
  )
  return data?.items
    .map(({ sighting }) => sighting)
    .filter((server) => server.client === product && (server.user === undefined || server.user.id === user?.id))
}
