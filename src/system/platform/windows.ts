import { startFileCanary } from '../enforcement/file-canary.ts'
import { WINDOWS_FACTS_FUNCTIONS, type WindowsFactsAddon, windowsFacts } from '../facts/windows.ts'
import { trustedWindowsFiles, WINDOWS_FILES_FUNCTIONS, type WindowsFilesAddon } from '../files/foreign/windows.ts'
import { WINDOWS_FREEZE_FUNCTIONS, type WindowsFreezeAddon, windowsFreezer } from '../freezer/windows.ts'
import { DRIVES_FUNCTIONS, type WindowsDrivesAddon, windowsMounts } from '../mounts/windows.ts'
import { loadAddon } from '../native/native-addon.ts'
import { nativeProgram } from '../native/native-program.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
import { READER_FUNCTIONS, startRestricted, type WindowsReaderAddon } from '../privileges/windows-reader.ts'
import {
  WINDOWS_DETAILS_FUNCTIONS,
  type WindowsDetailsAddon,
  windowsProcessDetails,
} from '../processes/windows/process-details.ts'
import {
  WINDOWS_TRACE_FUNCTIONS,
  type WindowsTraceAddon,
  windowsProcessEvents,
} from '../processes/windows/process-events.ts'
import { WINDOWS_LIST_FUNCTIONS, type WindowsAddon, windowsProcesses } from '../processes/windows/process-table.ts'
import {
  WINDOWS_RESOLVER_FUNCTIONS,
  type WindowsResolverAddon,
  windowsProgramResolver,
} from '../processes/windows/program-resolver.ts'
import { PIPE_FUNCTIONS, type WindowsPipeAddon, windowsPipe } from '../socket/windows-pipe.ts'
import { USERS_FUNCTIONS, type WindowsUsersAddon, windowsUsers } from '../users/windows.ts'
import { windowsServiceFiles } from './service-files.ts'

/** What the addon offers for processes. */
export type WindowsProcessesAddon = WindowsAddon &
  WindowsDetailsAddon &
  WindowsResolverAddon &
  WindowsTraceAddon &
  WindowsFreezeAddon

/** All that the platform uses of the addon. */
export type WindowsPlatformAddon = WindowsProcessesAddon &
  WindowsFactsAddon &
  WindowsPipeAddon &
  WindowsReaderAddon &
  WindowsUsersAddon &
  WindowsDrivesAddon &
  WindowsFilesAddon

const FUNCTIONS: readonly (keyof WindowsPlatformAddon)[] = [
  ...WINDOWS_LIST_FUNCTIONS,
  ...WINDOWS_DETAILS_FUNCTIONS,
  ...WINDOWS_RESOLVER_FUNCTIONS,
  ...WINDOWS_TRACE_FUNCTIONS,
  ...WINDOWS_FREEZE_FUNCTIONS,
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

const POLL_MS = 1_000

/** Processes of Windows: the list, what happens to them, what is known of each, and how they are stopped. */
export function windowsProcessParts({
  addon,
  clock,
}: Pick<PlatformComponents, 'clock'> & { readonly addon: WindowsProcessesAddon }) {
  const processes = windowsProcesses({ addon })
  return {
    processes,
    processEvents: windowsProcessEvents({ addon, processes, clock }, { everyMs: POLL_MS }),
    processDetails: windowsProcessDetails({ addon, processes }),
    programs: windowsProgramResolver({ addon }),
    // Each process is named by its id and start, so that the daemons of one machine share nothing.
    openFreezer: () => windowsFreezer({ addon }),
    async startCanary(_: string, options: { signal: AbortSignal }) {
      return await startFileCanary(nativeProgram('surety-canary.exe'), options)
    },
  } satisfies Partial<Platform>
}
