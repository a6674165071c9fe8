import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Canary } from './enforcement/canary.ts'
import type { ExecGate, ExecGateInit } from './enforcement/exec-gate.ts'
import type { NetworkCut } from './enforcement/network-cut.ts'
import type { TerminalLine } from './enforcement/terminal-line.ts'
import type { RegisteredHosts } from './facts/messaging-hosts.ts'
import type { WindowsFacts } from './facts/windows-facts.ts'
import type { FileMark, FileReader, TrustedFileReader } from './files/files.ts'
import type { Freezer } from './freezer/freezer.ts'
import type { Mounts } from './mounts/mounts.ts'
import type { ReaderRights } from './privileges/reader-rights.ts'
import type { JobFiles } from './processes/job-files.ts'
import type { ProcessDetails } from './processes/process-details.ts'
import type { ProcessEventSource } from './processes/process-events.ts'
import type { ProcessTable } from './processes/process-table.ts'
import type { ProgramResolver } from './processes/program-resolver.ts'
import type { ProgramInit, RunningProgram } from './program/command.ts'
import type { ListenLocal } from './socket/local-listener.ts'
import type { Peers } from './socket/peers.ts'
import type { LocalUser, Users } from './users/users.ts'

/**
 * The interface of an operating system. Linux, macOS and Windows implement it in `platform/`; `platform/this-platform.ts`
 * chooses. Optional members are absent on a system that lacks them. Other missing parts throw `NOT_SUPPORTED` when used.
 */

export type PlatformName = 'linux' | 'darwin' | 'windows'

/** What the daemon uses of the system. */
export interface Platform {
  readonly name: PlatformName
  /** The user this process runs as. */
  readonly ownUserId: string
  /** Our pid as `processes` lists it. */
  readonly ownPid: number
  readonly processes: ProcessTable
  /** Without it, processes are found by scans alone. */
  readonly processEvents?: ProcessEventSource | undefined
  readonly processDetails?: ProcessDetails | undefined
  readonly jobFiles?: JobFiles | undefined
  readonly programs?: ProgramResolver | undefined
  /** Absent where nothing can be stopped. `name` keeps apart the daemons of one machine. */
  readonly openFreezer?: ((name: string) => Freezer) | undefined
  /** Where daemons that enforce stops leave a mark for each other; only root can write to it. Absent where none is left. */
  readonly enforcersFolder?: string | undefined
  /** Absent where programs cannot be held as they start. `name` as above. @throws `ADDON_UNAVAILABLE`, `NOT_SUPPORTED`. */
  readonly openExecGate?:
    | ((name: string, callbacks: Pick<ExecGateInit, 'onHeld' | 'onUnheld' | 'onFault'>) => ExecGate)
    | undefined
  /** What a drill freezes. `name` as above. @throws as `startCanary`; `ADDON_UNAVAILABLE`. */
  readonly startCanary?: ((name: string, options: { signal: AbortSignal }) => Promise<Canary>) | undefined
  /** Of stopped processes. */
  readonly network?: NetworkCut | undefined
  readonly terminal?: TerminalLine | undefined
  readonly users: Users
  readonly trustedFiles: TrustedFileReader
  readonly mounts: Mounts
  readonly peers: Peers
  /** What the checks ask on Windows. */
  readonly windowsFacts?: WindowsFacts | undefined
  /** Absent: on a Unix socket. */
  readonly listenLocal?: ListenLocal | undefined
  /** Starts the reader of a home as its user. Absent where the reader becomes that user by itself. */
  readonly startReader?: ((init: ProgramInit, user: Pick<LocalUser, 'id'>) => Promise<RunningProgram>) | undefined
  /** Absent if the daemon cannot report to one on this system. */
  readonly service?: ServiceManager
  /** How long the main thread has waited for a processor. Milliseconds; undefined where the system does not tell. */
  readonly waitedForProcessorMs?: () => number | undefined
  /** Where the service that runs this program is described. Absent when no service manager started it. */
  readonly serviceFiles?: Omit<InstallationPlaces, 'program' | 'runtime'> | undefined
  /** How long the other services have been running, without sleep. Milliseconds; undefined where nothing tells. */
  readonly servicesUpMs?: () => number | undefined
  /** Returns free heap memory of the C library to the system. */
  readonly trimMemory?: () => void
}

/** Where the parts of an installed daemon lie. What is absent is no part. */
export interface InstallationPlaces {
  /** The folder of the program; absent for a checkout, whose files a developer changes. */
  readonly program?: string | undefined
  /** What else runs: the runtime. */
  readonly runtime?: string | undefined
  /** Files of the service manager. They come with a package, and an upgrade replaces them. */
  readonly packaged: readonly string[]
  /** Files and folders in which an administrator changes the service. An upgrade leaves them alone. */
  readonly local: readonly string[]
  /** What else describes the service, such as values of the registry, by name. @throws when it cannot be read. */
  readonly facts?: (() => Readonly<Record<string, string>>) | undefined
}

/** What the reader child uses of the system. Separate, so that the child loads little: it is started for each home. */
export interface ReaderPlatform {
  readonly name: PlatformName
  readonly mounts: Mounts
  /** Files of one home, read with the rights of its user. */
  openHomeFiles(): FileReader & Disposable
  /** Undefined if it cannot be read. */
  readMark(path: string): FileMark | 'absent' | undefined
  /** What the registry of Windows says of a user's browsers. Asked for with the rights of that user. Absent elsewhere. */
  readonly messagingHosts?: (userId: string) => RegisteredHosts
  /** Irreversible. @throws `NOT_PERMITTED`, `NOT_SUPPORTED`; the caller must then read nothing. */
  becomeUser(user: Pick<LocalUser, 'id' | 'posix'>): ReaderRights
}

/** Such as systemd. Calls never throw. */
export interface ServiceManager {
  /** It starts the daemon again when that ends with exit code 75. */
  readonly startsAgain: boolean
  /** The daemon answers on its local socket. */
  ready(): void
  stopping(): void
}

export interface PlatformComponents {
  readonly log: Log
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>
}

export interface PlatformInit {
  /** `NOTIFY_SOCKET` of the environment. */
  readonly notifySocket?: string | undefined
  /** `WATCHDOG_USEC` of the environment. Microseconds. */
  readonly watchdogUs?: number | undefined
}
