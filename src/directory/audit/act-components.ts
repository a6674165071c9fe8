import type { Clock } from '../../base/clock.ts'
import type { AuditStore } from './audit.ts'

/** What every service that acts is given: the time, and stores that change in one transaction with the record of the act. */
export interface ActComponents<Stores = object> {
  readonly clock: Pick<Clock, 'now'>
  readonly store: Stores & {
    readonly audit: AuditStore
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
}
