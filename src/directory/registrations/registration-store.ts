import type { RegistrationCriteria, RegistrationScope } from '../../protocol/nouns/agents/registration-criteria.ts'
import type {
  RegistrationCounts,
  RegistrationCreator,
  RegistrationState,
} from '../../protocol/nouns/agents/registrations.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

export interface NewRegistration {
  readonly id: string
  readonly name: string
  readonly state: RegistrationState
  readonly stateAt: number
  readonly stateReason?: string | undefined
  /** Id of the human who answers for it. */
  readonly owner?: string | undefined
  readonly successor?: string | undefined
  readonly successorAcceptedAt?: number | undefined
  readonly contact?: string | undefined
  readonly criteria: RegistrationCriteria
  readonly versions?: readonly string[] | undefined
  readonly purpose: string
  readonly scope: RegistrationScope
  readonly autonomyCeiling?: 'asks' | 'autonomous' | undefined
  readonly single: boolean
  readonly reviewAt?: number | undefined
  readonly expiresAt?: number | undefined
  /** The stop that holds it. */
  readonly stop?: string | undefined
  readonly creator: RegistrationCreator
  /** What was granted or approved before is void. */
  readonly authorizationCutoff?: number | undefined
  readonly createdAt: number
}

export interface Registration extends NewRegistration {
  /** Rises with each registration. */
  readonly number: number
  readonly usedAt?: number | undefined
  /** Rises with each change. */
  readonly version: number
  readonly changedAt: number
}

/** Names of its people. */
export interface RegistrationNames {
  readonly ownerName?: string | undefined
  readonly ownerUserName?: string | undefined
  readonly successorName?: string | undefined
}

export interface RegistrationMove {
  readonly state: RegistrationState
  readonly reason: string
  readonly at: number
  /** Absent: no stop holds it. */
  readonly stop?: string | undefined
}

export const FOLLOWING = ['stop', 'claim', 'review', 'identity provider'] as const
export type Following = (typeof FOLLOWING)[number]

export interface RegistrationStore {
  get(id: string): Promise<Registration | undefined>
  /** @throws `CONFLICT` for one that is active without a living owner. @returns it with its number. */
  add(registration: NewRegistration): Promise<Registration>
  /**
   * Replaces everything but id, state and stop, and raises the version.
   *
   * @throws `VERSION_STALE` if the stored version is not `expectVersion`.
   */
  update(
    registration: Registration,
    options: { readonly at: number; readonly expectVersion?: number | undefined },
  ): Promise<void>
  /** @throws `CONFLICT` for a transition that the database does not have, and for an active one without a living owner. */
  move(id: string, move: RegistrationMove): Promise<void>
  /** An instance ran or left a trace then. */
  used(id: string, at: number): Promise<void>
  /** Those that may match and have not ended, the most specific first, then the oldest. `human`: undefined for nobody known. */
  candidates(facts: {
    readonly item: string
    readonly device: string
    readonly human?: string | undefined
  }): Promise<readonly Registration[]>
  /** Those that have not ended, by number. */
  ownedBy(
    human: string,
    page: { readonly after?: number | undefined; readonly limit: number },
  ): Promise<readonly Registration[]>
  /** What this human accepted to get is not accepted any more. */
  voidAcceptances(human: string, at: number): Promise<void>
  /** Humans who would get a registration of this one, if they accept. */
  successorsOf(human: string): Promise<readonly string[]>
  /** What else in the register names it. */
  following(registration: Pick<Registration, 'id' | 'number'>): Promise<readonly Following[]>
  /** Those in state `retiring` whose stop every device in scope has answered. */
  endedOnDevices(limit: number): Promise<readonly Registration[]>
  /** Newest first. `owner` and `human` are ids; `product`, `device` and `human` are of the criteria. */
  list(request: ListRequest): Promise<Listed<Registration & RegistrationNames>>
  /** Ids of those of the human that end when they leave, because no active successor accepted them. */
  ending(human: string): Promise<readonly string[]>
  /** Those that have not ended and were made after this time. */
  newCount(after: number): Promise<number>
  /** By state. Kept, not counted. */
  counts(): Promise<RegistrationCounts>
}
