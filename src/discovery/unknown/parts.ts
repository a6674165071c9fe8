import type { AgentPart } from '../../protocol/sighting.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { standsAlone } from './detached-child.ts'
import type { FamilyTree } from './family-tree.ts'
import { namesMcpServer } from './mcp-child.ts'
import { sameProgram } from './program-name.ts'
import type { Suspect } from './suspects.ts'

const MAX_PARTS = 64

export interface Parts {
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
export function partsOf(tree: FamilyTree, { leader, members, tools }: Suspect): Parts {
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
