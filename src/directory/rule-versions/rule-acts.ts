import type { Clock } from '../../base/clock.ts'
import type { Registrations } from '../registrations/registrations.ts'
import type { RegisterStops } from '../stops/register-stops.ts'
import type { Changes } from '../workers/changes.ts'
import type { RuleActs } from './deciding.ts'

export interface RuleActsComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly registrations: Pick<Registrations, 'create' | 'move'>
  readonly stops: Pick<RegisterStops, 'block'>
  readonly changes: Pick<Changes, 'of'>
}

/** What rules do, as a person would. */
export function ruleActs({ clock, registrations, stops, changes }: RuleActsComponents): RuleActs {
  return {
    register: ({ subject }, request, by) => registrations.create(request, { person: by, device: subject.device }),
    async quarantine(registration, reason, by) {
      await registrations.move(registration, 'quarantined', { reason, by })
    },
    async block({ product, subject }, reason, by) {
      const id = await stops.block({ device: subject.device, product, reason, at: clock.now(), by })
      changes.of('stops')
      return { id }
    },
  }
}
