import { codeOf } from '../../base/errors.ts'
import { actingAs, actingNow } from '../acting/acting.ts'

/**
 * Runs work of many devices in one transaction, because each sync of the disk would delay all devices that return at the same
 * time. Each piece of work succeeds or is undone on its own.
 */
export interface GroupCommit {
  /** @returns the result of `work` once it is durable. @throws what `work` threw; `STORE_FAILED`. */
  run<T>(work: () => Promise<T>): Promise<T>
}

interface Queued {
  /** @returns what to call after the commit. */
  readonly work: () => Promise<() => void>
  readonly reject: (error: unknown) => void
}

/** A group this large does not wait for more. Smaller ones wait while each turn of the loop adds work: a few milliseconds. */
const ENOUGH = 64

export function groupCommit(store: { transaction<T>(work: () => Promise<T>): Promise<T> }): GroupCommit {
  let queue: Queued[] = []

  const commitUnlessGrowing = (before: number) => {
    if (queue.length > before && queue.length < ENOUGH) setImmediate(commitUnlessGrowing, queue.length)
    else void commit()
  }
  const commit = async () => {
    const batch = queue
    queue = []
    try {
      const settled = await store.transaction(async () => {
        const all = []
        for (const queued of batch) all.push(await attempt(queued, batch.length === 1))
        return all
      })
      for (const settle of settled) settle()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  /** Work that is alone needs no savepoint: an error undoes the whole transaction. */
  const attempt = async ({ work, reject }: Queued, alone: boolean) => {
    if (alone) return work()
    try {
      return await store.transaction(work)
    } catch (error) {
      if (codeOf(error) === 'STORE_FAILED') throw error
      return () => reject(error)
    }
  }
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const acting = actingNow()
        const queued = async () => {
          const value = await actingAs(acting, work)
          return () => resolve(value)
        }
        if (queue.push({ work: queued, reject }) === 1) setImmediate(commitUnlessGrowing, queue.length)
      }),
  }
}
