import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Evidence } from '../../protocol/evidence.ts'
import { LARGE_CHARACTERS } from './device-queues.ts'
import { type EvidenceFrame, type NamedSender, readEvidence } from './evidence-frame.ts'
import type { Group, GroupRead, VerifierThread } from './verifier-thread.ts'

/** A frame that came, and what is told of it: one of `held`, `broken` and `dropped`, once. */
export interface Reading {
  readonly compact: string
  readonly from: NamedSender
  /** False once nothing depends on it any more: then it need not be read. */
  readonly wanted: boolean
  held(frame: EvidenceFrame): void
  /** @param error as `readEvidence` throws. */
  broken(error: unknown): void
  /** It was not wanted, and was not read, or what was read is gone. */
  dropped(): void
}

/** Reads evidence: here, or in threads beside the loop when much of it comes at once. */
export interface Verifiers extends AsyncDisposable {
  /** Whoever calls bounds how much waits. */
  read(reading: Reading): void
}

export interface VerifiersComponents {
  readonly log: Log
  readonly startThread: () => VerifierThread
  /** Frames are on their way to whoever keeps them. @returns to be called when they came. */
  readonly expects: () => () => void
}

export interface VerifiersInit {
  /** With one core they would only be in the way. */
  readonly threads: number
}

/** One message to a thread: it costs as much as a few frames. Frames, and the characters from which on none is added. */
const GROUP = 64
const GROUP_CHARACTERS = 1024 * 1024
/** What is with one thread at most: the loop may be away for so long, reading sockets or writing to disk. Frames. */
const AHEAD = 512
/** Frames that the loop itself reads before it looks at its sockets again, when the threads have enough to do. */
const OWN_SHARE = 16
/** And how long it reads, with threads or without. */
const OWN_MS = 20
/** So few are read here and now: it takes longer to ask a thread. */
const FEW = 2

export function verifiers(components: VerifiersComponents, init: VerifiersInit): Verifiers {
  return new EvidenceVerifiers(components, init)
}

class EvidenceVerifiers implements Verifiers {
  readonly #components: VerifiersComponents
  #mostThreads: number
  readonly #desks = new Set<Desk>()
  readonly #small: Reading[] = []
  /** They wait for all small ones: a thread takes as long for one of them as for a hundred. */
  readonly #large: Reading[] = []
  /** For the loop itself: threads did not find that they hold. */
  readonly #doubtful: Reading[] = []
  #scheduled = false

  constructor(components: VerifiersComponents, { threads }: VerifiersInit) {
    this.#components = components
    this.#mostThreads = threads
  }

  read(reading: Reading): void {
    const isLarge = reading.compact.length > LARGE_CHARACTERS
    if (isLarge) this.#large.push(reading)
    else this.#small.push(reading)
    this.#schedule()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#mostThreads = 0
    await Promise.all([...this.#desks].map(({ thread }) => thread.end()))
  }

  /** Once the sockets were read: what came together is read together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#look())
  }

  #look(): void {
    this.#scheduled = false
    if (!this.#isQuiet() || this.#small.length + this.#large.length > FEW) this.#feed()
    this.#readHere()
    // Large ones alone wait for the answer of a thread.
    const isMore = this.#small.length + this.#doubtful.length > 0 || (this.#large.length > 0 && this.#isQuiet())
    if (isMore) this.#schedule()
  }

  /** No thread has anything to do. */
  #isQuiet(): boolean {
    return [...this.#desks].every(({ frames }) => frames === 0)
  }

  #feed(): void {
    while (this.#small.length + this.#large.length > 0) {
      const desk = this.#freeDesk()
      const group = desk === undefined ? [] : this.#takeGroup(desk)
      if (desk === undefined || group.length === 0) return
      this.#ask(desk, group)
    }
  }

  /** At least one frame, however long that takes; large ones are left to threads that are at work. */
  #readHere(): void {
    const until = performance.now() + OWN_MS
    const most = this.#mostThreads === 0 ? Number.POSITIVE_INFINITY : OWN_SHARE
    const isAlone = this.#isQuiet()
    for (let count = 0; count < most; count++) {
      const reading = this.#doubtful.shift() ?? this.#small.shift() ?? (isAlone ? this.#large.shift() : undefined)
      if (reading === undefined) return
      readHere(reading)
      if (performance.now() >= until) return
    }
  }

