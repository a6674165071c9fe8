import { SuretyError } from '../../../base/errors.ts'

/** One process of the list that Windows keeps. */
export interface WindowsProcess {
  readonly pid: number
  /** The process that started it. That one may have ended, and its pid may belong to another process. */
  readonly parentPid: number
  /** Microseconds since 1970. */
  readonly startedUs: number
  /** Of the log-on: 0 for services. */
  readonly sessionId: number
  readonly name: string
}

/** Where SYSTEM_PROCESS_INFORMATION of a 64-bit system has what we read. */
const NEXT = 0x00
const CREATED = 0x20
const NAME_BYTES = 0x38
const NAME_AT = 0x40
const PID = 0x50
const PARENT = 0x58
const SESSION = 0x64
const LEAST_BYTES = 0x68
const MAX_PROCESSES = 100_000

/**
 * Reads what `listProcesses` of the addon wrote: the structures of Windows with distances in place of pointers.
 *
 * @throws `INPUT_MALFORMED` when they do not lie as they should: no list at all is better than a part of one.
 */
export function parseWindowsProcesses(bytes: Uint8Array): WindowsProcess[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const processes: WindowsProcess[] = []
  for (let at = 0; ; ) {
    if (at + LEAST_BYTES > view.byteLength) throw malformed('it ends within a process')
    if (processes.length === MAX_PROCESSES) throw malformed(`more than ${MAX_PROCESSES} processes`)
    processes.push(parseOne(view, at))
    const next = view.getUint32(at + NEXT, true)
    if (next === 0) return processes
    if (next < LEAST_BYTES) throw malformed('two processes overlap')
    at += next
  }
}

function parseOne(view: DataView, at: number): WindowsProcess {
  return {
    pid: whole(view, at + PID),
    parentPid: whole(view, at + PARENT),
    startedUs: microsecondsOf(view.getBigInt64(at + CREATED, true)),
    sessionId: view.getUint32(at + SESSION, true),
    name: nameAt(view, whole(view, at + NAME_AT), view.getUint16(at + NAME_BYTES, true)),
  }
}

/** The idle process has none. */
function nameAt(view: DataView, at: number, bytes: number): string {
  if (at === 0 || bytes === 0) return ''
  if (at + bytes > view.byteLength) throw malformed('a name lies outside')
  return new TextDecoder('utf-16le').decode(new Uint8Array(view.buffer, view.byteOffset + at, bytes))
}

function whole(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true)
  if (value > 0xffff_ffffn) throw malformed('a number is too large')
  return Number(value)
}

/** 1601 to 1970, in units of 100 ns. */
const EPOCH = 116_444_736_000_000_000n

/** A FILETIME counts 100 ns since 1601, more than a number holds exactly. 0 for what is older than 1970: idle and System. */
export function microsecondsOf(fileTime: bigint): number {
  return fileTime < EPOCH ? 0 : Number((fileTime - EPOCH) / 10n)
}

function malformed(what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `the list of processes: ${what}`)
}

/** Revision, count of sub-authorities, and the authority in 48 big-endian bits. */
const SID_HEADER_BYTES = 8
const MAX_SUB_AUTHORITIES = 15

/** A SID as Windows lays it out, in text: `S-1-5-21-…`. Undefined for other bytes. */
export function parseSid(bytes: Uint8Array): string | undefined {
  const count = bytes[1] ?? 0
  if (bytes[0] !== 1 || count < 1 || count > MAX_SUB_AUTHORITIES || bytes.length !== SID_HEADER_BYTES + count * 4) {
    return undefined
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [high, low] = [view.getUint16(2), view.getUint32(4)]
  const hex = (high * 2 ** 32 + low).toString(16).toUpperCase().padStart(12, '0')
  const parts = Array.from({ length: count }, (_, at) => view.getUint32(SID_HEADER_BYTES + at * 4, true))
  return ['S-1', high === 0 ? low : `0x${hex}`, ...parts].join('-')
}
