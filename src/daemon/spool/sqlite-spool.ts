import { codeOf, SuretyError } from '../../base/errors.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import { type Batch, CHAIN_START, type Chain, type ChainOwner, type ChainPosition } from './chain.ts'
import { newestChain, requireAtWatermark } from './chain-watermark.ts'
import type { Spool, SpoolComponents } from './spool.ts'
import {
  countFitting,
  droppedBetween,
  extendChain,
  forkError,
  hashInChain,
  prune,
  readAcknowledgement,
  requireComplete,
  type SpoolBound,
} from './spool-rules.ts'
import { openSpoolStore, type SpoolStore, salvage } from './spool-store.ts'

interface PendingAppend {
  readonly batch: Batch
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Sets a damaged file aside and recovers the position of its chain where that can be read. @throws `STORE_FAILED`. */
export function openSpool(components: SpoolComponents, init: SpoolBound): Spool {
  return new SqliteSpool(components, init)
}

class SqliteSpool implements Spool {
  readonly #components: SpoolComponents
  readonly #init: SpoolBound
  #database: Database | undefined
  #store: SpoolStore | undefined
  #chain: Chain | undefined
  #bytes = 0
  #acknowledgedBytes = 0
  #drains = 0
  #acknowledgement: string | undefined
  #queue: PendingAppend[] = []
  readonly #headMoved = new WakeUp()
  #isClosed = false
  #isSettingAside = false

  constructor(components: SpoolComponents, init: SpoolBound) {
    this.#components = components
    this.#init = init
    this.#open()
  }

  get chain(): Chain | undefined {
    return this.#chain
  }

  begin({ device, epoch }: ChainOwner): void {
    if (this.#chain?.epoch === epoch && this.#chain.device === device) return
    const start = { floor: CHAIN_START, head: CHAIN_START, acknowledged: CHAIN_START }
    // It describes the old chain. Removed first, so that a crash in between leaves nothing wrong to compare with.
    this.#components.watermark?.remove()
    this.#restart({ device, epoch, ...start, posture: CHAIN_START.hash })
  }

  adopt({ device, epoch }: ChainOwner, position: ChainPosition): void {
    if (this.#chain !== undefined) throw new TypeError('the chain is known: nothing to adopt')
    this.#components.watermark?.remove()
    this.#restart({ device, epoch, floor: position, head: position, acknowledged: position, posture: CHAIN_START.hash })
  }

  append(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#queue.push({ batch, resolve, reject }) === 1) setImmediate(() => this.#commit())
    })
  }

  read(sequence: number): Batch | undefined {
    return this.#use((store) => store.read(sequence))
  }

  readGap(range: { firstSequence: number; lastSequence: number }): Batch | undefined {
    return this.#use((store) => store.readGap(range))
  }

