import type { Random } from '../../../protocol/ids.ts'
import type { Principal } from '../../../protocol/noun/permissions.ts'
import type { Person } from '../../../protocol/nouns/agents/stops.ts'
import type { Results } from '../../devices/results.ts'
import type { Services } from '../../services.ts'
import type { DirectoryStore } from '../../store/directory-store.ts'
import type { WebhookServices } from '../../webhook-services.ts'
import type { MadeUpDevice } from '../company/devices.ts'
import type { Draw } from '../company/draw.ts'
import type { MadeUpPerson } from '../company/people.ts'
import type { StandInDevices } from '../stand-in-devices.ts'
import type { SetClock, Timeline } from './timeline.ts'

/** What the history is made with, and of whom. */
export interface HistoryParts {
  readonly store: DirectoryStore
  readonly services: Services & Pick<WebhookServices, 'webhooks'>
  readonly clock: SetClock
  readonly random: Random
  readonly timeline: Timeline
  readonly draw: Draw
  readonly now: number
  readonly people: readonly MadeUpPerson[]
  readonly devices: readonly MadeUpDevice[]
  readonly standIns: StandInDevices
  /** Results of the past hold until a device was heard last, as if it had attested all the time. */
  readonly pastResults: Results
  /** Lets the workers of the directory do what is due. */
  readonly settle: () => Promise<void>
  readonly known: Known
}

/** What earlier steps made, for later ones. */
export interface Known {
  /** Administrators by what they do. */
  readonly administrators: Map<Post, Principal>
  /** Ids of people, by their places. */
  readonly humans: Map<number, string>
  /** Ids of devices, by their places. */
  readonly devices: Map<number, string>
}

export const POSTS = ['lead', 'second', 'operator', 'auditor', 'viewer'] as const
export type Post = (typeof POSTS)[number]

/** As acts name them. @throws `RangeError` before they were added. */
export function administratorOf(parts: Pick<HistoryParts, 'known'>, post: Post): Person {
  const { id, name } = principalOf(parts, post)
  return { id, name }
}

/** @throws `RangeError` before they were added. */
export function principalOf({ known }: Pick<HistoryParts, 'known'>, post: Post): Principal {
  const one = known.administrators.get(post)
  if (one === undefined) throw new RangeError(`there is no ${post} yet`)
  return one
}

/** @throws `RangeError` before they were added. */
export function humanOf({ known }: Pick<HistoryParts, 'known'>, at: number): string {
  const id = known.humans.get(at)
  if (id === undefined) throw new RangeError(`there is no person ${at} yet`)
  return id
}
