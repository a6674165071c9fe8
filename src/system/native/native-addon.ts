import { findAddon, requireAddon } from '../files/addon-file.ts'
import { requireTrustedProgramFile } from '../files/own/trusted-code.ts'
import { builtAddonName } from '../files/this-system.ts'

/** The functions of `native/linux/addon/`; see `native/linux/addon/surety-native.h`. */
export interface NativeAddon {
  peerCredentials(fd: number): { pid: number; uid: number; gid: number; pidfd: number }
  processEnded(pidfd: number): boolean
  /** Marks every open descriptor, so that no child inherits it. */
  closeOnExec(): void
  /** Lets all threads share one heap of the C library, and puts large blocks outside of it, so that freed memory is given back. */
  keepHeapSmall(): void
  /** Gives memory that the C library keeps for later back to the kernel. */
  trimMemory(): void
  /** Sends `text` to the socket of the service manager. Throws an Error with the system call as its code. */
  notifyService(socket: string, text: string): void
  /** See `processes/linux/process-events.ts`. Throws an Error with the system call as its code when the kernel refuses. */
  watchProcesses(
    buffer: Uint8Array,
    wanted: number,
    receiveBytes: number,
    variables: string,
    files: boolean,
    callback: (bytes: number, lost: number) => void,
  ): NativeWatch
  /** See `processes/linux/process-table.ts`. False when the process has ended or may not be seen. */
  readProcess(pid: number, numbers: Float64Array, text: Uint8Array, environment: boolean): boolean
  /** See `processes/linux/program-resolver.ts`. Bytes of `text`, or below zero. */
  resolveProgram(
    pid: number,
    startTicks: number,
    uid: number,
    path: string,
    executable: boolean,
    manifest: boolean,
    text: Uint8Array,
  ): number
  /** See `freezer/linux.ts`. Throws an Error when its thread cannot start. */
  openFreezer(forks: number, cgroup2: string, cgroup1: string): NativeFreezer
  /** Reads many processes at once; answers how many, from the first on. */
  readProcesses(pids: Int32Array, numbers: Float64Array, text: Uint8Array): number
}

/** The freezer, as the addon hands it over; see `openFreezer` in `native/linux/addon/surety-native.h`. */
export interface NativeFreezer {
  /** Descriptors of the roots of both hierarchies, below zero where there is none. */
  readonly cgroup2: number
  readonly cgroup1: number
  readonly forksTold: boolean
  own(pids: Int32Array, owners: Uint32Array): void
  warm(): void
  urgent(on: boolean): void
  thawUnits(base: string): void
  freeze(
    base: string,
    ids: string,
    owners: Uint32Array,
    targets: Float64Array,
    rows: Float64Array,
    callback: (count: number, flags: number, confirmedUs: number, pausedUs: number) => void,
  ): void
  close(): void
}

/** A watch of processes, as the addon hands it over. */
export interface NativeWatch {
  close(): void
  /** Calls back at once with what waits. */
  take(): void
  watchProcess(pid: number, forks: boolean): void
  /** Texts that each end in NUL. */
  setFilter(names: string, parts: string, beginnings: string): void
  readonly filesFault?: string
}

const FUNCTIONS: readonly (keyof NativeAddon)[] = [
  'peerCredentials',
  'processEnded',
  'closeOnExec',
  'keepHeapSmall',
  'trimMemory',
  'notifyService',
  'openFreezer',
  'readProcess',
  'readProcesses',
  'resolveProgram',
  'watchProcesses',
]

/** As `loadAddon`, the addon of Linux. */
export function loadNativeAddon(init: { readonly folder?: string } = {}): NativeAddon {
  return loadAddon(FUNCTIONS, init)
}

/**
 * Loads the addon beside the program by its absolute path. A file that another user could have written is not loaded.
 *
 * @param functions that it must have; an addon of another version has others.
 * @param init.folder of the program; for tests.
 * @throws `ADDON_UNAVAILABLE`, with the reason: it was not built, or cannot be trusted or loaded.
 */
export function loadAddon<T>(functions: readonly (keyof T)[], init: { readonly folder?: string } = {}): T {
  const path = findAddon(init.folder ?? import.meta.dirname, builtAddonName())
  requireTrustedProgramFile(path, 'ADDON_UNAVAILABLE')
  return requireAddon(path, functions)
}
