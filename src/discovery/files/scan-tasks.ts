import { SOURCES } from '../../protocol/scan-coverage.ts'

/** What a reader looks for in a home. */
export const DISCOVERY_TASKS = [
  'installed',
  'runtimes',
  'chromium',
  'firefox',
  'editors',
  'mcp',
  'agent-files',
] as const
export type DiscoveryTask = (typeof DISCOVERY_TASKS)[number]

/** Name of each task in source reports. */
export const TASK_SOURCES: Readonly<Record<DiscoveryTask, string>> = {
  installed: SOURCES.installed,
  runtimes: SOURCES.runtimes,
  chromium: SOURCES.chromium,
  firefox: SOURCES.firefox,
  editors: SOURCES.editors,
  mcp: SOURCES.mcp,
  'agent-files': SOURCES.agentFiles,
}
