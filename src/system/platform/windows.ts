import { WINDOWS_FACTS_FUNCTIONS, type WindowsFactsAddon, windowsFacts } from '../facts/windows.ts'
import { trustedWindowsFiles, WINDOWS_FILES_FUNCTIONS, type WindowsFilesAddon } from '../files/windows.ts'
import { DRIVES_FUNCTIONS, type WindowsDrivesAddon, windowsMounts } from '../mounts/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
import { READER_FUNCTIONS, startRestricted, type WindowsReaderAddon } from '../privileges/windows-reader.ts'
import { PIPE_FUNCTIONS, type WindowsPipeAddon, windowsPipe } from '../socket/windows-pipe.ts'
import { USERS_FUNCTIONS, type WindowsUsersAddon, windowsUsers } from '../users/windows.ts'
import { windowsServiceFiles } from './service-files.ts'
import { WINDOWS_PROCESS_FUNCTIONS, type WindowsProcessesAddon, windowsProcessParts } from './windows-processes.ts'

/** All that the platform uses of the addon. */
export type WindowsPlatformAddon = WindowsProcessesAddon &
  WindowsFactsAddon &
  WindowsPipeAddon &
  WindowsReaderAddon &
  WindowsUsersAddon &
  WindowsDrivesAddon &
  WindowsFilesAddon

const FUNCTIONS: readonly (keyof WindowsPlatformAddon)[] = [
  ...WINDOWS_PROCESS_FUNCTIONS,
  ...WINDOWS_FACTS_FUNCTIONS,
  ...PIPE_FUNCTIONS,
  ...READER_FUNCTIONS,
  ...USERS_FUNCTIONS,
  ...DRIVES_FUNCTIONS,
  ...WINDOWS_FILES_FUNCTIONS,
]

export interface WindowsPlatformInit {
  /** For tests; else the addon beside the program is loaded. */
  readonly addon?: WindowsPlatformAddon
}

/** @throws `ADDON_UNAVAILABLE`: without the addon nothing is known of Windows. */
export function windowsPlatform(
  { clock }: Pick<PlatformComponents, 'clock'>,
  init: WindowsPlatformInit = {},
): Platform {
  const addon = init.addon ?? loadAddon<WindowsPlatformAddon>(FUNCTIONS)
  const { listen, peers } = windowsPipe({ addon })
  const facts = windowsFacts({ addon, clock })
  return {
    ...windowsProcessParts({ addon, clock }),
    name: 'windows',
    ownUserId: addon.ownToken().userId,
    ownPid: process.pid,
    peers,
    listenLocal: listen,
    users: windowsUsers({ addon }),
    trustedFiles: trustedWindowsFiles(addon),
    mounts: windowsMounts({ addon }),
    startReader: startRestricted({ addon }),
    windowsFacts: facts,
    serviceFiles: windowsServiceFiles(facts.registry),
  }
}
