import type { HumanSummary } from '../../protocol/nouns/people/human-summary.ts'

/** What belongs to a human, besides stops. */
export type HumansThings = Omit<HumanSummary, 'human' | 'stops' | 'stopsMade'>

export interface HumanSummaryStore {
  /** All parts are of one moment. */
  of(human: string, now: number): Promise<HumansThings>
}
