import type { Folders } from '../installed/folders.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'

export interface PluginComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  readonly onFault: (path: string, error: unknown) => void
}
