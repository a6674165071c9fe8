import type { Preregistration, PreregistrationKind } from '../../protocol/nouns/enrolment/preregistrations.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

export interface StoredPreregistration extends Preregistration {
  /** What devices are compared with: unique among those of a kind. */
  readonly key: string
}

export interface PreregistrationStore {
  find(kind: PreregistrationKind, key: string): Promise<StoredPreregistration | undefined>
  view(id: string): Promise<Preregistration | undefined>
  put(preregistration: StoredPreregistration): Promise<void>
  setOwner(id: string, owner: string): Promise<void>
  /** Marks it as used. */
  use(id: string, device: string, at: number): Promise<void>
  /** Marks what the device used as unused: the device was refused. */
  release(device: string): Promise<void>
  remove(id: string): Promise<void>
  list(request: ListRequest): Promise<Listed<Preregistration>>
}
