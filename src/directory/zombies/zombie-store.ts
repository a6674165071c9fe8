import type { Verdict } from '../../protocol/messages/attestation-result.ts'
import type { RegistrationState } from '../../protocol/nouns/agents/registrations.ts'
import type { Zombie, ZombieDone, ZombieReason } from '../../protocol/nouns/agents/zombies.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A registration with all that decides whether it is a zombie. */
export interface SweptRegistration {
  readonly number: number
  readonly id: string
  readonly name: string
  readonly state: RegistrationState
  readonly owner?: string | undefined
  readonly ownerName?: string | undefined
  readonly ownerIsActive: boolean
  readonly expiresAt?: number | undefined
  readonly reviewAt?: number | undefined
  /** When an instance last ran or left a trace, or else when it was registered. */
  readonly usedAt: number
  /** Only one running instance is expected. */
  readonly single: boolean
  readonly running: number
  /** The first day without support of its product, as `YYYY-MM-DD`. */
  readonly endOfLife?: string | undefined
  /** Of a registration for one device. */
  readonly device?:
    | { readonly retired: boolean; readonly heardAt?: number | undefined; readonly verdict: Verdict }
    | undefined
  /** What the last sweep found. */
  readonly zombie?: { readonly reasons: readonly ZombieReason[]; readonly done: ZombieDone } | undefined
}

export interface Sweep {
  readonly startedAt?: number | undefined
  readonly finishedAt?: number | undefined
  /** Registrations up to this number are done. */
  readonly after: number
  readonly lookedAt: number
}

export interface FoundZombie {
  readonly registration: string
  readonly number: number
  readonly reasons: readonly ZombieReason[]
  readonly done: ZombieDone
  readonly at: number
  readonly code?: string | undefined
}

export interface ZombieStore {
  sweep(): Promise<Sweep>
  putSweep(sweep: Sweep): Promise<void>
  /** Registrations that have not ended, by number. Verdicts are those of `now`. */
  registrations(page: {
    readonly after: number
    readonly limit: number
    readonly now: number
  }): Promise<readonly SweptRegistration[]>
  /** Keeps since when it is a zombie. */
  put(zombie: FoundZombie): Promise<void>
  remove(registration: string): Promise<void>
  /** By number of the registration. */
  list(request: ListRequest): Promise<Listed<Zombie>>
  /** Kept, not counted. `registrations`: that have not ended. */
  counts(): Promise<{
    readonly all: number
    readonly registrations: number
    readonly byReason: Readonly<Record<ZombieReason, number>>
  }>
}
