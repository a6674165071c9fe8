import { SuretyError } from '../../base/errors.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
import { polledProcessEvents } from '../processes/polled-events.ts'
import { type WindowsAddon, windowsProcesses } from '../processes/windows.ts'
import { unsupportedParts } from './unsupported.ts'

const FUNCTIONS: readonly (keyof WindowsAddon)[] = ['listProcesses', 'readProcess', 'bootTime']
const POLL_MS = 1_000

export interface WindowsPlatformInit {
  /** For tests; else the addon beside the program is loaded. */
  readonly addon?: WindowsAddon
}

/** Processes and their polled events; see `unsupportedParts` for the rest. @throws `ADDON_UNAVAILABLE`. */
export function windowsPlatform(
  { clock }: Pick<PlatformComponents, 'clock'>,
  init: WindowsPlatformInit = {},
): Platform {
  const processes = windowsProcesses({ addon: init.addon ?? loadAddon<WindowsAddon>(FUNCTIONS) })
  return {
    ...unsupportedParts('windows'),
    name: 'windows',
    get ownUserId(): string {
      const own = processes.entry(process.pid)
      if (own === undefined) throw new SuretyError('FILE_UNREADABLE', 'Windows does not list this very process')
      return own.userId
    },
    ownPid: process.pid,
    processes,
    processEvents: polledProcessEvents({ processes, clock }, { everyMs: POLL_MS }),
  }
}
