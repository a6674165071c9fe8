import { Buffer } from 'node:buffer'
import { SuretyError } from '../../../base/errors.ts'

/** What struct proc_bsdinfo tells of one process. */
export interface DarwinProcess {
  readonly pid: number
  readonly parentPid: number
  /** Of the effective user. */
  readonly uid: number
  /** Microseconds since 1970. */
  readonly startedUs: number
  /** 0 without one. */
  readonly ttyNumber: number
  readonly name: string
}

export const BSD_INFO_BYTES = 136
/** Where it has what we read; see sys/proc_info.h. */
const PID = 12
const PARENT = 16
const UID = 20
const SHORT_NAME = 48
const SHORT_NAME_BYTES = 16
const LONG_NAME = 64
const LONG_NAME_BYTES = 32
const TERMINAL = 108
const NO_TERMINAL = 0xffff_ffff
const STARTED_SECONDS = 120
const STARTED_MICROSECONDS = 128

/** @throws `INPUT_MALFORMED` for other bytes than the structure's, or a time that cannot be. */
export function parseBsdInfo(bytes: Uint8Array): DarwinProcess {
  if (bytes.length < BSD_INFO_BYTES) throw malformed('it is too short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seconds = view.getBigUint64(STARTED_SECONDS, true)
  const microseconds = view.getBigUint64(STARTED_MICROSECONDS, true)
  const startedUs = seconds * 1_000_000n + microseconds
  if (microseconds >= 1_000_000n || startedUs > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('that is no time')
  const terminal = view.getUint32(TERMINAL, true)
  return {
    pid: view.getUint32(PID, true),
    parentPid: view.getUint32(PARENT, true),
    uid: view.getUint32(UID, true),
    startedUs: Number(startedUs),
    ttyNumber: terminal === NO_TERMINAL ? 0 : terminal,
    name: textAt(bytes, LONG_NAME, LONG_NAME_BYTES) || textAt(bytes, SHORT_NAME, SHORT_NAME_BYTES),
  }
}

/** Ends at the first zero, or with the field. */
function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return Buffer.from(field.subarray(0, end === -1 ? length : end)).toString('utf8')
}

/** PROC_PIDTASKINFO and its struct proc_taskinfo. */
export const TASK_INFO = 4
export const TASK_INFO_BYTES = 96
const CPU_TIMES = 16
const CONTEXT_SWITCHES = 80

/** Another text once any of its threads ran. @throws `INPUT_MALFORMED` for other bytes than the structure's. */
export function parseTaskActivity(bytes: Uint8Array): string {
  if (bytes.length < TASK_INFO_BYTES) throw malformed('its times are cut')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [user, system] = [view.getBigUint64(CPU_TIMES, true), view.getBigUint64(CPU_TIMES + 8, true)]
  return `${user} ${system} ${view.getInt32(CONTEXT_SWITCHES, true)}`
}

/** csops(2) about one process. */
export const SIGNATURE_STATUS = 0
export const SIGNATURE_IDENTITY = 11
export const SIGNATURE_TEAM = 14
export const SIGNATURE_BYTES = 1_024
const IS_VALID = 0x1
const IS_AD_HOC = 0x2
const IS_OF_SYSTEM = 0x0400_0000

export interface DarwinSignature {
  /** The kernel checks each page that it runs. */
  readonly isValid: boolean
  /** Nobody answers for it: made on this machine, or by a build. */
  readonly isAdHoc: boolean
  /** Part of macOS. */
  readonly isOfSystem: boolean
}

/** CS_OPS_STATUS: flags of sys/codesign.h. @throws `INPUT_MALFORMED`. */
export function parseSignatureStatus(bytes: Uint8Array): DarwinSignature {
  if (bytes.length < 4) throw malformed('its signature is cut')
  const flags = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)
  const has = (flag: number) => (flags & flag) !== 0
  return { isValid: has(IS_VALID), isAdHoc: has(IS_AD_HOC), isOfSystem: has(IS_OF_SYSTEM) }
}

/** CS_OPS_IDENTITY and CS_OPS_TEAMID: a type, the length of all in the order of networks, then text. @throws `INPUT_MALFORMED`. */
export function parseSignatureText(bytes: Uint8Array): string {
  if (bytes.length < 8) throw malformed('its signature is cut')
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4)
  if (length < 8 || length > bytes.length) throw malformed('its signature is cut')
  return textAt(bytes, 8, length - 8)
}

export interface DarwinArguments {
  readonly argv: readonly string[]
  /** `NAME=value`, zeros between; empty where macOS keeps it back, as it does of its own programs. */
  readonly environment: string
}

/** More than any program takes. */
const MAX_ARGUMENTS = 65_536

/**
 * Reads what KERN_PROCARGS2 tells: the count of arguments, the path that was executed, zeros up to a word, the arguments,
 * the environment, and after an empty text what the kernel told the loader.
 *
 * @throws `INPUT_MALFORMED` when the arguments do not all lie in it.
 */
export function parseProcessArguments(bytes: Uint8Array): DarwinArguments {
  if (bytes.length < 4) throw malformed('the count of arguments is missing')
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)
  if (count > MAX_ARGUMENTS) throw malformed(`${count} arguments`)
  let at = bytes.indexOf(0, 4)
  while (at !== -1 && bytes[at] === 0) at++
  if (at === -1) throw malformed('the path does not end')
  const argv: string[] = []
  while (argv.length < count) {
    const end = bytes.indexOf(0, at)
    if (end === -1) throw malformed('an argument does not end')
    argv.push(Buffer.from(bytes.subarray(at, end)).toString('utf8'))
    at = end + 1
  }
  return { argv, environment: environmentAt(bytes, at) }
}

/** Up to the first empty text. */
function environmentAt(bytes: Uint8Array, start: number): string {
  let at = start
  while (at < bytes.length && bytes[at] !== 0) {
    const end = bytes.indexOf(0, at)
    if (end === -1) break
    at = end + 1
  }
  return Buffer.from(bytes.subarray(start, at)).toString('utf8')
}

function malformed(what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `a process of macOS: ${what}`)
}
