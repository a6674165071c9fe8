import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { codeOf } from '../../../src/base/errors.ts'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import { CHAIN_START } from '../../../src/daemon/spool/chain.ts'
import { droppedBetween, type SpoolBound } from '../../../src/daemon/spool/spool-rules.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type DeviceSide, type Fault, openDeviceSide } from './device-side.ts'
import { type DirectorySide, openDirectorySide } from './directory-side.ts'
import { Link } from './link.ts'
import type { Reference } from './reference.ts'
import { readUnsigned } from './unsigned-jws.ts'

/** How many turns of the loop whatever was begun may need: a gap is signed, kept, sent, kept there, acknowledged. */
const TURNS = 8
export const MOST_FAULTS = 3
const MOST_TRIES = 100
const ENDS = ['STORE_FAILED', 'DIRECTORY_UNREACHABLE', 'SPOOL_FULL', 'EVIDENCE_OUT_OF_ORDER', 'EVIDENCE_GAP_UNPROVEN']

/** More than the smallest spool holds. */
const ANEW: readonly Claims[] = Array.from({ length: 6 }, () => ({
  findings: [{ check: 'os.supported', state: 'pass', detail: 'x'.repeat(900) }],
}))

interface WorldInit {
  readonly folder: string
  /** A directory's database in which the device is enrolled. */
  readonly template: string
  readonly bound: SpoolBound
}

/** The real parts of one schedule: both halves, their files, and what lies between. */
export class World implements Disposable {
  readonly clock: FakeClock
  /** Every frame that ever came to the directory. */
  readonly history: string[] = []
  device: DeviceSide
  directory: DirectorySide
  link: Link | undefined
  hasCopy = false
  /** How the next commits of the device end. */
  readonly faults: Fault[] = []
  /** Writes that wait for room in the spool. */
  #waiting = 0
  #session = Promise.resolve()
  readonly #reference: Reference
  readonly #bound: SpoolBound
  readonly #folder: string

  private constructor(reference: Reference, init: WorldInit, clock: FakeClock, directory: DirectorySide) {
    this.clock = clock
    this.#reference = reference
    this.#bound = init.bound
    this.#folder = init.folder
    this.device = this.#openDevice()
    this.directory = directory
  }

  static async open(reference: Reference, init: WorldInit): Promise<World> {
    copyFileSync(init.template, join(init.folder, 'directory'))
    const clock = new FakeClock()
    return new World(reference, init, clock, await openDirectorySide({ clock }, join(init.folder, 'directory')))
  }

  async settle(turns = TURNS): Promise<void> {
    for (let each = 0; each < turns; each++) await turn()
  }

  /** It may wait for room until the directory has taken something, the connection is lost, or the device crashes. */
  write(claims: Claims): void {
    const { device } = this
    this.#waiting++
    this.#untilWritten(device, claims)
      .catch((error: unknown) => {
        if (device === this.device) this.#reference.fail(`not written: ${String(error)}`)
      })
      .finally(() => {
        this.#waiting--
      })
  }

  /** What its disk did not take is told again. */
  async #untilWritten(device: DeviceSide, claims: Claims): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await device.write(claims)
        return
      } catch (error) {
        if (codeOf(error) !== 'STORE_FAILED' || device !== this.device || tries === MOST_TRIES) throw error
      }
    }
  }

  async connect(): Promise<void> {
    if (this.link !== undefined && !this.link.lost) return
    // A device has one connection at a time: what the directory ended is over before the next.
    this.link?.lose()
    const link = new Link()
    this.link = link
    const receipt = this.device.spool.acknowledgement()
    const { sequence } = await this.directory.chain()
    const { welcome, forgotten } = await this.directory.accept(link, receipt)
    this.#reference.proven(receipt === undefined ? 0 : sequenceOf(receipt), sequence, forgotten)
    const { device } = this
    this.#session = this.#session
      .then(() => device.connect(link, welcome))
      .then((error) => this.#sessionEnded(link, error))
  }

  disconnect(): void {
    this.link?.lose()
    this.link = undefined
  }

  deliverThere(count: number): void {
    this.history.push(...(this.link?.deliverThere(count) ?? []))
  }

  crashDevice(): void {
    this.disconnect()
    this.device.crash()
    this.faults.length = 0
    const { chain: before } = this.device.spool
    this.device = this.#openDevice()
    const { chain } = this.device.spool
    // By a commit that failed and holds: who was to say so is gone.
    const dropped = droppedBetween(before, chain)
    if (dropped !== undefined) this.#reference.dropped(dropped)
    this.#reference.deviceReopened(chain?.head ?? CHAIN_START)
  }

  async crashDirectory(): Promise<void> {
    this.disconnect()
    this.directory.close()
    this.directory = await openDirectorySide(this, this.#path('directory'))
  }

  copyDirectory(): void {
    rmSync(this.#path('copy'), { force: true })
    this.directory.copyTo(this.#path('copy'))
    this.hasCopy = true
  }

  async restoreDirectory(): Promise<void> {
    if (!this.hasCopy) return
    this.disconnect()
    this.#reference.directoryForgets(this.directory.held())
    this.directory.close()
    for (const suffix of ['-wal', '-shm', '-witness']) rmSync(this.#path(`directory${suffix}`), { force: true })
    copyFileSync(this.#path('copy'), this.#path('directory'))
    this.directory = await openDirectorySide(this, this.#path('directory'))
  }

  /** Connects until both are at the same place; nothing bad happens any more. */
  async drain(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      const chain = this.device.spool.chain
      const { there, back } = this.link?.onTheWay ?? { there: 0, back: 0 }
      const quiet = there === 0 && back === 0 && this.link?.lost === false
      if (quiet && this.#waiting === 0 && chain?.acknowledged.sequence === chain?.head.sequence) return
      await this.connect()
      await this.settle()
      this.deliverThere(100)
      await this.settle()
      this.link?.deliverBack(100)
      await this.settle()
    }
    this.#reference.fail('it does not drain')
  }

  [Symbol.dispose](): void {
    this.disconnect()
    this.device.crash()
    this.directory.close()
    rmSync(this.#folder, { recursive: true })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  #openDevice(): DeviceSide {
    const reference = this.#reference
    return openDeviceSide(
      {
        clock: this.clock,
        onKept: (batch) => reference.kept(batch),
        onDropped: (range) => reference.dropped(range),
        onGapTold: () => {
          for (const claims of ANEW) this.write(claims)
        },
        onAcknowledged: (place) => reference.acknowledged(place),
        fault: () => this.faults.shift(),
      },
      { path: this.#path('spool'), ...this.#bound },
    )
  }

  #sessionEnded(link: Link, error: unknown): void {
    const code = codeOf(error) ?? (error instanceof Error ? error.name : 'nothing')
    const provokedOnly = code === 'EVIDENCE_OUT_OF_ORDER' || code === 'EVIDENCE_GAP_UNPROVEN'
    const stopped = code === 'nothing' || code === 'AbortError'
    if (!stopped && (!ENDS.includes(code) || (provokedOnly && !link.provoked))) {
      this.#reference.fail(`the session ended with ${code}: ${String(error)}`)
    }
  }
}

function sequenceOf(receipt: string): number {
  return Number(JSON.parse(readUnsigned('ack', receipt)).sequence)
}
