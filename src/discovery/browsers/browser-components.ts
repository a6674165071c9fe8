import type { User } from '../../protocol/sighting.ts'
import type { RegisteredHosts } from '../../system/facts/messaging-hosts.ts'
import type { Browser } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import type { Looked } from '../files/home-memory.ts'
import type { SourceLog } from '../files/source-log.ts'
import type { AiExtensions } from '../matching/ai-extensions.ts'
import type { NamedProfile } from './profile-access-policy.ts'

/** What looking through the profiles of browsers needs. */
export interface BrowserComponents {
  readonly folders: Folders
  readonly sources: SourceLog
  /** Each profile is remembered for itself: those of a browser that runs change all the time. */
  readonly looked: Looked
}
export interface BrowserInit {
  readonly user: User
  readonly home: string
  /** As files may spell it: see `HomePlace`. */
  readonly namedHome?: string | undefined
  readonly layout: HomeLayout
  readonly known: AiExtensions
  readonly browsers: readonly Browser[]
  /** Folders that running processes named. */
  readonly named: readonly NamedProfile[]
  /** Programs that extensions may speak to, where the registry tells of them. */
  readonly registered?: RegisteredHosts | undefined
}
