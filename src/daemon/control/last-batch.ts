import type { LastBatch } from '../../protocol/control.ts'
import type { Claims } from '../evidence/claims.ts'
import type { Caller } from './control-server.ts'

/** The claims that `caller` may see: an ordinary user sees those of the device, and only their own items and sources. */
export function lastBatchFor(claims: Claims | undefined, caller: Caller): LastBatch {
  if (claims === undefined) return {}
  if (caller.isRoot) return { claims: { ...claims } }
  const { sightings, sources, ...rest } = claims
  const items = mine(sightings?.items ?? [], caller)
  const own = mine(sources ?? [], caller)
  const all = (sightings?.items.length ?? 0) + (sources?.length ?? 0)
  return {
    claims: {
      ...rest,
      ...(sightings === undefined ? {} : { sightings: { ...sightings, items } }),
      ...(sources === undefined ? {} : { sources: own }),
    },
    leftOut: all - items.length - own.length,
  }
}

function mine<T extends { readonly user?: { readonly id: string } }>(items: readonly T[], { userId }: Caller): T[] {
  return items.filter(({ user }) => user === undefined || user.id === userId)
}
