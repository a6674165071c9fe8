import { readFileSync } from 'node:fs'
import type { Registry } from '../facts/windows-facts.ts'
import type { InstallationPlaces } from '../platform.ts'
import { CLOCK_TICKS } from '../processes/start-ticks.ts'

/** Where each system describes the service of the daemon. */

type ServiceFiles = Omit<InstallationPlaces, 'program' | 'runtime'>

/** Field 22 of /proc/PID/stat (`starttime`), counted from the field after the program name. */
const START_FIELD = 19
const UNIT = 'suretyd.service'

/** Undefined when this process is not in the control group of the unit. @param cgroup the text of /proc/self/cgroup */
export function systemdFiles(cgroup = readIfThere('/proc/self/cgroup')): ServiceFiles | undefined {
  if (cgroup?.split('\n').some((line) => line.endsWith(`/${UNIT}`)) !== true) return undefined
  return {
    packaged: [`/usr/lib/systemd/system/${UNIT}`, `/usr/lib/systemd/system/${UNIT}.d`],
    local: [
      ...[
        '/etc/systemd/system',
        '/run/systemd/system',
        '/etc/systemd/system.control',
        '/run/systemd/system.control',
      ].flatMap((folder) => [`${folder}/${UNIT}`, `${folder}/${UNIT}.d`]),
      `/etc/systemd/system/multi-user.target.wants/${UNIT}`,
    ],
  }
}

export const LAUNCHD_FILES: ServiceFiles = {
  packaged: ['/Library/LaunchDaemons/org.surety.suretyd.plist'],
  local: [],
}

const SERVICE_KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\suretyd'

/** The values that say what Windows starts, when, and as whom. */
export function windowsServiceFiles(registry: Pick<Registry, 'text' | 'number'>): ServiceFiles {
  return {
    packaged: [],
    local: [],
    facts: () => ({
      [`${SERVICE_KEY}\\ImagePath`]: registry.text(SERVICE_KEY, 'ImagePath') ?? '',
      [`${SERVICE_KEY}\\ObjectName`]: registry.text(SERVICE_KEY, 'ObjectName') ?? '',
      [`${SERVICE_KEY}\\Start`]: String(registry.number(SERVICE_KEY, 'Start') ?? ''),
    }),
  }
}

/**
 * Milliseconds since one of the first services started. The uptime of the system would also count how long the prompt for the disk
 * passphrase waited.
 */
export function systemdServicesUpMs(): number | undefined {
  for (const service of ['dbus.service', 'dbus-broker.service', 'systemd-logind.service']) {
    const [pid = ''] = readIfThere(`/sys/fs/cgroup/system.slice/${service}/cgroup.procs`)?.split('\n') ?? []
    const stat = /^\d+$/.test(pid) ? readIfThere(`/proc/${pid}/stat`) : undefined
    const ticks =
      stat === undefined ? Number.NaN : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD])
    const nowMs = Number(readIfThere('/proc/uptime')?.split(' ')[0]) * 1_000
    // Both times include sleep.
    if (nowMs > 0 && ticks > 0) return Math.max(0, nowMs - (ticks * 1_000) / CLOCK_TICKS.perSecond)
  }
  return undefined
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
