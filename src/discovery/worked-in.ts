import type { AgentSighting } from '../protocol/sighting.ts'

/** So many folders of one person are remembered, those that were worked in last. */
export const MAX_WORKED_IN = 32
const MAX_OWNERS = 256

/**
 * Folders that agents of each person were seen working in since we run: few agents keep a list of these, and each may have
 * its configuration there.
 */
export class WorkedIn {
  /** The latest last. */
  readonly #byOwner = new Map<number, Set<string>>()

  /** @param agents all that run now. Folders of another system that shares the kernel are not where they seem to be. */
  see(agents: readonly AgentSighting[]): void {
    for (const { user, workspace, place } of agents) {
      if (user === undefined || workspace === undefined || place !== undefined) continue
      const folders = this.#byOwner.get(user.uid) ?? new Set()
      if (folders.size === 0 && this.#byOwner.size >= MAX_OWNERS) continue
      this.#byOwner.set(user.uid, folders)
      folders.delete(workspace)
      folders.add(workspace)
      const [oldest] = folders
      if (folders.size > MAX_WORKED_IN && oldest !== undefined) folders.delete(oldest)
    }
  }

  /** In an order of their own, for what is remembered of a home hangs on it. */
  of(uid: number): readonly string[] {
    return [...(this.#byOwner.get(uid) ?? [])].sort()
  }
}
