/** Humans, their groups and accounts on devices, and service accounts in the administrators' API. */

export const HUMAN_STATUSES = ['active', 'deactivated'] as const
export type HumanStatus = (typeof HUMAN_STATUSES)[number]

/** Who keeps it up to date: the identity provider by SCIM, or administrators. */
export const HUMAN_ORIGINS = ['scim', 'hand'] as const
export type HumanOrigin = (typeof HUMAN_ORIGINS)[number]

/** `proposed`: by the owner of the device. `confirmed`: by an administrator, once. */
export const ACCOUNT_STATES = ['unassigned', 'proposed', 'confirmed'] as const
export type AccountState = (typeof ACCOUNT_STATES)[number]

export const SERVICE_ACCOUNT_STATUSES = ['active', 'ended'] as const
export type ServiceAccountStatus = (typeof SERVICE_ACCOUNT_STATUSES)[number]
