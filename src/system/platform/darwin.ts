import { userIdOf } from '../../base/user-id.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
import { type DarwinAddon, darwinProcesses } from '../processes/darwin.ts'
import { polledProcessEvents } from '../processes/polled-events.ts'
import { unsupportedParts } from './unsupported.ts'

const FUNCTIONS: readonly (keyof DarwinAddon)[] = [
  ...(['listPids', 'readProcess', 'executable', 'workingFolder', 'arguments', 'bootSession'] as const),
]
const POLL_MS = 1_000

export interface DarwinPlatformInit {
  /** For tests; else the addon beside the program is loaded. */
  readonly addon?: DarwinAddon
}

/** Processes and their polled events; see `unsupportedParts` for the rest. @throws `ADDON_UNAVAILABLE`. */
export function darwinPlatform({ clock }: Pick<PlatformComponents, 'clock'>, init: DarwinPlatformInit = {}): Platform {
  const processes = darwinProcesses({ addon: init.addon ?? loadAddon<DarwinAddon>(FUNCTIONS) })
  return {
    ...unsupportedParts('darwin'),
    name: 'darwin',
    ownUserId: userIdOf(process.geteuid?.() ?? 0),
    ownPid: process.pid,
    processes,
    processEvents: polledProcessEvents({ processes, clock }, { everyMs: POLL_MS }),
  }
}
