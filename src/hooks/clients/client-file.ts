import type { HookClient } from '../../protocol/gate/hook-clients.ts'
import type { PlatformName } from '../../system/platform.ts'

/** Where one client looks for hooks that an administrator enforces, and what Surety writes there. */
export interface ClientFile {
  readonly client: HookClient
  readonly places: Readonly<Record<PlatformName, string>>
  /** The whole file is ours. What lies there is replaced, and not read. */
  readonly isOwn: boolean
  /** The client has a setting that allows no hooks but those of administrators. */
  readonly hasOnlyManaged: boolean
  /**
   * Pure.
   *
   * @param existing undefined when there is no file. It is returned unchanged when the hook is there.
   * @throws `INPUT_MALFORMED`, naming the line if that is known; `CONFLICT`, saying what to do.
   */
  readonly render: (existing: string | undefined, settings: HookSettings) => Promise<string>
}

export interface HookSettings {
  /** The absolute path of `surety-hook`, as the system writes it. */
  readonly program: string
  readonly system: PlatformName
  /** How long the client waits for an answer. A client that then lets its agent act must wait longer than the hook does. */
  readonly seconds: number
  readonly onlyManaged: boolean
}

/** A command line for clients that know no arguments. A path with blanks needs its quotation marks on each system. */
export function commandLine({ program }: HookSettings, client: HookClient): string {
  return `${program.includes(' ') ? `"${program}"` : program} ${client}`
}

/** The folder of the program, in the spelling of the system. */
export function folderOf({ program }: HookSettings): string {
  return program.slice(0, Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')))
}

/** In every entry of ours, of any version. */
export const PROGRAM_NAME = 'surety-hook'

export const STATUS_MESSAGE = 'Asking Surety'
