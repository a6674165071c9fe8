import { Buffer } from 'node:buffer'
import { readEnvironmentNames } from './environment-block.ts'
import type { ProcessEvent, StartedProcess } from './process-events.ts'
import { splitArguments, withoutMark } from './process-text.ts'

/** Reads the records of `native/process-records.h`, which says what they look like. */

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
const NUMBERS = 6
const LENGTHS_AT = HEAD_BYTES + NUMBERS * 8
const TEXT_AT = LENGTHS_AT + 24
const STATES = ['read', 'gone', 'unread'] as const

/** @param bytes whole records, from an address that is a multiple of 8. */
export function readProcessEvents(bytes: Uint8Array, kinds: ReadonlySet<ProcessEvent['kind']>): ProcessEvent[] {
  const events: ProcessEvent[] = []
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + HEAD_BYTES <= buffer.length; ) {
    const kind = kindOf(buffer.readUInt32LE(at))
    const length = buffer.readUInt32LE(at + 12)
    const pid = buffer.readUInt32LE(at + 4)
    if (kind !== undefined && kinds.has(kind)) {
      if (kind === 'fork') events.push({ kind, pid, parentPid: buffer.readUInt32LE(at + 8) })
      else if (kind === 'exec') events.push(readExec(buffer, at, pid))
      else events.push({ kind, pid })
    }
    at += Math.max(length, HEAD_BYTES)
  }
  return events
}

function kindOf(bit: number): ProcessEvent['kind'] | undefined {
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

function readExec(buffer: Buffer, at: number, pid: number): ProcessEvent {
  let text = at + TEXT_AT
  const part = (index: number) => {
    const length = buffer.readInt32LE(at + LENGTHS_AT + index * 4)
    if (length < 0) return undefined
    text += length
    return buffer.toString('utf8', text - length, text)
  }
  const comm = part(0) ?? ''
  const path = part(1)
  const executable = path === undefined ? undefined : withoutMark(path)
  const state = STATES[buffer.readInt32LE(at + LENGTHS_AT + 20)]
  if (state !== 'read') return { kind: 'exec', pid, process: state ?? 'unread', executable }
  const argv = part(2)
  const names = part(3)
  const workingFolder = part(4)
  const number = (index: number) => buffer.readDoubleLE(at + HEAD_BYTES + index * 8)
  const environment = names === undefined ? undefined : readEnvironmentNames(names)
  const stackStart = number(5)
  const process: StartedProcess = {
    ...{ pid, parentPid: number(0), sessionId: number(1), ttyNumber: number(2), startTicks: number(3) },
    ...{ uid: number(4), comm, executable, argv: splitArguments(argv ?? '') },
    ...(argv === undefined ? { argumentsUnread: true as const } : {}),
    ...(stackStart > 0 ? { stackStart } : {}),
    environmentNames: environment?.names,
    sessionMarkers: environment?.markers ?? {},
    workingFolder,
  }
  return { kind: 'exec', pid, process }
}
