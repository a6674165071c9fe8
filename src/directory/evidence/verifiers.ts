import { availableParallelism } from 'node:os'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Evidence } from '../../protocol/messages/evidence.ts'
import { LARGE_CHARACTERS } from './device-queues.ts'
import { type EvidenceFrame, type NamedSender, readEvidence } from './evidence-frame.ts'
import type { Ingest } from './ingest.ts'
import type { Group, GroupRead, VerifierThread } from './verifier-thread.ts'

/** A received frame to verify. Exactly one of `held`, `broken` and `dropped` is called, once. */
export interface ReadRequest {
  readonly compact: string
  readonly from: NamedSender
  /** False once the result is not needed any more. The frame may then be dropped unread. */
  readonly wanted: boolean
  held(frame: EvidenceFrame): void
  /** The frame is not valid. @param error as thrown by `readEvidence`. */
  broken(error: unknown): void
  /** The frame was not wanted any more. */
  dropped(): void
}

/** Verifies evidence on the event loop, or in threads when many frames arrive at once. */
export interface Verifiers extends AsyncDisposable {
  /** The caller bounds how much waits. */
  read(reading: ReadRequest): void
}

export interface VerifiersComponents {
  readonly log: Log
  readonly startThread: () => VerifierThread
  /** Announces that frames will be submitted. @returns call it once they are. */
  readonly expectMore: () => () => void
}

export interface VerifiersInit {
  /** 0 on a machine with one core. */
  readonly threads: number
}

/** One message to a thread costs as much as a few frames, so frames share it. No frame is added after `GROUP_CHARACTERS`. */
const GROUP = 64
const GROUP_CHARACTERS = 1024 * 1024
/** The most frames queued at one thread. They keep it busy while the event loop reads sockets or writes to disk. */
const AHEAD = 512
/** Frames that the event loop verifies itself per turn while threads are busy. */
const OWN_SHARE = 16
/** The longest time per turn, with or without threads. */
const OWN_MS = 20
/** Up to this many frames are verified on the event loop: a message to a thread would take longer. */
const FEW = 2

export function verifiers(components: VerifiersComponents, init: VerifiersInit): Verifiers {
  return new EvidenceVerifiers(components, init)
}

class EvidenceVerifiers implements Verifiers {
  readonly #components: VerifiersComponents
  #mostThreads: number
  readonly #threads = new Set<ThreadQueue>()
  readonly #small: ReadRequest[] = []
  /** Wait for all small ones: a large frame takes as long as a hundred small ones. */
  readonly #large: ReadRequest[] = []
  /** Threads did not verify these. The event loop reads them to learn the error. */
  readonly #unverified: ReadRequest[] = []
  #scheduled = false

  constructor(components: VerifiersComponents, { threads }: VerifiersInit) {
    this.#components = components
    this.#mostThreads = threads
  }

  read(reading: ReadRequest): void {
    const isLarge = reading.compact.length > LARGE_CHARACTERS
    if (isLarge) this.#large.push(reading)
    else this.#small.push(reading)
    this.#schedule()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#mostThreads = 0
    await Promise.all([...this.#threads].map(({ thread }) => thread.end()))
  }

  /** Runs after the sockets were read, so that frames that arrive together are verified together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#runTurn())
  }

  #runTurn(): void {
    this.#scheduled = false
    if (!this.#isQuiet() || this.#small.length + this.#large.length > FEW) this.#feed()
    this.#readHere()
    // If only large frames are left, they wait for a thread to answer.
    const isMore = this.#small.length + this.#unverified.length > 0 || (this.#large.length > 0 && this.#isQuiet())
    if (isMore) this.#schedule()
  }

  /** No thread is busy. */
  #isQuiet(): boolean {
    return [...this.#threads].every(({ frames }) => frames === 0)
  }

  #feed(): void {
    while (this.#small.length + this.#large.length > 0) {
      const queue = this.#freeThread()
      const group = queue === undefined ? [] : this.#takeGroup(queue)
      if (queue === undefined || group.length === 0) return
      this.#ask(queue, group)
    }
  }

  /** Verifies at least one frame. Large ones are left to busy threads. */
  #readHere(): void {
    const until = performance.now() + OWN_MS
    const most = this.#mostThreads === 0 ? Number.POSITIVE_INFINITY : OWN_SHARE
    const isAlone = this.#isQuiet()
    for (let count = 0; count < most; count++) {
      const reading = this.#unverified.shift() ?? this.#small.shift() ?? (isAlone ? this.#large.shift() : undefined)
      if (reading === undefined) return
      readHere(reading)
      if (performance.now() >= until) return
    }
  }

