import { startFileCanary } from '../enforcement/file-canary.ts'
import { WINDOWS_FREEZE_FUNCTIONS, type WindowsFreezeAddon, windowsFreezer } from '../freezer/windows.ts'
import { nativeProgram } from '../native/native-program.ts'
import type { Platform, PlatformComponents } from '../platform.ts'
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

/** What the addon offers for processes. */
export type WindowsProcessesAddon = WindowsAddon &
  WindowsDetailsAddon &
  WindowsResolverAddon &
  WindowsTraceAddon &
  WindowsFreezeAddon

export const WINDOWS_PROCESS_FUNCTIONS: readonly (keyof WindowsProcessesAddon)[] = [
  ...WINDOWS_LIST_FUNCTIONS,
  ...WINDOWS_DETAILS_FUNCTIONS,
  ...WINDOWS_RESOLVER_FUNCTIONS,
  ...WINDOWS_TRACE_FUNCTIONS,
  ...WINDOWS_FREEZE_FUNCTIONS,
]

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
