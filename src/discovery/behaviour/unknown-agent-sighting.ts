import type { AgentSighting, User } from '../../protocol/sighting.ts'
import { boundedText } from '../bounded-text.ts'
import type { ProcessRecord } from '../process-record.ts'
import { sightingId } from '../sighting-id.ts'
import type { Parts } from './parts.ts'
import { programName } from './program-name.ts'
import type { Verdict } from './signals.ts'

/** Its id is the one it will have when a catalogue knows it: it stays the same agent. */
export function unknownAgentSighting(
  init: { readonly bootId: string; userOf(uid: number): User },
  process: ProcessRecord,
  { score, signals }: Verdict,
  { parts, moreCount }: Parts,
): AgentSighting {
  const { pid, startTicks, parentPid, executable = '' } = process
  const program = programName(process)
  const what =
    program === undefined || program.path === executable
      ? `executable ${executable}`
      : `script ${program.path} run by ${executable}`
  return {
    kind: 'agent',
    id: sightingId('agent-process', init.bootId, pid, startTicks),
    name: boundedText(program?.name ?? process.comm, 256),
    user: init.userOf(process.uid),
    evidence: [boundedText(what, 400), ...signals.map(({ detail }) => detail)].slice(0, 16),
    state: 'running',
    agentKind: 'unknown',
    process: { pid, startTicks, bootId: init.bootId, parentPid, executable: executable.slice(0, 4096) },
    parts: [...parts],
    ...(moreCount === 0 ? {} : { morePartsCount: moreCount }),
    score,
    signals: [...signals],
  }
}
