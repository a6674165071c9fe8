import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { userIdOf } from '../../base/text/user-id.ts'
import { startFileCanary } from '../enforcement/file-canary.ts'
import { DARWIN_FILES_FUNCTIONS, type DarwinFilesAddon, trustedDarwinFiles } from '../files/foreign/darwin.ts'
import { type DarwinFreezerAddon, darwinFreezer } from '../freezer/darwin.ts'
import { type DarwinMountsAddon, darwinMounts } from '../mounts/darwin.ts'
import { loadAddon } from '../native/native-addon.ts'
import { nativeProgram } from '../native/native-program.ts'
import type { Platform, PlatformComponents, ServiceManager } from '../platform.ts'
import { type DarwinDetailsAddon, darwinProcessDetails } from '../processes/darwin/process-details.ts'
import { type DarwinProcessesAddon, darwinProcesses } from '../processes/darwin/process-table.ts'
import { darwinProgramResolver } from '../processes/darwin/program-resolver.ts'
import { polledProcessEvents } from '../processes/polled-events.ts'
import { commandRunner } from '../program/command.ts'
import type { CommandRunner } from '../program/command-runner.ts'
import { STATE_QUERIES } from '../program/query-commands.ts'
import { type DarwinPeersAddon, darwinPeers } from '../socket/darwin-peers.ts'
import { darwinUsers } from '../users/darwin.ts'
import { realHomesComponents } from '../users/real-homes.ts'
import { LAUNCHD_FILES } from './service-files.ts'

/** All functions of `native/darwin/`. */
export type DarwinAddon = DarwinProcessesAddon &
  DarwinDetailsAddon &
  DarwinMountsAddon &
  DarwinPeersAddon &
  DarwinFreezerAddon &
  DarwinServiceAddon &
  DarwinFilesAddon

const FUNCTIONS: readonly (keyof DarwinAddon)[] = [
  ...(['listPids', 'readProcess', 'executable', 'workingFolder', 'arguments'] as const),
  ...(['processInfo', 'descriptorInfo', 'systemText', 'suspendProcess', 'resumeProcess'] as const),
  ...(['codeSignature', 'responsiblePid', 'listMounts', 'peerToken', 'listLogins', 'announce'] as const),
  ...DARWIN_FILES_FUNCTIONS,
]
const POLL_MS = 1_000
const USERS_TIMEOUT_MS = 10_000
const USERS_BYTES = 4 * 1024 * 1024

/** For tests: parts of the system that are recorded. */
export interface DarwinPlatformInit {
  readonly addon?: DarwinAddon
  readonly commands?: CommandRunner
}

/** @throws `ADDON_UNAVAILABLE`: without the addon nothing is known of macOS. */
export function darwinPlatform({ clock, log }: PlatformComponents, init: DarwinPlatformInit = {}): Platform {
  const addon = init.addon ?? loadAddon<DarwinAddon>(FUNCTIONS)
  const commands = init.commands ?? commandRunner()
  const processes = darwinProcesses({ addon })
  const details = darwinProcessDetails({ addon })
  const mounts = darwinMounts({ addon })
  // launchd, and nothing else, is the parent of its jobs.
  const isJob = process.ppid === 1
  return {
    name: 'darwin',
    ownUserId: userIdOf(process.geteuid?.() ?? 0),
    ownPid: process.pid,
    processes,
    processEvents: polledProcessEvents({ processes, clock }, { everyMs: POLL_MS }),
    processDetails: details,
    programs: darwinProgramResolver({ addon, mounts }),
    openFreezer: () =>
      darwinFreezer({
        addon,
        processes,
        activity: (one) => details.activity(one),
        kill: (pid, signal) => process.kill(pid, signal),
      }),
    startCanary: async (_, options) => await startFileCanary(nativeProgram('surety-canary-darwin'), options),
    users: darwinUsers({ readAll: () => readDirectoryUsers(commands), homes: realHomesComponents(mounts.hanging) }),
    trustedFiles: trustedDarwinFiles(addon),
    mounts,
    peers: darwinPeers(addon),
    service: launchdService({ log, addon }, { isJob }),
    serviceFiles: isJob ? LAUNCHD_FILES : undefined,
  }
}

async function readDirectoryUsers(commands: CommandRunner): Promise<string> {
  const [dscl, ...args] = STATE_QUERIES.directoryUsers
  const limits = { timeoutMs: USERS_TIMEOUT_MS, maxOutputBytes: USERS_BYTES }
  const { exitCode, stdout, stderr } = await commands.run(dscl, args, limits)
  if (exitCode === 0) return stdout
  throw new SuretyError('FILE_UNREADABLE', `dscl does not list the users: ${stderr.trim().slice(0, 200)}`)
}

/** What the addon offers on macOS; see `native/darwin/system-state.c`. */
interface DarwinServiceAddon {
  /** Posts a notification. @returns 0, or why notify_post(3) refused. */
  announce(name: string): number
}

interface LaunchdServiceComponents {
  readonly log: Pick<Log, 'warn'>
  readonly addon: DarwinServiceAddon
}

interface LaunchdServiceInit {
  /** launchd started this program, and keeps it running. */
  readonly isJob: boolean
}

export const READY_NOTIFICATION = 'surety.suretyd.ready'
export const STOPPING_NOTIFICATION = 'surety.suretyd.stopping'

/**
 * launchd counts a job as running as soon as it was started. Who wants to know that the daemon answers waits for a notification of
 * the system, with `notifyutil -1 surety.suretyd.ready`.
 */
export function launchdService(
  { log, addon }: LaunchdServiceComponents,
  { isJob }: LaunchdServiceInit,
): ServiceManager {
  const announce = (name: string) => {
    try {
      const refused = addon.announce(name)
      if (refused !== 0) log.warn('a notification could not be posted', { name, reason: `notify_post: ${refused}` })
    } catch (error) {
      log.warn('a notification could not be posted', { name, reason: describeError(error) })
    }
  }
  return {
    startsAgain: isJob,
    ready: () => announce(READY_NOTIFICATION),
    stopping: () => announce(STOPPING_NOTIFICATION),
  }
}
