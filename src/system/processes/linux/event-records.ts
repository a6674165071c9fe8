import { Buffer } from 'node:buffer'
import { userIdOf } from '../../../base/text/user-id.ts'
import { type EnvironmentBlock, readEnvironmentNames } from '../environment-block.ts'
import type { ProcessEvent, StartedProcess } from '../process-events.ts'
import { programFileAt } from './process-table.ts'
import { splitArguments, withoutMark } from './process-text.ts'

/** Reads the records of `native/linux/addon/process-watch/event-records.h`, which says what they look like. */

/** Their bits in cn_proc.h. */
export const EVENT_BITS: Readonly<Record<ProcessEvent['kind'], number>> = {
  fork: 1,
  exec: 2,
  session: 128,
  exit: 2147483648,
}
/** The longest: all that is read of a process, twice 128 KiB and three names. */
export const RECORD_ROOM = 320 * 1024
const HEAD_BYTES = 16
const NUMBERS = 10
const PROGRAM_FILE = 6
const LENGTHS_AT = HEAD_BYTES + NUMBERS * 8
const TEXT_AT = LENGTHS_AT + 24
const STATES = ['read', 'gone', 'unread'] as const

/** Environments that were read last: children mostly have that of their parent. */
const MAX_ENVIRONMENTS = 64
const MAX_KEPT_TEXT = 8 * 1024

/** Reads what the addon puts into `bytes`, again and again: the beginning of an array buffer, of whole records. */
export class ProcessEventRecords {
  readonly #kinds: ReadonlySet<ProcessEvent['kind']>
  readonly #text: Buffer
  readonly #words: Uint32Array
  readonly #lengths: Int32Array
  readonly #numbers: Float64Array
  readonly #environments = new Map<string, EnvironmentBlock>()

  /** @param kinds others are left out. */
  constructor(bytes: Uint8Array<ArrayBuffer>, kinds: ReadonlySet<ProcessEvent['kind']>) {
    const { buffer } = bytes
    this.#kinds = kinds
    this.#text = Buffer.from(buffer)
    this.#words = new Uint32Array(buffer)
    this.#lengths = new Int32Array(buffer)
    this.#numbers = new Float64Array(buffer)
  }

  /** @param used bytes that hold records now. */
  read(used: number): ProcessEvent[] {
    const events: ProcessEvent[] = []
    const words = this.#words
    for (let at = 0; at + HEAD_BYTES <= used; ) {
      const word = at / 4
      const kind = kindOf(words[word])
      const pid = words[word + 1] ?? 0
      if (kind !== undefined && this.#kinds.has(kind)) {
        if (kind === 'fork') events.push({ kind, pid, parentPid: words[word + 2] ?? 0 })
        else if (kind === 'exec') events.push(this.#exec(at, pid))
        else events.push({ kind, pid })
      }
      at += Math.max(words[word + 3] ?? 0, HEAD_BYTES)
    }
    return events
  }

  #exec(at: number, pid: number): ProcessEvent {
    const lengths = (at + LENGTHS_AT) / 4
    let text = at + TEXT_AT
    const part = (index: number) => {
      const length = this.#lengths[lengths + index] ?? -1
      if (length < 0) return undefined
      text += length
      return this.#text.toString('utf8', text - length, text)
    }
    const comm = part(0) ?? ''
    const path = part(1)
    const executable = path === undefined ? undefined : withoutMark(path)
    const state = STATES[this.#lengths[lengths + 5] ?? -1]
    if (state !== 'read') return { kind: 'exec', pid, process: state ?? 'unread', executable }
    const argv = part(2)
    const names = part(3)
    const workingFolder = part(4)
    const number = (index: number) => this.#numbers[(at + HEAD_BYTES) / 8 + index] ?? 0
    const environment = names === undefined ? undefined : this.#environment(names)
    const stackStart = number(5)
    const process: StartedProcess = {
      pid,
      parentPid: number(0),
      sessionId: number(1),
      ttyNumber: number(2),
      startTicks: number(3),
      userId: userIdOf(number(4)),
      comm,
      executable,
      argv: splitArguments(argv ?? ''),
      ...(argv === undefined ? { argumentsUnread: true as const } : {}),
      ...(stackStart > 0 ? { stackStart } : {}),
      ...programFileAt(this.#numbers, (at + HEAD_BYTES) / 8 + PROGRAM_FILE),
      environmentNames: environment?.names,
      sessionMarkers: environment?.markers ?? {},
      workingFolder,
    }
    return { kind: 'exec', pid, process }
  }

  #environment(text: string): EnvironmentBlock {
    const known = this.#environments.get(text)
    if (known !== undefined) return known
    const read = readEnvironmentNames(text)
    if (text.length > MAX_KEPT_TEXT) return read
    if (this.#environments.size >= MAX_ENVIRONMENTS) this.#environments.clear()
    this.#environments.set(text, read)
    return read
  }
}

function kindOf(bit: number | undefined): ProcessEvent['kind'] | undefined {
  switch (bit) {
    case EVENT_BITS.fork:
      return 'fork'
    case EVENT_BITS.exec:
      return 'exec'
    case EVENT_BITS.session:
      return 'session'
    case EVENT_BITS.exit:
      return 'exit'
    default:
      return undefined
  }
}
