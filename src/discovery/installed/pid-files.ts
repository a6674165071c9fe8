import type { JsonObject } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import type { Folders } from '../files/folders.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import { type AgentState, MAX_PID_FILES } from '../matching/agent-state.ts'

export interface PidFilesComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  readonly onFault: (path: string, error: unknown) => void
}

/**
 * The processes that files of an agent name. A pid is used again: what does not say when its process was started is passed
 * over.
 */
export async function readPidFiles(
  { folders, configs, onFault }: PidFilesComponents,
  entry: CatalogueEntry,
): Promise<NonNullable<AgentState['pidFiles']>> {
  const found: NonNullable<AgentState['pidFiles']> = []
  for (const { path: pattern, key, start } of entry.pidFiles ?? []) {
    if (start === undefined || pattern.startsWith('~/') !== folders.inHome) continue
    const paths = await folders.expand(pattern)
    for (const [at, path] of paths.entries()) {
      if (found.length === MAX_PID_FILES) {
        onFault(path, tooMany(at, paths.length, 'files of processes'))
        return found
      }
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
