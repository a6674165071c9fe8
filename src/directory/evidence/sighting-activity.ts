import type { AgentSighting, McpServerSighting, Sighting } from '../../protocol/sighting.ts'
import { recordBounded } from '../activity/activity.ts'
import type { EvidenceStore, SightingBefore } from './evidence-store.ts'

/** Who starts it like that all day is told of once. */
const DAY_MS = 86_400_000

export interface ToldSighting {
  readonly sighting: Sighting
  readonly before: SightingBefore
  /** All of the device was told before, and where this lies was read: what it never had is new, and not merely new to us. */
  readonly canBeNew: boolean
  readonly at: number
}

/** Puts on the record what a human may want to look at, bounded like all that a device can cause at will. */
export function recordNews(store: EvidenceStore, device: string, told: ToldSighting): void {
  const { sighting, before } = told
  if (before.same) return
  if (sighting.kind === 'agent') recordAgent(store, device, sighting, told)
  else if (sighting.kind === 'mcp-server') recordLaunch(store, device, sighting, told)
}

function recordAgent(store: EvidenceStore, device: string, agent: AgentSighting, told: ToldSighting): void {
  const { before, canBeNew, at } = told
  const { id, name, version, state, catalogueId } = agent
  const detail = { sighting: id, name, version, state, agent: catalogueId, user: agent.user?.name }
  const unknown = agent.agentKind === 'unknown' || catalogueId === undefined
  // An unknown one needs a human also where it was there before us.
  if (before.item === undefined && (unknown || canBeNew)) {
    const kind = unknown ? 'unknown-agent-appeared' : 'agent-appeared'
    recordBounded(store, { at, kind, device, detail: unknown ? { ...detail, score: agent.score } : detail })
  }
  const lately = before.item === undefined ? !canBeNew : at - (before.item.autonomousAt ?? 0) < DAY_MS
  if (agent.autonomy?.level === 'autonomous' && !lately) {
    const because = agent.autonomy.because.map(({ by, name: what }) => `${by} ${what}`).join(', ')
    recordBounded(store, {
      at,
      kind: 'agent-autonomous',
      device,
      detail: { ...detail, because: because.slice(0, 500) },
    })
  }
}

/** The same entry of the same configuration starts something else than before. */
function recordLaunch(store: EvidenceStore, device: string, server: McpServerSighting, told: ToldSighting): void {
  const { launchHash: was } = told.before
  const { id, name, client, configuration, launchHash } = server
  if (was === undefined || was === launchHash) return
  const detail = { sighting: id, name, client, configuration, before: was, after: launchHash, user: server.user?.name }
  recordBounded(store, { at: told.at, kind: 'mcp-launch-changed', device, detail })
}
