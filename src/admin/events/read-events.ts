import { orAborted } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import type { ListQuery } from '../../protocol/noun/noun.ts'
import { type DirectoryEvent, events } from '../../protocol/nouns/directory/events.ts'
import type { CommandComponents } from '../command/command-line.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { type Loaded, list } from '../nouns/call.ts'

/** Reads events from the API, and waits for more. */

/** As many as one command reads before it follows. */
export const MOST_EVENTS = 100_000
const AGAIN_MS = 2_000

export interface Source {
  readonly api: ApiClient
  readonly filters: ListQuery
}

export interface Wanted {
  readonly count: number
  /** None of this id or below, and none from before this time. */
  readonly afterId?: number
  readonly fromMs?: number | undefined
}

/** Oldest first. */
export async function newestOf({ api, filters }: Source, wanted: Wanted): Promise<Loaded<DirectoryEvent>> {
  const { count, afterId = 0, fromMs = 0 } = wanted
  const isWanted = ({ id, time }: DirectoryEvent) => id > afterId && time >= fromMs
  const { items, total } = await list(api, events, { ...filters, limit: count }, isWanted)
  return { items: items.toReversed(), total }
}

export interface Following {
  readonly first: readonly DirectoryEvent[]
  readonly tell: (events: readonly DirectoryEvent[]) => void
  /** Where nothing comes first: the id after which to continue. Absent: what happened before is not read later. */
  readonly after?: number
}

/** Prints the events of `first`, then each new one, until the command is interrupted or its reader has gone. */
export async function followEvents(
  { err, pause, untilInterrupted }: CommandComponents,
  source: Source,
  { first, tell, after }: Following,
): Promise<void> {
  const signal = untilInterrupted({ orUnread: true })
  tell(first)
  let afterId = first.at(-1)?.id ?? after ?? (await newestId(source))
  let lost = false
  for (;;) {
    await pause(AGAIN_MS, { signal })
    if (signal.aborted) return
    try {
      const { items: more } = await orAborted(newestOf(source, { count: MOST_EVENTS, afterId }), signal)
      if (lost) err('surety-directory: the directory answers again\n')
      lost = false
      tell(more)
      afterId = more.at(-1)?.id ?? afterId
    } catch (error) {
      if (signal.aborted) return
      // It may be restarted under us.
      if (codeOf(error) !== 'DIRECTORY_UNREACHABLE') throw error
      if (!lost) err('surety-directory: the directory is gone; waiting for it\n')
      lost = true
    }
  }
}

/** Where there is none that is wanted yet, what happened before is not told later. */
async function newestId({ api, filters }: Source): Promise<number> {
  const [newest] = (await list(api, events, { ...filters, limit: 1 })).items
  return newest?.id ?? 0
}
