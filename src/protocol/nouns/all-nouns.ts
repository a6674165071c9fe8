import { claims } from './claims.ts'
import { groups } from './groups.ts'
import type { Noun } from './noun.ts'
import { preregistrations } from './preregistrations.ts'
import { serviceAccounts } from './service-accounts.ts'
import { webhooks } from './webhooks.ts'

/** Every noun of the register, in the order of their commands. */
export const ALL_NOUNS: readonly Noun[] = [preregistrations, groups, serviceAccounts, claims, webhooks]
