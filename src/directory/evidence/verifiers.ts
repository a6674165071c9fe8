import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Evidence } from '../../protocol/evidence.ts'
import { type EvidenceFrame, type NamedSender, readEvidence } from './evidence-frame.ts'
import type { Group, GroupRead, VerifierThread } from './verifier-thread.ts'

/** A frame that came, and what is told of it, once. */
export interface Reading {
  readonly compact: string
  readonly from: NamedSender
  held(frame: EvidenceFrame): void
  /** @param error as `readEvidence` throws. */
  broken(error: unknown): void
}

/** Reads evidence: here, or in threads beside the loop when much of it comes at once. */
export interface Verifiers extends AsyncDisposable {
  /** It may be told of at once. */
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
/** What is with one thread at most: the loop may be away for so long, reading sockets or writing to disk. */
const AHEAD = 512
const AHEAD_CHARACTERS = 16 * 1024 * 1024
/** Frames that the loop itself reads before it looks at its sockets again, when the threads have enough to do. */
const OWN_SHARE = 16
/** So few are read here and now: it takes longer to ask a thread. */
const FEW = 2
/** What waits lies in memory: beyond that the oldest is read here and now, and meanwhile nothing more comes. */
const MOST_WAITING = 16_384
const MOST_WAITING_CHARACTERS = 64 * 1024 * 1024

export function verifiers(components: VerifiersComponents, init: VerifiersInit): Verifiers {
  return new EvidenceVerifiers(components, init)
}

class EvidenceVerifiers implements Verifiers {
  readonly #components: VerifiersComponents
  #mostThreads: number
  readonly #desks = new Set<Desk>()
  readonly #waiting: Reading[] = []
  #characters = 0
  #scheduled = false

  constructor(components: VerifiersComponents, { threads }: VerifiersInit) {
    this.#components = components
    this.#mostThreads = threads
  }

  read(reading: Reading): void {
    if (this.#mostThreads > 0) {
      this.#waiting.push(reading)
      this.#characters += reading.compact.length
      this.#schedule()
      if (this.#isTooMuch()) this.#feed()
      while (this.#isTooMuch()) this.#readSome(1)
    } else readHere(reading)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#mostThreads = 0
    await Promise.all([...this.#desks].map(({ thread }) => thread.end()))
  }

  #isTooMuch(): boolean {
    return this.#waiting.length > MOST_WAITING || this.#characters > MOST_WAITING_CHARACTERS
  }

  /** Once the sockets were read: what came together is read together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#look())
  }

  #look(): void {
    this.#scheduled = false
    const quiet = [...this.#desks].every(({ frames }) => frames === 0)
    if (!quiet || this.#waiting.length > FEW) this.#feed()
    this.#readSome(OWN_SHARE)
    if (this.#waiting.length > 0) this.#schedule()
  }

  #feed(): void {
    while (this.#waiting.length > 0) {
      const desk = this.#freeDesk()
      if (desk === undefined) return
      this.#ask(desk, this.#takeGroup())
    }
  }

  #readSome(most: number): void {
    for (const reading of this.#take(most)) readHere(reading)
  }

  #takeGroup(): readonly Reading[] {
    let frames = 0
    for (let characters = 0; frames < GROUP && characters < GROUP_CHARACTERS; frames++) {
      characters += this.#waiting[frames]?.compact.length ?? GROUP_CHARACTERS
    }
    return this.#take(frames)
  }

  #take(most: number): readonly Reading[] {
    const taken = this.#waiting.splice(0, most)
    this.#characters -= charactersOf(taken)
    return taken
  }

  #freeDesk(): Desk | undefined {
    const free = [...this.#desks].filter((desk) => desk.frames < AHEAD && desk.characters < AHEAD_CHARACTERS)
    const [first, ...others] = free
    if (first !== undefined) return others.reduce((least, desk) => (desk.frames < least.frames ? desk : least), first)
    if (this.#desks.size >= this.#mostThreads) return undefined
    try {
      const desk = { thread: this.#components.startThread(), frames: 0, characters: 0, answered: false }
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
    const characters = charactersOf(readings)
    desk.frames += readings.length
    desk.characters += characters
    desk.thread.read(groupOf(readings), (read) => {
      came()
      desk.frames -= readings.length
      desk.characters -= characters
      if (read === undefined) this.#close(desk)
      else desk.answered = true
      for (const [at, reading] of readings.entries()) tell(reading, read, at)
      this.#feed()
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
  characters: number
  answered: boolean
}

function charactersOf(readings: readonly Reading[]): number {
  return readings.reduce((sum, { compact }) => sum + compact.length, 0)
}

function groupOf(readings: readonly Reading[]): Group {
  return {
    frames: readings.map(({ compact }) => compact),
    devices: readings.map(({ from }) => from.device),
    epochs: readings.map(({ from }) => from.epoch),
    keys: readings.map(({ from }) => from.applicationKey),
  }
}

function tell(reading: Reading, read: GroupRead | undefined, at: number): void {
  const payload = read?.payloads[at]
  const hash = read?.hashes[at]
  if (payload === undefined || hash === undefined) readHere(reading)
  else {
    const { device, epoch } = reading.from
    const evidence: Evidence = JSON.parse(payload) // the thread held it against its schema
    reading.held({ device, epoch, evidence, compact: reading.compact, hash })
  }
}

function readHere(reading: Reading): void {
  let frame: EvidenceFrame
  try {
    frame = readEvidence(reading.compact, reading.from)
  } catch (error) {
    reading.broken(error)
    return
  }
  reading.held(frame)
}
