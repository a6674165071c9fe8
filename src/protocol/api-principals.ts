/** Who may use the API. */

export const PRINCIPAL_KINDS = ['administrator'] as const
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number]

/** An administrator may do everything. */
export const ROLES = ['administrator'] as const
export type Role = (typeof ROLES)[number]

/** The holder of a token. */
export interface Principal {
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly roles: readonly Role[]
}

export const PRINCIPAL_ACTS = ['administrator-reset'] as const
