import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { EventStore } from '../activity/activity.ts'
import type { Results } from '../devices/results.ts'
import type { Decision, DecisionStore } from './decision.ts'
import type { EnrolmentStore } from './enrolment-store.ts'

export interface DecisionsComponents {
  readonly store: DecisionStore &
    EventStore &
    Pick<EnrolmentStore, 'transaction' | 'deviceByKey' | 'deviceByEndorsement'>
  readonly clock: Pick<Clock, 'now'>
  readonly results: Results
  /** After the commit: sessions of the device that wait, or that the new epoch has ended. */
  readonly settled: (decision: Decision, outcome: 'approve' | 'deny') => void
}

export interface Decisions {
  /** @throws `NOT_FOUND`, `CONFLICT` when it was decided otherwise before, or its key or TPM is another device's by now. */
  decide(id: string, outcome: 'approve' | 'deny', actor: string): void
}

export function decisions({ store, clock, results, settled }: DecisionsComponents): Decisions {
  const settle = (id: string, state: 'approved' | 'denied', actor: string) => {
    const at = clock.now()
    const decision = store.decision(id)
    store.settleDecision(id, { state, at, by: actor })
    store.record({ at, kind: `decision-${state}`, device: decision?.device, actor, detail: { decision: id } })
  }
  return {
    decide(id, outcome, actor) {
      const state = outcome === 'approve' ? 'approved' : 'denied'
      const decision = store.transaction(() => {
        const found = store.decision(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no decision ${id}`)
        if (found.state === state) return undefined
        if (found.state !== 'pending') throw new SuretyError('CONFLICT', `the decision was ${found.state} before`)
        if (state === 'approved') requireOwnKeys(store, found)
        settle(id, state, actor)
        if (state === 'approved') {
          // Approving a later epoch says no to the earlier ones that still wait.
          for (const earlier of store.pendingBelow(found.device, found.epoch)) settle(earlier, 'denied', actor)
          store.adoptDecision(found, clock.now())
          results.refresh(found.device)
        }
        return found
      })
      if (decision !== undefined) settled(decision, outcome)
    },
  }
}

/**
 * While it waited, another device may have enrolled with its key or its TPM, which nobody had then.
 *
 * @throws `CONFLICT`.
 */
function requireOwnKeys(store: DecisionsComponents['store'], { device, applicationKey, endorsement }: Decision): void {
  const byEndorsement = endorsement && store.deviceByEndorsement(endorsement.publicHash)
  const holder = [store.deviceByKey(applicationKey), byEndorsement].find(
    (one) => one !== undefined && one.id !== device,
  )
  if (holder === undefined) return
  throw new SuretyError('CONFLICT', `its key or TPM is that of ${holder.id} by now: it can only be denied`)
}
