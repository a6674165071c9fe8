import type { AgentPart, AgentSighting, Autonomy, User } from '../../protocol/sighting.ts'
import type { ProcessDetails } from '../../system/processes/process-details.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { attributionOf } from '../running/attribution.ts'
import { containerOf } from '../running/container.ts'
import { workspaceAt } from '../running/named-folders.ts'
import { type FamilyTree, standsAlone } from './family-tree.ts'
import { namesMcpServer } from './mcp-child.ts'
import { programName, sameProgram } from './program-name.ts'
import { autonomyFlagOf, type Verdict } from './signals.ts'
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

const MAX_PARTS = 64

interface Parts {
  readonly parts: readonly AgentPart[]
  /** Number of parts beyond `MAX_PARTS`. */
  readonly moreCount: number
}

interface Found {
  readonly process: ProcessRecord
  readonly role: AgentPart['role']
  readonly because: string
}

/** Processes of an agent: itself first, then others of its program, then their children. */
function partsOf(tree: FamilyTree, { leader, members, tools }: Suspect): Parts {
  const parts: AgentPart[] = []
  const seen = new Set<number>()
  let moreCount = 0
  const queue: Found[] = [
    { process: leader, role: 'agent', because: 'the first process of the program' },
    ...[...members.values()].map((process) => ({ process, role: 'helper' as const, because: 'the same program' })),
    // Tools whose parent has ended. Others are found as children below.
    ...tools.filter((tool) => tree.parentOf(tool)?.ended === true).map(orphan),
  ]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { process, role, because } = next
    if (seen.has(process.pid)) continue
    seen.add(process.pid)
    if (parts.length < MAX_PARTS) parts.push(partOf(process, role, because))
    else moreCount++
    for (const child of tree.childrenOf(process)) {
      queue.push({ process: child, role: roleBelow(role, process, child), because: `child of ${process.pid}` })
    }
  }
  return { parts, moreCount }
}

function orphan(process: ProcessRecord): Found {
  return { process, role: 'tool', because: `forked by ${process.forkedBy?.pid ?? 0}, which has ended` }
}

function roleBelow(role: AgentPart['role'], parent: ProcessRecord, child: ProcessRecord): AgentPart['role'] {
  if (role === 'tool' || role === 'mcp-server') return role
  if (standsAlone(child)) return sameProgram(child, parent) ? 'helper' : 'tool'
  return child.sessionId === parent.sessionId && namesMcpServer(child) ? 'mcp-server' : 'helper'
}

function partOf(process: ProcessRecord, role: AgentPart['role'], because: string): AgentPart {
  const { pid, startTicks, parentPid, executable = '' } = process
  return { role, pid, startTicks, parentPid, executable: executable.slice(0, 4096), because }
}