  /** @returns nothing if only large frames wait and the thread already has some. */
  #takeGroup(queue: ThreadQueue): readonly ReadRequest[] {
    for (const waiting of [this.#small, this.#large]) {
      while (waiting[0]?.wanted === false) waiting.shift()?.dropped()
      if (waiting.length > 0) return waiting === this.#large && queue.hasLarge ? [] : groupFrom(waiting)
    }
    return []
  }

  #freeThread(): ThreadQueue | undefined {
    const free = [...this.#threads].filter((queue) => queue.frames < AHEAD)
    const [first, ...others] = free
    if (first !== undefined) return others.reduce((least, queue) => (isBusier(least, queue) ? queue : least), first)
    if (this.#threads.size >= this.#mostThreads) return undefined
    try {
      const queue = { thread: this.#components.startThread(), frames: 0, hasLarge: false, answered: false }
      this.#threads.add(queue)
      return queue
    } catch (error) {
      // The running threads and the event loop do the work.
      this.#components.log.error('a verifier thread could not be started', { error: describeError(error) })
      this.#mostThreads = this.#threads.size
      return undefined
    }
  }

  #ask(queue: ThreadQueue, readings: readonly ReadRequest[]): void {
    const came = this.#components.expectMore()
    const hasLarge = (readings[0]?.compact.length ?? 0) > LARGE_CHARACTERS
    queue.hasLarge ||= hasLarge
    queue.frames += readings.length
    queue.thread.read(groupOf(readings), (read) => {
      came()
      queue.frames -= readings.length
      if (hasLarge) queue.hasLarge = false
      if (read === undefined) this.#close(queue)
      else queue.answered = true
      for (const [at, reading] of readings.entries()) if (!deliver(reading, read, at)) this.#unverified.push(reading)
      this.#feed()
      this.#schedule()
    })
  }

  /** A thread that ended before its first answer is not replaced: another would end the same way. */
  #close(queue: ThreadQueue): void {
    this.#threads.delete(queue)
    if (!queue.answered) this.#mostThreads = 0
  }
}

/** A thread and its queue. */
interface ThreadQueue {
  readonly thread: VerifierThread
  frames: number
  /** Large frames are in the queue. */
  hasLarge: boolean
  answered: boolean
}

function isBusier(one: ThreadQueue, other: ThreadQueue): boolean {
  return one.hasLarge === other.hasLarge ? one.frames > other.frames : one.hasLarge
}

function groupFrom(waiting: ReadRequest[]): readonly ReadRequest[] {
  let frames = 0
  for (let characters = 0; frames < GROUP && characters < GROUP_CHARACTERS; frames++) {
    characters += waiting[frames]?.compact.length ?? GROUP_CHARACTERS
  }
  return waiting.splice(0, frames)
}

function groupOf(readings: readonly ReadRequest[]): Group {
  return {
    frames: readings.map(({ compact }) => compact),
    devices: readings.map(({ from }) => from.device),
    epochs: readings.map(({ from }) => from.epoch),
    keys: readings.map(({ from }) => from.applicationKey),
  }
}

/** @returns false if the thread did not verify the frame, so that it must be read here. */
function deliver(reading: ReadRequest, read: GroupRead | undefined, at: number): boolean {
  const payload = read?.payloads[at]
  const hash = read?.hashes[at]
  if (payload === undefined || hash === undefined) return false
  if (reading.wanted) {
    const { device, epoch } = reading.from
    const evidence: Evidence = JSON.parse(payload) // the thread checked it against the schema
    reading.held({ device, epoch, evidence, compact: reading.compact, hash })
  } else reading.dropped()
  return true
}

function readHere(reading: ReadRequest): void {
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

/** More threads would wait for the main loop, which does everything else. */
const MAX_VERIFIERS = 2

/** The threads load their own file. With one core there are none. */
export async function openVerifiers(
  { log }: { readonly log: Log },
  queue: Pick<Ingest, 'expectMore'>,
): Promise<Verifiers> {
  const threads = Math.min(availableParallelism() - 1, MAX_VERIFIERS)
  const { startVerifierThread } = await import('./verifier-thread.ts')
  return verifiers(
    { log, startThread: () => startVerifierThread({ log }), expectMore: () => queue.expectMore() },
    { threads },
  )
}
