import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describeError, SuretyError } from '../../base/errors.ts'
import { requireTrustedProgramFile } from '../files/trusted-code.ts'

/** The functions of `native/linux/`; see `native/linux/surety-native.h`. */
export interface NativeAddon {
  peerCredentials(fd: number): { pid: number; uid: number; gid: number; pidfd: number }
  processEnded(pidfd: number): boolean
  closeOnExec(): void
  /** Threads share one heap of the C library from now on, and large blocks lie outside of it: else it keeps memory that nobody uses. */
  keepHeapSmall(): void
  /** Gives what the C library keeps for later back to the kernel. */
  trimMemory(): void
  /** See `linux-process-events.ts`. Throws an Error with the system call as its code when the kernel refuses. */
  watchProcesses(
    buffer: Uint8Array,
    wanted: number,
    receiveBytes: number,
    variables: string,
    files: boolean,
    callback: (bytes: number, lost: number) => void,
  ): NativeWatch
  /** See `linux-processes.ts`. False when the process has ended or may not be seen. */
  readProcess(pid: number, numbers: Float64Array, text: Uint8Array, environment: boolean): boolean
  /** See `linux-program-resolver.ts`. Bytes of `text`, or below zero. */
  resolveProgram(
    pid: number,
    startTicks: number,
    uid: number,
    path: string,
    executable: boolean,
    manifest: boolean,
    text: Uint8Array,
  ): number
  /** Many of them, as many as it says, from the first on. */
  readProcesses(pids: Int32Array, numbers: Float64Array, text: Uint8Array): number
}

/** A watch of processes, as the addon answers it. */
export interface NativeWatch {
  close(): void
  /** Calls back at once with what waits to be told. */
  take(): void
  mind(pid: number, forks: boolean): void
  /** Each of them texts that end in NUL. */
  heed(names: string, parts: string, beginnings: string): void
  readonly filesFault?: string
}

const FUNCTIONS: readonly (keyof NativeAddon)[] = [
  'peerCredentials',
  'processEnded',
  'closeOnExec',
  'keepHeapSmall',
  'trimMemory',
  'readProcess',
  'readProcesses',
  'resolveProgram',
  'watchProcesses',
]
const NAME = 'surety-native.node'
/** Beside the bundle, beside the folder of its chunks, or where the sources build it. */
const PLACES = [NAME, `../${NAME}`, `../../../native/build/${NAME}`]

/**
 * Loads the addon that lies beside the program, by its absolute path; a file that another user could have written is
 * not loaded.
 *
 * @param init.folder of the program; for tests.
 * @throws `ADDON_UNAVAILABLE`, saying why: it was not built, or cannot be trusted or loaded.
 */
export function loadNativeAddon(init: { readonly folder?: string } = {}): NativeAddon {
  const candidates = PLACES.map((place) => join(init.folder ?? import.meta.dirname, place))
  const path = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true)
  if (path === undefined) {
    throw new SuretyError('ADDON_UNAVAILABLE', 'the native addon was not built: npm run build:native says why')
  }
  requireTrustedProgramFile(path, 'ADDON_UNAVAILABLE')
  try {
    const loaded: unknown = createRequire(import.meta.url)(path)
    if (isNativeAddon(loaded)) return loaded
  } catch (cause) {
    throw new SuretyError('ADDON_UNAVAILABLE', `${path} cannot be loaded: ${describeError(cause)}`, { cause })
  }
  throw new SuretyError('ADDON_UNAVAILABLE', `${path} is not the addon of this version`)
}

function isNativeAddon(value: unknown): value is NativeAddon {
  if (typeof value !== 'object' || value === null) return false
  const functions: Readonly<Record<string, unknown>> = { ...value }
  return FUNCTIONS.every((name) => typeof functions[name] === 'function')
}
