import type { User } from '../../protocol/sighting.ts'
import type { Databases } from '../files/databases.ts'
import type { Folders } from '../files/folders.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import type { SourceLog } from '../files/source-log.ts'
import type { AiExtensions } from '../matching/ai-extensions.ts'

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
