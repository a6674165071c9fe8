import type { User } from '../../protocol/sighting.ts'
import type { AiExtensions } from '../ai-extensions.ts'
import type { Databases } from '../databases.ts'
import type { HomeLayout } from '../home-layout.ts'
import type { Folders } from '../installed/folders.ts'
import type { SourceLog } from '../source-log.ts'

/** What looking through one kind of editor needs. */
export interface EditorComponents {
  readonly folders: Folders
  /** As `FileReader.read`: for files that are no text. */
  readonly readBytes: (path: string, options: { maxBytes: number }) => Promise<Uint8Array>
  readonly databases: Databases
  readonly sources: SourceLog
}

export interface EditorInit {
  readonly user: User
  readonly home: string
  readonly layout: HomeLayout
  readonly known: AiExtensions
}
