import { SuretyError } from '../../base/errors.ts'
import { WINDOWS_FACTS_FUNCTIONS, type WindowsFactsAddon, windowsFacts } from '../facts/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
import { polledProcessEvents } from '../processes/polled-events.ts'
import { type WindowsAddon, windowsProcesses } from '../processes/windows.ts'
import { unsupportedParts } from './unsupported.ts'

const FUNCTIONS: readonly (keyof WindowsPlatformAddon)[] = [
  ...(['listProcesses', 'readProcess', 'bootTime'] as const),
  ...WINDOWS_FACTS_FUNCTIONS,
]
const POLL_MS = 1_000

/** All that the platform calls. */
export type WindowsPlatformAddon = WindowsAddon & WindowsFactsAddon

export interface WindowsPlatformInit {
  /** For tests; else the addon beside the program is loaded. */
  readonly addon?: WindowsPlatformAddon
}

/** Processes and their polled events; see `unsupportedParts` for the rest. @throws `ADDON_UNAVAILABLE`. */
export function windowsPlatform(
  { clock }: Pick<PlatformComponents, 'clock'>,
  init: WindowsPlatformInit = {},
): Platform {
  const addon = init.addon ?? loadAddon<WindowsPlatformAddon>(FUNCTIONS)
  const processes = windowsProcesses({ addon })
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
    windowsFacts: windowsFacts({ addon, clock }),
    processEvents: polledProcessEvents({ processes, clock }, { everyMs: POLL_MS }),
  }
}
