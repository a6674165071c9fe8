import type { AgentSighting } from '../../protocol/sighting.ts'
import type { AgentIndex } from '../matching/agent-index.ts'
import { matchProcess } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/**
 * Is a process an agent of the catalogue, or what it keeps beside it? What only shares a name with one, and was not told,
 * is judged as any other; so is what an agent runs as a tool.
 */
export function knownAgentTest(
  known: { readonly index: AgentIndex; readonly homes: readonly string[] },
  told: readonly AgentSighting[],
): (process: ProcessRecord) => boolean {
  const pids = new Set<number>()
  for (const { process, parts = [] } of told) {
    if (process !== undefined) pids.add(process.pid)
    for (const { pid, role } of parts) if (role !== 'tool') pids.add(pid)
  }
  return (process) => {
    if (pids.has(process.pid)) return true
    const match = matchProcess(known.index, process, known.homes)
    return match?.of === 'agent' && !match.needsSupport
  }
}
