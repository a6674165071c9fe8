import { codeOf } from '../../base/errors.ts'

/**
 * What comes together goes to disk in one transaction: the sync is what a thousand devices that return at once would wait
 * for one after another. Each work is done or undone on its own.
 */
export interface GroupCommit {
  /** @returns what `work` gave, once it is on disk. @throws what `work` threw; `STORE_FAILED`. */
  run<T>(work: () => T): Promise<T>
}

interface Queued {
  /** @returns what to do once all is on disk. */
  readonly work: () => () => void
  readonly reject: (error: unknown) => void
}

/** While every turn of the loop brings more, so many are waited for; they are worth a few milliseconds. */
const WAITED_FOR = 64

export function groupCommit(store: { transaction<T>(work: () => T): T }): GroupCommit {
  let queue: Queued[] = []

  const commitUnlessGrowing = (before: number) => {
    if (queue.length > before && queue.length < WAITED_FOR) setImmediate(commitUnlessGrowing, queue.length)
    else commit()
  }
  const commit = () => {
    const batch = queue
    queue = []
    try {
      const settled = store.transaction(() => batch.map((queued) => attempt(queued, batch.length === 1)))
      for (const settle of settled) settle()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  /** Alone, it needs no ground of its own: what it throws undoes the transaction. */
  const attempt = ({ work, reject }: Queued, alone: boolean) => {
    if (alone) return work()
    try {
      return store.transaction(work)
    } catch (error) {
      if (codeOf(error) === 'STORE_FAILED') throw error
      return () => reject(error)
    }
  }
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const queued = () => {
          const value = work()
          return () => resolve(value)
        }
        if (queue.push({ work: queued, reject }) === 1) setImmediate(commitUnlessGrowing, queue.length)
      }),
  }
}
