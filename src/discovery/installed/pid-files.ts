import { type AgentState, MAX_PID_FILES } from '../agent-state.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { JsonObject } from '../json-file.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import type { Folders } from './folders.ts'
import { valuesAt } from './member-path.ts'

export interface PidFilesComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
}

/**
 * The processes that files of an agent name. A pid is used again: what does not say when its process was started is passed
 * over.
 */
export async function readPidFiles(
  { folders, configs }: PidFilesComponents,
  entry: CatalogueEntry,
): Promise<NonNullable<AgentState['pidFiles']>> {
  const found: NonNullable<AgentState['pidFiles']> = []
  for (const { path: pattern, key, start } of entry.pidFiles ?? []) {
    if (start === undefined || pattern.startsWith('~/') !== folders.inHome) continue
    for (const path of await folders.expand(pattern)) {
      if (found.length === MAX_PID_FILES) return found
      const document = await configs.read(path)
      const pid = numberAt(document, key)
      const startTicks = numberAt(document, start)
      if (pid !== undefined && startTicks !== undefined) found.push({ path: path.slice(0, 4096), pid, startTicks })
    }
  }
  return found
}

/** Some write numbers as text. */
function numberAt(document: JsonObject | undefined, key: readonly string[]): number | undefined {
  const [value] = document === undefined ? [] : valuesAt(document, key)
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined
}
