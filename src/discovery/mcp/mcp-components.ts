import type { User } from '../../protocol/sighting.ts'
import type { FileStat } from '../../system/files/files.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import type { Folders } from '../files/folders.ts'
import type { SourceLog } from '../files/source-log.ts'
import type { Plugins } from '../plugins/plugins.ts'

export const MCP_SOURCE = 'mcp-servers'

export interface McpComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  /** Who may write a file; undefined when that cannot be known. */
  readonly stat: (path: string) => Promise<FileStat | undefined>
  readonly sources: SourceLog
}

export interface McpInit {
  readonly catalogue: Catalogue
  /** Whose home; absent for what an administrator configured for everybody. */
  readonly owner?: { readonly user: User; readonly home: string }
  /** Folders whose own files count for who works in them. */
  readonly projects?: readonly string[]
  /** That agents of this home have installed. */
  readonly plugins?: Plugins
  /** Of the device: see `Launch.launchHash`. */
  readonly launchKey: string
}
