import type { RegistrationView } from '../../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import type { Device } from '../../../protocol/nouns/devices/devices.ts'
import type { AgentSighting, McpServerSighting } from '../../../protocol/sighting.ts'
import { counted, isProvenKey } from '../../data/words.ts'
import { hostOf, seenName, serverReach, serverRisks, toolWords } from '../../seen/seen-words.ts'

/** The chain of one agent: who answers for it, its device, itself, and the MCP servers that it may use. */

export interface ChainNode {
  readonly id: string
  readonly kind: 'person' | 'device' | 'agent' | 'server' | 'more'
  readonly name: string
  /** What is known of it. */
  readonly about: string
  /** More of it, for which the picture has no room. */
  readonly more?: readonly string[]
  /** How that is known. Absent: somebody only proposes it. */
  readonly known?: 'proven' | 'reported' | 'decided'
  readonly state?: 'frozen' | 'risky'
  /** Where more is said about it. */
  readonly href: string
}

export interface Chain {
  readonly nodes: readonly ChainNode[]
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

export interface ChainFacts {
  readonly agent: SeenAgentView
  readonly sighting: AgentSighting | undefined
  readonly servers: readonly McpServerSighting[]
  readonly device: Device | undefined
  readonly registration: RegistrationView | undefined
}

/** Servers in the picture. The table has all. */
const DRAWN = 10

/** @param isWhole with every server, for the table. */
export function chainOf(facts: ChainFacts, isWhole: boolean): Chain {
  const servers = facts.servers.map(serverNode)
  const drawn =
    isWhole || servers.length <= DRAWN
      ? servers
      : [...servers.slice(0, DRAWN - 1), moreNode(servers.length - DRAWN + 1)]
  const line = [personNode(facts), deviceNode(facts), agentNode(facts)]
  return {
    nodes: [...line, ...drawn],
    edges: [
      { from: 'person', to: 'device' },
      { from: 'device', to: 'agent' },
      ...drawn.map(({ id }) => ({ from: 'agent', to: id })),
    ],
  }
}

function personNode({ agent, registration }: ChainFacts): ChainNode {
  const { human, proposedOwner, deviceOwner } = agent
  const node = { id: 'person', kind: 'person' } as const
  if (registration?.owner !== undefined) {
    const name = registration.ownerName ?? registration.owner
    return { ...node, name, about: 'answers for it', known: 'decided', href: `/people/${registration.owner}` }
  }
  if (human !== undefined) {
    const about = human.confirmed ? 'it is on their account' : 'perhaps their account'
    const href = `/people/${human.id}`
    return { ...node, name: human.name, about, href, ...(human.confirmed ? { known: 'decided' } : {}) }
  }
  if (proposedOwner !== undefined) {
    return { ...node, name: proposedOwner.name, about: 'owner of the device', href: `/people/${proposedOwner.id}` }
  }
  return { ...node, name: deviceOwner, about: 'owner of the device', href: '/people' }
}

function deviceNode({ agent, device }: ChainFacts): ChainNode {
  const isProven = device !== undefined && isProvenKey(device.tier)
  return {
    id: 'device',
    kind: 'device',
    name: hostOf(agent),
    about:
      device === undefined ? 'reports it' : isProven ? `key proven: ${device.tier}` : `key not proven: ${device.tier}`,
    known: isProven ? 'proven' : 'reported',
    href: `/devices/${agent.device}`,
  }
}

function agentNode({ agent, sighting }: ChainFacts): ChainNode {
  const { frozen, running, present, product } = agent
  const parts = sighting?.parts
  const processes =
    parts === undefined ? '' : `, ${counted(parts.length + (sighting?.morePartsCount ?? 0), 'process', 'processes')}`
  const state = frozen > 0 ? 'FROZEN' : running > 0 ? 'running' : present > 0 ? 'installed' : 'not there any more'
  return {
    id: 'agent',
    kind: 'agent',
    name: seenName(agent),
    about: `${state}${processes}`,
    known: 'reported',
    ...(frozen > 0 ? { state: 'frozen' } : {}),
    href: `/agents/${encodeURIComponent(product)}`,
  }
}

function serverNode(server: McpServerSighting): ChainNode {
  const { id, name, transport, enabled } = server
  const [worst] = serverRisks(server)
  const tools = toolWords(server)
  const reach = serverReach(server)
  const about =
    enabled === false ? 'switched off' : (worst ?? (reach === undefined ? transport : `${transport} · ${reach}`))
  return {
    id: `server ${id}`,
    kind: 'server',
    name,
    about,
    ...(tools.length === 0 ? {} : { more: tools }),
    known: 'reported',
    ...(worst === undefined || enabled === false ? {} : { state: 'risky' }),
    href: `/mcp-servers/${encodeURIComponent(name)}`,
  }
}

function moreNode(count: number): ChainNode {
  return {
    id: 'more',
    kind: 'more',
    name: `and ${count} more`,
    about: 'in the table',
    known: 'reported',
    href: '#chain-table',
  }
}

/** Where an arrow leads: along an edge, or to the neighbour that hangs on the same. Undefined: nowhere. */
export function walk({ nodes, edges }: Chain, at: string, key: string): string | undefined {
  if (key === 'ArrowRight') return edges.find(({ from }) => from === at)?.to
  const above = edges.find(({ to }) => to === at)?.from
  if (key === 'ArrowLeft') return above
  if (key === 'Home') return nodes[0]?.id
  const by = { ArrowDown: 1, ArrowUp: -1 }[key]
  if (by === undefined) return undefined
  const row = edges.filter(({ from }) => from === above).map(({ to }) => to)
  return row[row.indexOf(at) + by]
}
