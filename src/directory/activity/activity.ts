import type { ActivityKind } from '../../protocol/nouns/directory/events.ts'

/** News about a device. */
export interface Activity {
  readonly at: number
  readonly kind: ActivityKind
  readonly device?: string | undefined
  /** Never a secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean | readonly object[] | undefined>>
}

export interface ActivityStore {
  add(activity: Activity): Promise<void>
  /** Only into the record, which has no bound. `add` does it too. */
  enter(activity: Activity): Promise<void>
  /** Counts activity of one kind since a time: that of a device, or else refused enrolments of a token. */
  count(filter: {
    readonly kind: ActivityKind
    readonly since: number
    readonly device?: string | undefined
    readonly token?: string | undefined
  }): Promise<number>
}

/** Activity of one kind that one device or token may cause in a day, so that repeated failures do not fill the store. */
const MAX_A_DAY = 100
const DAY_MS = 86_400_000

/**
 * Records activity that a device can cause at will. The last one of a day says `moreNotKept`.
 *
 * @returns whether it was recorded.
 */
export async function recordBounded(
  store: { readonly activity: ActivityStore },
  activity: Activity & ({ readonly device: string } | { readonly detail: { readonly token: string } }),
): Promise<boolean> {
  const { kind, device, at, detail } = activity
  const token = device === undefined ? String(detail?.token) : undefined
  const before = await store.activity.count({ kind, device, token, since: at - DAY_MS })
  if (before >= MAX_A_DAY) {
    await store.activity.enter(activity)
    return false
  }
  await store.activity.add(
    before + 1 === MAX_A_DAY ? { ...activity, detail: { ...detail, moreNotKept: true } } : activity,
  )
  return true
}
