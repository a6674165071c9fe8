import type { AgentSighting, Autonomy, User } from '../../protocol/sighting.ts'
import type { ProcessDetails } from '../../system/processes/process-details.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { attributionOf } from '../running/attribution.ts'
import { containerOf } from '../running/container.ts'
import { workspaceAt } from '../running/named-folders.ts'
import { autonomyFlagOf } from './autonomy-flag.ts'
import type { FamilyTree } from './family-tree.ts'
import { partsOf } from './parts.ts'
import { programName } from './program-name.ts'
import type { Verdict } from './signals.ts'
import type { Suspect } from './suspects.ts'

export interface SightingInit {
  readonly bootId: string
  userOf(userId: string): User
}

/** The id stays the same when a later catalogue knows the agent. */
export function unknownAgentSighting(
  { details }: { readonly details?: ProcessDetails | undefined },
  { bootId, userOf }: SightingInit,
  found: { readonly tree: FamilyTree; readonly suspect: Suspect; readonly verdict: Verdict },
): AgentSighting {
  const { tree, suspect, verdict } = found
  const { leader } = suspect
  const { pid, startTicks, parentPid, executable = '', environmentNames = [] } = leader
  const standing = details?.standing(leader)
  const workspace = workspaceAt(standing?.workingFolder ?? leader.workingFolder)?.slice(0, 4096)
  const { ownPidNamespace, insideWsl = false } = details ?? {}
  const container =
    standing === undefined ? undefined : containerOf({ standing, ownPidNamespace, insideWsl, environmentNames })
  const logins = details?.logins() ?? []
  const { parts, moreCount } = partsOf(tree, suspect)
  const program = suspect.script ?? programName(leader)
  const what =
    program === undefined || program.path === executable
      ? `executable ${executable}`
      : `script ${program.path} run by ${executable}`
  const autonomy = autonomyOf(suspect)
  return {
    kind: 'agent',
    id: sightingId('agent-process', bootId, pid, startTicks),
    name: boundedText(program?.name ?? leader.comm, 256),
    user: userOf(leader.userId),
    evidence: [boundedText(what, 400), ...verdict.signals.map(({ detail }) => detail)].slice(0, 16),
    state: 'running',
    agentKind: 'unknown',
    process: { pid, startTicks, bootId, parentPid, executable: executable.slice(0, 4096) },
    ...(autonomy === undefined ? {} : { autonomy }),
    ...(workspace === undefined ? {} : { workspace }),
    attribution: attributionOf({ tree, leader, isDesktopProgram: false, standing, logins, userOf }),
    parts: [...parts],
    ...(moreCount === 0 ? {} : { morePartsCount: moreCount }),
    ...(container === undefined ? {} : { container }),
    score: verdict.score,
    signals: [...verdict.signals],
  }
}

function autonomyOf({ origin, leader }: Suspect): Autonomy | undefined {
  const name = autonomyFlagOf(origin) ?? autonomyFlagOf(leader)
  return name === undefined ? undefined : { level: 'autonomous', because: [{ by: 'flag', name }] }
}
