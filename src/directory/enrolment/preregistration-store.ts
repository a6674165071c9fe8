import type { Preregistration, PreregistrationKind } from '../../protocol/api/preregistrations.ts'
import type { Page } from '../http/paging.ts'

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
  list(page: PreregistrationsPage): readonly Preregistration[]
}

export interface PreregistrationsPage extends Page {
  /** Whether a device enrolled with it. */
  readonly used?: boolean | undefined
  /** At least eight characters of the beginning of its id, its name in any case, its owner, or its device. */
  readonly named?: string | undefined
}
