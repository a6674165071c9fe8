import type { AgentSighting, McpServerSighting, Sighting } from '../../protocol/sighting.ts'
import { recordBounded } from '../activity/activity.ts'
import { noteLaunch } from '../seen/take-in.ts'
import type { EvidenceStore, SightingBefore } from './evidence-store.ts'

export interface ReportedSighting {
  readonly sighting: Sighting
  readonly before: SightingBefore
  /** The device's first full snapshot is complete and covered this location, so a thing that it never had is new. */
  readonly canBeNew: boolean
  readonly at: number
}

/** Records activity that a human may want to see. It is bounded, because a device can cause any amount of it. */
export function recordSightingActivity(store: EvidenceStore, device: string, reported: ReportedSighting): void {
  const { sighting, before } = reported
  if (before.same) return
  if (sighting.kind === 'agent') recordAgent(store, device, sighting, reported)
  else if (sighting.kind === 'mcp-server') recordLaunch(store, device, sighting, reported)
}

function recordAgent(store: EvidenceStore, device: string, agent: AgentSighting, reported: ReportedSighting): void {
  const { before, canBeNew, at } = reported
  const { id, name, version, state, catalogueId } = agent
  const detail = { sighting: id, name, version, state, agent: catalogueId, user: agent.user?.name }
  const unknown = agent.agentKind === 'unknown' || catalogueId === undefined
  // An unknown agent needs a human even if it was there before the first snapshot.
  if (!before.isKnown && (unknown || canBeNew)) {
    const kind = unknown ? 'unknown-agent-appeared' : 'agent-appeared'
    recordBounded(store, { at, kind, device, detail: unknown ? { ...detail, score: agent.score } : detail })
  }
  // An agent that its user starts autonomously all day is recorded once a day.
  const { isThere = false, wasAutonomous = false } = before.ofUser ?? {}
  if (agent.autonomy?.level === 'autonomous' && !wasAutonomous && (isThere || canBeNew)) {
    const because = agent.autonomy.because.map(({ by, name: what }) => `${by} ${what}`).join(', ')
    recordBounded(store, {
      at,
      kind: 'agent-autonomous',
      device,
      detail: { ...detail, because: because.slice(0, 500) },
    })
  }
}

/** Records that the same entry of the same configuration starts something else than before. */
function recordLaunch(
  store: EvidenceStore,
  device: string,
  server: McpServerSighting,
  reported: ReportedSighting,
): void {
  const { launchHash: was } = reported.before
  const { id, name, client, configuration, launchHash } = server
  if (was === undefined || was === launchHash) return
  noteLaunch(store.seen, device, server, was)
  const detail = { sighting: id, name, client, configuration, before: was, after: launchHash, user: server.user?.name }
  recordBounded(store, { at: reported.at, kind: 'mcp-launch-changed', device, detail })
}
