import type {
  RegistrationChange,
  RegistrationState,
  RegistrationView,
  RequestedState,
} from '../../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../protocol/nouns/agents/seen-agents.ts'
import { dayOf, endOfDay } from '../../data/days.ts'
import { counted } from '../../data/words.ts'

/** What can be done with a registration in its state, and what each act sends. */

export interface Move {
  readonly to: RequestedState
  readonly label: string
  readonly about: string
  readonly tone: 'main' | 'ice' | 'danger'
}

const MOVES: Readonly<Record<RequestedState, Omit<Move, 'to'>>> = {
  active: {
    label: 'Resume',
    about: 'Its agents run again on each device as soon as the device is connected.',
    tone: 'main',
  },
  suspended: { label: 'Suspend', about: 'Its agents are frozen until it is resumed.', tone: 'ice' },
  quarantined: {
    label: 'Quarantine',
    about: 'Its agents are frozen, and it is marked as not to be trusted, until it is resumed.',
    tone: 'ice',
  },
  retiring: { label: 'Retire', about: 'Its agents are ended on each device. It cannot be resumed.', tone: 'danger' },
}

/** States that a person may bring it to. One that is proposed is accepted instead of resumed. */
const ALLOWED: Readonly<Record<RegistrationState, readonly RequestedState[]>> = {
  provisioning: ['retiring'],
  active: ['suspended', 'quarantined', 'retiring'],
  suspended: ['active', 'quarantined', 'retiring'],
  quarantined: ['active', 'suspended', 'retiring'],
  retiring: [],
  retired: [],
}

export function movesOf(state: RegistrationState): readonly Move[] {
  return ALLOWED[state].map((to) => ({ to, ...MOVES[to] }))
}

/** `Suspend and freeze 3 agents`. What runs now is as its devices last reported. */
export function moveAct({ to, label }: Move, agents: readonly Pick<SeenAgentView, 'running' | 'frozen'>[]): string {
  const sum = (of: (agent: Pick<SeenAgentView, 'running' | 'frozen'>) => number) =>
    agents.reduce((total, agent) => total + of(agent), 0)
  if (to === 'active') {
    const frozen = sum(({ frozen: count }) => count)
    return frozen === 0 ? label : `${label} ${counted(frozen, 'agent')}`
  }
  const running = sum(({ running: count }) => count)
  if (running === 0) return label
  return `${label} and ${to === 'retiring' ? 'end' : 'freeze'} ${counted(running, 'agent')}`
}

/** Texts of a form. Days are as `2027-12-01`; what is empty is not set. */
export interface ChangeFields {
  readonly name: string
  readonly purpose: string
  readonly successor: string
  readonly ends: string
  readonly review: string
  readonly mayAct: '' | 'asks' | 'autonomous'
}

export function changeFieldsOf(registration: RegistrationView): ChangeFields {
  const { name, purpose, successor, successorName, expiresAt, reviewAt, autonomyCeiling } = registration
  const day = (at: number | undefined) => (at === undefined ? '' : dayOf(new Date(at)))
  return {
    name,
    purpose,
    successor: successorName ?? successor ?? '',
    ends: day(expiresAt),
    review: day(reviewAt),
    mayAct: autonomyCeiling ?? '',
  }
}

/** Only what differs, so that what somebody else changed meanwhile is refused and not lost. Undefined: nothing differs. */
export function changeRequest(registration: RegistrationView, fields: ChangeFields): RegistrationChange | undefined {
  const before = changeFieldsOf(registration)
  const differs = (member: keyof ChangeFields) => fields[member].trim() !== before[member]
  const dayOrNull = (day: string) => (day === '' ? null : endOfDay(day))
  const change: RegistrationChange = {
    ...(differs('name') ? { name: fields.name.trim() } : {}),
    ...(differs('purpose') ? { purpose: fields.purpose.trim() } : {}),
    ...(differs('successor') ? { successor: fields.successor.trim() === '' ? null : fields.successor.trim() } : {}),
    ...(differs('ends') ? { expiresAt: dayOrNull(fields.ends) } : {}),
    ...(differs('review') ? { reviewAt: dayOrNull(fields.review) } : {}),
    ...(differs('mayAct') ? { autonomyCeiling: fields.mayAct === '' ? null : fields.mayAct } : {}),
  }
  return Object.keys(change).length === 0 ? undefined : { ...change, expectVersion: registration.version }
}
