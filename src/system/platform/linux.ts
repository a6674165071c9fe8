import { release } from 'node:os'
import { join } from 'node:path'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { userIdOf } from '../../base/text/user-id.ts'
import { startCanary } from '../enforcement/canary.ts'
import { execGate } from '../enforcement/exec-gate.ts'
import { networkCut } from '../enforcement/network-cut.ts'
import { terminalLine } from '../enforcement/terminal-line.ts'
import { trustedFiles } from '../files/foreign/linux.ts'
import { linuxFreezer, quarantineOf } from '../freezer/linux.ts'
import { linuxMounts, readMountinfo } from '../mounts/linux.ts'
import { parseMountinfo } from '../mounts/mountinfo.ts'
import { loadNativeAddon, type NativeAddon } from '../native/native-addon.ts'
import { nativeProgram } from '../native/native-program.ts'
import type { Platform, PlatformComponents, PlatformInit, ServiceManager } from '../platform.ts'
import { linuxJobFiles } from '../processes/linux/job-files.ts'
import { ownPid } from '../processes/linux/own-pid.ts'
import { linuxProcessDetails } from '../processes/linux/process-details.ts'
import { hasEventFilter, linuxProcessEvents } from '../processes/linux/process-events.ts'
import { linuxProcesses } from '../processes/linux/process-table.ts'
import { linuxProgramResolver } from '../processes/linux/program-resolver.ts'
import { waitedForProcessorMs } from '../processes/linux/waited-for-processor.ts'
import { linuxPeers, ownUserPeers } from '../socket/peers.ts'
import { linuxUsers } from '../users/linux.ts'
import { realHomesComponents } from '../users/real-homes.ts'
import { systemdFiles, systemdServicesUpMs } from './service-files.ts'

export function linuxPlatform({ log, clock }: PlatformComponents, init: PlatformInit): Platform {
  const addon = openAddon(log)
  const files = trustedFiles()
  const mounts = linuxMounts()
  const ownUserId = userIdOf(process.geteuid?.() ?? 0)
  return {
    name: 'linux',
    ownUserId,
    ownPid: ownPid(),
    processes: linuxProcesses({ addon }),
    processEvents: addon && linuxProcessEvents({ addon }, { release: release() }),
    processDetails: linuxProcessDetails(),
    jobFiles: linuxJobFiles(),
    openFreezer:
      addon &&
      ((name) =>
        linuxFreezer(
          { addon },
          {
            hasFilter: hasEventFilter(release()),
            mounts: mountsNow(),
            name,
          },
        )),
    // Not in /run/surety: systemd removes that when the service ends, and another daemon may still run.
    enforcersFolder: '/run/surety-enforcers',
    async startCanary(name, options) {
      const root = cgroupRoot()
      const cgroup = root === undefined ? undefined : join(root, `surety.drill-${name}`)
      return await startCanary({ program: nativeProgram('surety-canary'), cgroup }, options)
    },
    openExecGate(name, callbacks) {
      const root = cgroupRoot()
      if (root === undefined) throw new SuretyError('NOT_SUPPORTED', 'cgroup version 2 is not mounted')
      const program = nativeProgram('surety-exec-gate')
      return execGate({ clock }, { program, root, cgroup: join(root, quarantineOf(name), 'starting'), ...callbacks })
    },
    network: addon && networkCut(),
    terminal: addon && terminalLine({ clock }),
    programs: addon && linuxProgramResolver({ addon }),
    users: linuxUsers({ files, homes: realHomesComponents(mounts.hanging) }),
    trustedFiles: files,
    mounts,
    peers: addon === undefined ? ownUserPeers(ownUserId) : linuxPeers(addon),
    service: systemdService({ log, addon }, { socket: init.notifySocket, watchdogUs: init.watchdogUs }),
    waitedForProcessorMs,
    serviceFiles: systemdFiles(),
    servicesUpMs: systemdServicesUpMs,
    trimMemory: () => addon?.trimMemory(),
  }
}

function mountsNow() {
  return parseMountinfo(Buffer.from(readMountinfo()).toString('utf8')).mounts
}

/** Of version 2. */
function cgroupRoot(): string | undefined {
  return mountsNow().findLast(({ type, root }) => type === 'cgroup2' && root === '/')?.mountPoint
}

/** Without the addon there are no process events, and the local socket serves our own user alone. */
function openAddon(log: Log): NativeAddon | undefined {
  let addon: NativeAddon
  try {
    addon = loadNativeAddon()
  } catch (error) {
    log.warn('native addon unavailable', { reason: describeError(error) })
    return undefined
  }
  try {
    addon.closeOnExec()
  } catch (error) {
    // Linux before 5.11. Node marks its own descriptors.
    log.warn('inherited descriptors stay open in children', { reason: describeError(error) })
  }
  addon.keepHeapSmall()
  return addon
}

interface SystemdServiceComponents {
  readonly log: Pick<Log, 'warn'>
  readonly addon: Pick<NativeAddon, 'notifyService'> | undefined
  /** For tests; else a timer for as long as the program runs. */
  readonly every?: (ms: number, act: () => void) => void
}

interface SystemdServiceInit {
  /** `NOTIFY_SOCKET`; without it, or without the addon, nothing is sent. */
  readonly socket: string | undefined
  /** `WATCHDOG_USEC`: systemd starts the daemon again when it has heard nothing for so long. Microseconds. */
  readonly watchdogUs?: number | undefined
}

/** Two signs of life may be late. */
const SIGNS_OF_LIFE = 3

/** See sd_notify(3) and sd_watchdog_enabled(3). */
export function systemdService(
  { log, addon, every = everyUntilTheEnd }: SystemdServiceComponents,
  { socket, watchdogUs = 0 }: SystemdServiceInit,
): ServiceManager {
  const send = (text: string) => {
    if (socket === undefined || socket === '') return
    try {
      addon?.notifyService(socket, text)
    } catch (error) {
      log.warn('the service manager cannot be notified', { text, reason: describeError(error) })
    }
  }
  return {
    startsAgain: socket !== undefined && socket !== '',
    ready() {
      send('READY=1')
      // From the event loop: one that is stuck sends nothing.
      if (watchdogUs > 0) every(watchdogUs / 1000 / SIGNS_OF_LIFE, () => send('WATCHDOG=1'))
    },
    stopping: () => send('STOPPING=1'),
  }
}

function everyUntilTheEnd(ms: number, act: () => void): void {
  setInterval(act, ms).unref()
}