  acknowledge(position: ChainPosition, jws?: string): void {
    // An older or repeated acknowledgement needs no disk, and so does no harm while the disk fails.
    const known = this.#chain?.acknowledged
    if (known === undefined || position.sequence < known.sequence) return
    const isRepeated = position.sequence === known.sequence && position.hash === known.hash
    if (isRepeated && (jws === undefined || jws === this.#acknowledgement)) return
    const chain = this.#chainOnDisk()
    if (chain === undefined || position.sequence <= chain.acknowledged.sequence) {
      if (chain?.acknowledged.sequence !== position.sequence) return
      if (chain.acknowledged.hash !== position.hash) throw forkError(position)
      // A welcome named this position before. Now there is a signed acknowledgement of it.
      if (jws === undefined || jws === this.#acknowledgement) return
      this.#use((store, database) => database.transaction(() => store.writeAcknowledgement(jws)))
      this.#acknowledgement = jws
      return
    }
    // The hash of a dropped batch is not known any more, so that the directory's hash is taken.
    const isDropped = position.sequence < chain.floor.sequence
    if (!isDropped && this.hashAt(position.sequence) !== position.hash) throw forkError(position)
    this.#transaction((store) => {
      const next = { ...chain, acknowledged: position }
      const pruned = prune(store, { chain: next, bytes: this.#bytes }, this.#init)
      store.writeChain(pruned.chain)
      if (jws !== undefined) store.writeAcknowledgement(jws)
      return pruned
    })
    if (jws !== undefined) this.#acknowledgement = jws
    this.#commit()
  }

  hashAt(sequence: number): string | undefined {
    // `read` opens the file where it is closed, which may update the chain: look there again.
    return hashInChain(this.#chain, sequence) ?? this.read(sequence)?.hash ?? hashInChain(this.#chain, sequence)
  }

  drain(): Disposable {
    this.#drains++
    return {
      [Symbol.dispose]: () => {
        this.#drains--
        this.#commit()
      },
    }
  }

  async waitBeyond(sequence: number, { signal }: { signal: AbortSignal }): Promise<void> {
    while ((this.#chain?.head.sequence ?? 0) <= sequence) {
      signal.throwIfAborted()
      await this.#headMoved.wait({ signal })
    }
  }

  bytes(): number {
    return this.#bytes
  }

  acknowledgement(): string | undefined {
    return this.#acknowledgement
  }

  [Symbol.dispose](): void {
    this.#drains = 0
    this.#commit()
    this.#isClosed = true
    this.#closeDatabase()
    this.#components.watermark?.[Symbol.dispose]()
  }

  #commit(): void {
    const queue = this.#queue.splice(0, this.#countAppendable())
    if (queue.length === 0) return
    const accepted: PendingAppend[] = []
    const refused: { pending: PendingAppend; error: unknown }[] = []
    let before: Chain | undefined
    try {
      this.#transaction((store) => {
        before = this.#chain
        let chain = before
        let bytes = this.#bytes
        for (const pending of queue) {
          try {
            chain = extendChain(chain, pending.batch)
          } catch (error) {
            refused.push({ pending, error })
            continue
          }
          store.insert(pending.batch)
          bytes += pending.batch.jws.length
          accepted.push(pending)
        }
        if (chain === undefined) return { chain, bytes, acknowledgedBytes: 0 }
        const pruned = prune(store, { chain, bytes }, this.#init)
        store.writeChain(pruned.chain)
        return pruned
      })
    } catch (error) {
      for (const { reject } of queue) reject(error)
      return
    }
    for (const { resolve } of accepted) resolve()
    for (const { pending, error } of refused) pending.reject(error)
    this.#announceChanges(before)
  }

  /** How many pending appends may be committed now. While the spool is drained, the others wait for room. */
  #countAppendable(): number {
    if (this.#drains === 0) return this.#queue.length
    const sizes = this.#queue.map(({ batch }) => batch.jws.length)
    return countFitting(sizes, this.#bytes - this.#acknowledgedBytes, this.#init)
  }

  #announceChanges(before: Chain | undefined): void {
    if (before?.head.hash !== this.#chain?.head.hash) this.#headMoved.wake()
    const dropped = droppedBetween(before, this.#chain)
    if (dropped !== undefined) this.#components.onDropped?.(dropped)
  }

  #restart(chain: Chain, acknowledgement?: string): void {
    this.#transaction((store) => {
      store.clear()
      store.writeChain(chain)
      store.writeAcknowledgement(acknowledgement)
      return { chain, bytes: 0, acknowledgedBytes: 0 }
    })
    this.#acknowledgement = acknowledgement
  }

  /** Updates the values in memory only after the commit returned. */
  #transaction(work: (store: SpoolStore) => { chain: Chain | undefined; bytes: number; acknowledgedBytes: number }) {
    const { chain, bytes, acknowledgedBytes } = this.#use((store, database) => database.transaction(() => work(store)))
    this.#chain = chain
    this.#bytes = bytes
    this.#acknowledgedBytes = acknowledgedBytes
    if (chain !== undefined) this.#components.watermark?.write(chain)
  }

  /** A commit that failed may be in the file nevertheless. After one, the file is closed, and this reads it again. */
  #chainOnDisk(): Chain | undefined {
    if (this.#database === undefined) this.#use(() => undefined)
    return this.#chain
  }

  #use<T>(work: (store: SpoolStore, database: Database) => T): T {
    if (this.#isClosed) throw new SuretyError('STORE_FAILED', 'the spool is closed')
    try {
      if (this.#database === undefined || this.#store === undefined) this.#open()
      // The cast holds: both are open here.
      return work(this.#store as SpoolStore, this.#database as Database)
    } catch (error) {
      const code = codeOf(error)
      if (code !== 'STORE_FAILED' && code !== 'STORE_CORRUPT') throw error
      this.#components.onFailed?.(error)
      this.#closeDatabase()
      if (code === 'STORE_CORRUPT' && !this.#isSettingAside) this.#setAside()
      throw error
    }
  }

  #open(): void {
    const before = this.#chain
    try {
      this.#load()
      this.#announceChanges(before)
    } catch (error) {
      this.#closeDatabase()
      // Not twice in a row: a new file that is damaged at once means a damaged disk.
      if (codeOf(error) !== 'STORE_CORRUPT' || this.#isSettingAside) throw error
      this.#setAside()
      if (this.#database === undefined) this.#load()
    }
  }

  /**
   * Moves the damaged file aside and starts a new one. The batches are lost. The position of the chain mostly is not: the
   * damaged file or the watermark shows it. A gap record then reports what is missing.
   */
  #setAside(): void {
    const salvaged = salvage(this.#components.open)
    const chain = newestChain(salvaged?.chain, this.#components.watermark?.read())
    this.#closeDatabase()
    this.#components.setAside()
    this.#chain = undefined
    this.#bytes = 0
    this.#acknowledgedBytes = 0
    this.#acknowledgement = undefined
    if (chain === undefined) return
    this.#isSettingAside = true
    try {
      this.#restart({ ...chain, floor: chain.head }, salvaged?.acknowledgement)
    } finally {
      this.#isSettingAside = false
    }
  }

  #load(): void {
    this.#database = this.#components.open()
    this.#store = openSpoolStore(this.#database, { check: true })
    this.#chain = this.#store.readChain()
    this.#bytes = this.#store.bytes()
    this.#acknowledgedBytes = this.#store.bytesUpTo(this.#chain?.acknowledged.sequence ?? 0)
    if (this.#chain !== undefined) requireComplete(this.#store, this.#chain)
    const { watermark } = this.#components
    // A new file that replaces a damaged one is empty. `#setAside` writes its chain next.
    if (this.#isSettingAside) return
    requireAtWatermark(this.#chain, watermark?.read())
    this.#acknowledgement = readAcknowledgement(this.#store, this.#components.onAcknowledgementDamaged)
    // Written and synced at each start: the watermark may be behind after a power cut.
    if (this.#chain !== undefined) watermark?.write(this.#chain)
    watermark?.sync()
  }

  #closeDatabase(): void {
    try {
      this.#database?.close()
    } finally {
      this.#database = undefined
      this.#store = undefined
    }
  }
}
