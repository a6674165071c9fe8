import { SuretyError } from '../../base/errors.ts'
import { userIdOf } from '../../base/text/user-id.ts'
import { startFileCanary } from '../enforcement/file-canary.ts'
import { DARWIN_FILES_FUNCTIONS, type DarwinFilesAddon, trustedDarwinFiles } from '../files/darwin.ts'
import { type DarwinFreezerAddon, darwinFreezer } from '../freezer/darwin.ts'
import { type DarwinMountsAddon, darwinMounts } from '../mounts/darwin.ts'
import { loadAddon } from '../native/native-addon.ts'
import { nativeProgram } from '../native/native-program.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
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
import { type DarwinServiceAddon, launchdService } from './launchd-service.ts'
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
