import type { AgentSighting } from '../../protocol/sighting.ts'
import type { AgentIndex } from '../matching/agent-index.ts'
import { matchProcess } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/**
 * Returns a test for agents of the catalogue and their parts. A process that only shares a name with one and was not
 * found as an agent is judged like any other; so is a tool of an agent.
 */
export function knownAgentTest(
  known: { readonly index: AgentIndex; readonly homes: readonly string[] },
  found: readonly AgentSighting[],
): (process: ProcessRecord) => boolean {
  const pids = new Set<number>()
  for (const { process, parts = [] } of found) {
    if (process !== undefined) pids.add(process.pid)
    for (const { pid, role } of parts) if (role !== 'tool') pids.add(pid)
  }
  return (process) => {
    if (pids.has(process.pid)) return true
    const match = matchProcess(known.index, process, known.homes)
    return match?.of === 'agent' && !match.needsSupport
  }
}
