import type { Summary } from '../../protocol/api-directory.ts'

export type Counts = Omit<Summary, 'time' | 'version'>

export interface SummaryStore {
  counts(now: number): Counts
}
