import type { Clock } from '../../base/clock.ts'
import type { AgentSighting } from '../../protocol/sighting.ts'

/** So many folders of one person are remembered, those that were worked in last. */
export const MAX_WORKED_IN = 32
const MAX_USERS = 256
/** A folder of another machine that went away would hold up every look at the home. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000

/**
 * Folders that agents of each person were seen working in within a day: few agents keep a list of these, and each may have
 * its configuration there.
 */
export class WorkedIn {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** When each was seen last; the latest last. */
  readonly #byOwner = new Map<string, Map<string, number>>()

  constructor({ clock }: { readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#clock = clock
  }

  /** @param agents all that run now. Folders of another system that shares the kernel are not where they seem to be. */
  see(agents: readonly AgentSighting[]): void {
    for (const { user, workspace, container } of agents) {
      if (user === undefined || workspace === undefined || container !== undefined) continue
      const folders = this.#byOwner.get(user.id) ?? new Map<string, number>()
      if (folders.size === 0 && this.#byOwner.size >= MAX_USERS) continue
      this.#byOwner.set(user.id, folders)
      folders.delete(workspace)
      folders.set(workspace, this.#clock.monotonic())
      const [oldest] = folders.keys()
      if (folders.size > MAX_WORKED_IN && oldest !== undefined) folders.delete(oldest)
    }
  }

  /** In an order of their own, for what is remembered of a home hangs on it. */
  of(userId: string): readonly string[] {
    const since = this.#clock.monotonic() - FORGOTTEN_AFTER_MS
    const folders = this.#byOwner.get(userId) ?? new Map<string, number>()
    for (const [folder, seenAt] of folders) if (seenAt < since) folders.delete(folder)
    return [...folders.keys()].sort()
  }
}
