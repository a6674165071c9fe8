import type { LastBatch } from '../../protocol/control.ts'
import type { Claims } from '../evidence/claims.ts'
import type { Caller } from './control-server.ts'

/** The claims that `caller` may see: an ordinary user sees those of the device, and only their own items and sources. */
export function lastBatchFor(claims: Claims | undefined, caller: Caller): LastBatch {
  if (claims === undefined) return {}
  if (caller.isRoot) return { claims: { ...claims } }
  // Stops name users and programs of others, and say nothing that the status does not.
  const { sightings, sources, stopEvents: _, receipts, agentClaims, ...rest } = claims
  const items = mine(sightings?.items ?? [], caller)
  const own = mine(sources ?? [], caller)
  const claimed = mine(agentClaims ?? [], caller)
  const all = (sightings?.items.length ?? 0) + (sources?.length ?? 0) + (agentClaims?.length ?? 0)
  return {
    claims: {
      ...rest,
      ...(receipts === undefined ? {} : { receipts: receipts.map(({ stop: _, ...receipt }) => receipt) }),
      ...(agentClaims === undefined ? {} : { agentClaims: claimed }),
      ...(sightings === undefined ? {} : { sightings: { ...sightings, items } }),
      ...(sources === undefined ? {} : { sources: own }),
    },
    leftOut: all - items.length - own.length - claimed.length,
  }
}

function mine<T extends { readonly user?: { readonly id: string } }>(items: readonly T[], { userId }: Caller): T[] {
  return items.filter(({ user }) => user === undefined || user.id === userId)
}
