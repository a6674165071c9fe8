import type { HoldSelection } from '../../../discovery/matching/hold-rules.ts'
import type { Uids, uidsOf } from '../../../system/users/uids-of.ts'
import type { StandingStop } from '../stops/stops-file.ts'

/** As `uidsOf`; undefined while the accounts of the device are not known. */
export type UidsOf = (who: Parameters<typeof uidsOf>[1]) => Uids | undefined

/** Each of these may name all agents that we know, and the gate takes a megabyte. */
const MAX_SELECTIONS = 100

/** What the exec gate holds for these stops: never an agent of a user whom none of them selects. */
export function holdSelections(stops: readonly StandingStop[], uidsOf: UidsOf): readonly HoldSelection[] {
  const byPrograms = new Map<string, HoldSelection>()
  for (const { selector, userId } of stops) {
    // What a running agent starts is its own.
    if (selector.select === 'agent') continue
    const uids = userId === undefined ? selectedUids(selector, uidsOf) : (uidsOf({ id: userId }) ?? ownUid(userId))
    if (uids?.length === 0) continue
    const programs = programsOf(selector)
    const key = JSON.stringify(programs)
    const other = byPrograms.get(key)
    byPrograms.set(key, withUids(programs, other === undefined ? uids : union([other.uids, uids])))
  }
  const selections = [...byPrograms.values()]
  // One that selects all makes the others needless.
  const all = selections.find((one) => Object.keys(one).length === 0)
  if (all !== undefined) return [all]
  if (selections.length <= MAX_SELECTIONS) return selections
  return [withUids({}, union(selections.map(({ uids }) => uids)))]
}

/** The executables and folders of a `match` are compared once it is held: a path may be spelt otherwise as it starts. */
function programsOf(selector: StandingStop['selector']): HoldSelection {
  switch (selector.select) {
    case 'product':
      return { products: [selector.product] }
    case 'match': {
      const { products, packages } = selector
      return { ...(products === undefined ? {} : { products }), ...(packages === undefined ? {} : { packages }) }
    }
    default:
      return {}
  }
}

/** Undefined for all users. */
function selectedUids(selector: StandingStop['selector'], uidsOf: UidsOf): Uids | undefined {
  if (selector.select === 'user') return uidsOf({ name: selector.user })
  if (selector.select !== 'match' || selector.users === undefined) return undefined
  return union(selector.users.map((name) => uidsOf({ name })))
}

function ownUid(userId: string): Uids | undefined {
  const uid = Number(userId)
  return Number.isSafeInteger(uid) ? [uid] : undefined
}

function withUids(programs: HoldSelection, uids: Uids | undefined): HoldSelection {
  return uids === undefined ? programs : { ...programs, uids }
}

function union(lists: readonly (Uids | undefined)[]): Uids | undefined {
  if (lists.includes(undefined)) return undefined
  const all = new Map(lists.flatMap((uids) => uids ?? []).map((one) => [JSON.stringify(one), one]))
  return [...all.values()].sort((one, other) => firstOf(one) - firstOf(other))
}

function firstOf(one: Uids[number]): number {
  return typeof one === 'number' ? one : one.first
}
