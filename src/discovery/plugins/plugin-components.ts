import type { ConfigFiles } from '../files/config-files.ts'
import type { Folders } from '../files/folders.ts'

export interface PluginComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  readonly onFault: (path: string, error: unknown) => void
}
