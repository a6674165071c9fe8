import { codeOf, SuretyError } from '../../base/errors.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import { type Batch, CHAIN_START, type Chain, type ChainPosition, type Line } from './chain.ts'
import { furthest, requireWitnessed } from './chain-witness.ts'
import type { Spool, SpoolComponents } from './spool.ts'
import {
  checkHeld,
  countWithRoom,
  droppedBetween,
  extendChain,
  forked,
  hashIn,
  prune,
  type SpoolBound,
  soundReceipt,
} from './spool-rules.ts'
import { openSpoolStore, type SpoolStore, salvage } from './spool-store.ts'

interface Waiting {
  readonly batch: Batch
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** @throws `STORE_FAILED`. A damaged file is set aside; the chain is then unknown. */
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
  #receipt: string | undefined
  #queue: Waiting[] = []
  readonly #grown = new WakeUp()
  #closed = false
  #settingAside = false

  constructor(components: SpoolComponents, init: SpoolBound) {
    this.#components = components
    this.#init = init
    this.#open()
  }

  get chain(): Chain | undefined {
    return this.#chain
  }

  begin({ device, epoch }: Line): void {
    if (this.#chain?.epoch === epoch && this.#chain.device === device) return
    const start = { floor: CHAIN_START, head: CHAIN_START, acknowledged: CHAIN_START }
    // What it says is of another line from here on: cut off in between, there is nothing to compare with.
    this.#components.witness?.remove()
    this.#restart({ device, epoch, ...start, posture: CHAIN_START.hash })
  }

  adopt({ device, epoch }: Line, position: ChainPosition): void {
    if (this.#chain !== undefined) throw new TypeError('the chain is known: nothing to adopt')
    this.#components.witness?.remove()
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

  acknowledge(position: ChainPosition, receipt?: string): void {
    // What is older is so in the file as well, and needs no disk that works.
    const said = this.#chain?.acknowledged
    if (said === undefined || position.sequence < said.sequence) return
    const again = position.sequence === said.sequence && position.hash === said.hash
    if (again && (receipt === undefined || receipt === this.#receipt)) return
    const chain = this.#known()
    if (chain === undefined || position.sequence <= chain.acknowledged.sequence) {
      if (chain?.acknowledged.sequence !== position.sequence) return
      if (chain.acknowledged.hash !== position.hash) throw forked(position)
      // A welcome has said so before: now there is a proof of it.
      if (receipt === undefined || receipt === this.#receipt) return
      this.#use((store, database) => database.transaction(() => store.writeReceipt(receipt)))
      this.#receipt = receipt
      return
    }
    // The hash of a dropped batch is no longer known: the directory's word is then as good as ours.
    const dropped = position.sequence < chain.floor.sequence
    if (!dropped && this.hashAt(position.sequence) !== position.hash) throw forked(position)
    this.#transaction((store) => {
      const next = { ...chain, acknowledged: position }
      const pruned = prune(store, { chain: next, bytes: this.#bytes }, this.#init)
      store.writeChain(pruned.chain)
      if (receipt !== undefined) store.writeReceipt(receipt)
      return pruned
    })
    if (receipt !== undefined) this.#receipt = receipt
    this.#commit()
  }

  hashAt(sequence: number): string | undefined {
    // Reading opens the file where it is not open, and more is known then.
    return hashIn(this.#chain, sequence) ?? this.read(sequence)?.hash ?? hashIn(this.#chain, sequence)
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
      await this.#grown.wait({ signal })
    }
  }

  bytes(): number {
    return this.#bytes
  }

  receipt(): string | undefined {
    return this.#receipt
  }

  [Symbol.dispose](): void {
    this.#drains = 0
    this.#commit()
    this.#closed = true
    this.#drop()
    this.#components.witness?.[Symbol.dispose]()
  }

  #commit(): void {
    const queue = this.#queue.splice(0, this.#countDue())
    if (queue.length === 0) return
    const accepted: Waiting[] = []
    const refused: { waiting: Waiting; error: unknown }[] = []
    let before: Chain | undefined
    try {
      this.#transaction((store) => {
        before = this.#chain
        let chain = before
        let bytes = this.#bytes
        for (const waiting of queue) {
          try {
            chain = extendChain(chain, waiting.batch)
          } catch (error) {
            refused.push({ waiting, error })
            continue
          }
          store.insert(waiting.batch)
          bytes += waiting.batch.jws.length
          accepted.push(waiting)
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
    for (const { waiting, error } of refused) waiting.reject(error)
    this.#tellChanges(before)
  }

  /** How many of those that wait may be added now. A gap record is signed while nothing is on its way. */
  #countDue(): number {
    if (this.#drains === 0) return this.#queue.length
    const sizes = this.#queue.map(({ batch }) => batch.jws.length)
    return countWithRoom(sizes, this.#bytes - this.#acknowledgedBytes, this.#init)
  }

  #tellChanges(before: Chain | undefined): void {
    if (before?.head.hash !== this.#chain?.head.hash) this.#grown.wake()
    const dropped = droppedBetween(before, this.#chain)
    if (dropped !== undefined) this.#components.onDropped?.(dropped)
  }

  #restart(chain: Chain, receipt?: string): void {
    this.#transaction((store) => {
      store.clear()
      store.writeChain(chain)
      store.writeReceipt(receipt)
      return { chain, bytes: 0, acknowledgedBytes: 0 }
    })
    this.#receipt = receipt
  }

  /** Memory follows the disk: it changes only after the commit returned. */
  #transaction(work: (store: SpoolStore) => { chain: Chain | undefined; bytes: number; acknowledgedBytes: number }) {
    const { chain, bytes, acknowledgedBytes } = this.#use((store, database) => database.transaction(() => work(store)))
    this.#chain = chain
    this.#bytes = bytes
    this.#acknowledgedBytes = acknowledgedBytes
    if (chain !== undefined) this.#components.witness?.write(chain)
  }

  /** A commit that failed may hold after all: what memory says counts only while the file is open. */
  #known(): Chain | undefined {
    if (this.#database === undefined) this.#use(() => undefined)
    return this.#chain
  }

  #use<T>(work: (store: SpoolStore, database: Database) => T): T {
    if (this.#closed) throw new SuretyError('STORE_FAILED', 'the spool is closed')
    try {
      if (this.#database === undefined || this.#store === undefined) this.#open()
      // Opened just above, or open already.
      return work(this.#store as SpoolStore, this.#database as Database)
    } catch (error) {
      const code = codeOf(error)
      if (code !== 'STORE_FAILED' && code !== 'STORE_CORRUPT') throw error
      this.#components.onFailed?.(error)
      this.#drop()
      if (code === 'STORE_CORRUPT' && !this.#settingAside) this.#setAside()
      throw error
    }
  }

  #open(): void {
    const before = this.#chain
    try {
      this.#load()
      this.#tellChanges(before)
    } catch (error) {
      this.#drop()
      // Never twice in a row: what is new and damaged at once has a damaged disk below it.
      if (codeOf(error) !== 'STORE_CORRUPT' || this.#settingAside) throw error
      this.#setAside()
      if (this.#database === undefined) this.#load()
    }
  }

  /** What was held is lost; where the chain stood mostly is not, and then a gap record tells what is missing. */
  #setAside(): void {
    const salvaged = salvage(this.#components.open)
    const chain = furthest(salvaged?.chain, this.#components.witness?.read())
    this.#drop()
    this.#components.setAside()
    this.#chain = undefined
    this.#bytes = 0
    this.#acknowledgedBytes = 0
    this.#receipt = undefined
    if (chain === undefined) return
    this.#settingAside = true
    try {
      this.#restart({ ...chain, floor: chain.head }, salvaged?.receipt)
    } finally {
      this.#settingAside = false
    }
  }

  #load(): void {
    this.#database = this.#components.open()
    this.#store = openSpoolStore(this.#database, { check: true })
    this.#chain = this.#store.readChain()
    this.#bytes = this.#store.bytes()
    this.#acknowledgedBytes = this.#store.bytesUpTo(this.#chain?.acknowledged.sequence ?? 0)
    if (this.#chain !== undefined) checkHeld(this.#store, this.#chain)
    const { witness } = this.#components
    // The one that takes the place of a damaged one is empty, and will be told.
    if (this.#settingAside) return
    requireWitnessed(this.#chain, witness?.read())
    this.#receipt = soundReceipt(this.#store, this.#components.onReceiptDamaged)
    if (this.#chain !== undefined) witness?.write(this.#chain)
    witness?.sync()
  }

  #drop(): void {
    try {
      this.#database?.close()
    } finally {
      this.#database = undefined
      this.#store = undefined
    }
  }
}
