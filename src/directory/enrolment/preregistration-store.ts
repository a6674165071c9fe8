import type { Preregistration, PreregistrationKind } from '../../protocol/nouns/enrolment/preregistrations.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

export interface StoredPreregistration extends Preregistration {
  /** What devices are compared with: unique among those of a kind. */
  readonly key: string
}

export interface PreregistrationStore {
  find(kind: PreregistrationKind, key: string): StoredPreregistration | undefined
  view(id: string): Preregistration | undefined
  put(preregistration: StoredPreregistration): void
  setOwner(id: string, owner: string): void
  /** Marks it as used. */
  use(id: string, device: string, at: number): void
  /** Marks what the device used as unused: the device was refused. */
  release(device: string): void
  remove(id: string): void
  list(request: ListRequest): Listed<Preregistration>
}