  /** @returns nothing when what waits had better wait on: the desk has large frames to read, and so has what waits. */
  #takeGroup(desk: Desk): readonly Reading[] {
    for (const waiting of [this.#small, this.#large]) {
      while (waiting[0]?.wanted === false) waiting.shift()?.dropped()
      if (waiting.length > 0) return waiting === this.#large && desk.isLong ? [] : groupFrom(waiting)
    }
    return []
  }

  #freeDesk(): Desk | undefined {
    const free = [...this.#desks].filter((desk) => desk.frames < AHEAD)
    const [first, ...others] = free
    if (first !== undefined) return others.reduce((least, desk) => (isBusier(least, desk) ? desk : least), first)
    if (this.#desks.size >= this.#mostThreads) return undefined
    try {
      const desk = { thread: this.#components.startThread(), frames: 0, isLong: false, answered: false }
      this.#desks.add(desk)
      return desk
    } catch (error) {
      // The system gives out no more threads: those that run, and the loop, do what there is to do.
      this.#components.log.error('no thread to verify evidence could be started', { error: describeError(error) })
      this.#mostThreads = this.#desks.size
      return undefined
    }
  }

  #ask(desk: Desk, readings: readonly Reading[]): void {
    const came = this.#components.expects()
    const isLong = (readings[0]?.compact.length ?? 0) > LARGE_CHARACTERS
    desk.isLong ||= isLong
    desk.frames += readings.length
    desk.thread.read(groupOf(readings), (read) => {
      came()
      desk.frames -= readings.length
      if (isLong) desk.isLong = false
      if (read === undefined) this.#close(desk)
      else desk.answered = true
      for (const [at, reading] of readings.entries()) if (!isTold(reading, read, at)) this.#doubtful.push(reading)
      this.#feed()
      this.#schedule()
    })
  }

  /** It may have been bad luck; a thread that never did anything would not do better the next time. */
  #close(desk: Desk): void {
    this.#desks.delete(desk)
    if (!desk.answered) this.#mostThreads = 0
  }
}

/** A thread and what lies with it. */
interface Desk {
  readonly thread: VerifierThread
  frames: number
  /** Large frames are among them. */
  isLong: boolean
  answered: boolean
}

function isBusier(one: Desk, other: Desk): boolean {
  return one.isLong === other.isLong ? one.frames > other.frames : one.isLong
}

function groupFrom(waiting: Reading[]): readonly Reading[] {
  let frames = 0
  for (let characters = 0; frames < GROUP && characters < GROUP_CHARACTERS; frames++) {
    characters += waiting[frames]?.compact.length ?? GROUP_CHARACTERS
  }
  return waiting.splice(0, frames)
}

function groupOf(readings: readonly Reading[]): Group {
  return {
    frames: readings.map(({ compact }) => compact),
    devices: readings.map(({ from }) => from.device),
    epochs: readings.map(({ from }) => from.epoch),
    keys: readings.map(({ from }) => from.applicationKey),
  }
}

/** @returns false when it must be read here: a thread says only of what holds what it is. */
function isTold(reading: Reading, read: GroupRead | undefined, at: number): boolean {
  const payload = read?.payloads[at]
  const hash = read?.hashes[at]
  if (payload === undefined || hash === undefined) return false
  if (reading.wanted) {
    const { device, epoch } = reading.from
    const evidence: Evidence = JSON.parse(payload) // the thread held it against its schema
    reading.held({ device, epoch, evidence, compact: reading.compact, hash })
  } else reading.dropped()
  return true
}

function readHere(reading: Reading): void {
  if (!reading.wanted) {
    reading.dropped()
    return
  }
  let frame: EvidenceFrame
  try {
    frame = readEvidence(reading.compact, reading.from)
  } catch (error) {
    reading.broken(error)
    return
  }
  reading.held(frame)
}
