import type { AgentOnDevice, CheckChange } from '../../protocol/nouns/devices/timeline.ts'
import type { DirectoryEvent } from '../../protocol/nouns/directory/events.ts'

/** Of one device: both times belong to the span. */
export interface Span {
  readonly since: number
  readonly until: number
  readonly limit: number
}

/** What happened on one device, newest first. */
export interface TimelineStore {
  events(device: string, span: Span): Promise<readonly DirectoryEvent[]>
  /** Checks whose state changed at a time, together. */
  checks(device: string, span: Span): Promise<readonly { readonly at: number; readonly changes: CheckChange[] }[]>
  agents(
    device: string,
    span: Span,
  ): Promise<
    readonly { readonly at: number; readonly what: 'agent-appeared' | 'agent-left'; readonly agent: AgentOnDevice }[]
  >
  /** Agents that were there at a time, as far as they are not forgotten. */
  agentsAt(device: string, at: number): Promise<readonly AgentOnDevice[]>
  /** Before this time states of checks may be missing. 0: none is. */
  checksFrom(device: string): Promise<number>
}
