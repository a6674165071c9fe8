import { AsyncLocalStorage } from 'node:async_hooks'
import type { PrincipalKind } from '../../protocol/noun/permissions.ts'

/** Who acts, and from where, for the record of what is done meanwhile. */
export interface Acting {
  /** Absent: the request needed no authentication. */
  readonly principal?: { readonly id: string; readonly kind: PrincipalKind; readonly name: string } | undefined
  /** Network address. */
  readonly address: string
  /** Of the console. Absent: the token of the principal. */
  readonly session?: string | undefined
}

const storage = new AsyncLocalStorage<Acting | undefined>()

export function actingAs<T>(acting: Acting | undefined, work: () => T): T {
  return storage.run(acting, work)
}

/** Undefined where the directory does it. */
export function actingNow(): Acting | undefined {
  return storage.getStore()
}
