import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import type { Check } from '../../checks/checks.ts'
import type { ConfigEntry } from '../../protocol/messages/control.ts'
import type { SessionBus } from '../../system/desktop/session-bus.ts'
import { LANGUAGES, type Language, languageOf } from '../../view/checks/check-catalogue.ts'
import type { Terminal } from '../../view/terminal.ts'
import type { KeptNotices } from '../tray/desktop-notices.ts'
import type { DaemonClient } from './daemon-client.ts'

/** What the commands of `surety` need. */
export interface CliComponents {
  readonly daemonAt: (socket: string) => DaemonClient
  /** Reads the configuration without the daemon. @throws `CONFIG_INVALID`. */
  readonly readConfig: () => readonly ConfigEntry[]
  readonly now: () => number
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Aborted by Ctrl-C, or when the reader of the output is gone. Call it only in a command that keeps running. */
  readonly untilInterrupted: () => AbortSignal
  /** Calls `redraw` whenever the terminal changes its size, until the signal aborts. */
  readonly whenResized: (redraw: () => void, options: { signal: AbortSignal }) => void
  /** The checks that `surety fix` can fix. */
  readonly fixes: Fixes
  /** Writes a file that only its owner may read. @throws `CONFLICT` if there is one, `STORE_FAILED`. */
  readonly saveNew: (path: string, bytes: Uint8Array) => Promise<void>
  /** Writes files of a folder that is not there yet, all or none. @throws `CONFLICT` if it is there, `STORE_FAILED`. */
  readonly saveNewFolder: (path: string, files: readonly { name: string; text: string }[]) => Promise<void>
  /** Whether the file of this program is still there. Default: it is. */
  readonly isInstalled?: () => boolean
  /** Where desktops have a session bus. */
  readonly desktop?: DesktopSession | undefined
  /** Resolves early when the signal aborts. */
  readonly pause: (ms: number, options: { signal: AbortSignal }) => Promise<void>
}

/** The desktop session of this user. */
export interface DesktopSession {
  /** @throws `NOT_SUPPORTED` when there is none. */
  readonly connectBus: () => Promise<SessionBus>
  /** Runs `surety` for the daemon at `socket`, and returns what it printed. */
  readonly runSurety: (args: readonly string[], options: { readonly socket: string }) => Promise<string>
  readonly processId: number
  readonly keptNotices: KeptNotices
}

/** A change of this system that fixes one check, can be undone, and cannot lock anyone out. */
export interface Fix {
  /** What it changes, for consent. */
  readonly changes: readonly string[]
  /** Why it cannot be done now, such as missing rights. */
  readonly obstacle: () => Promise<string | undefined>
  /** @throws `COMMAND_FAILED`, `STORE_FAILED`. */
  readonly apply: () => Promise<void>
}

export type Fixes = Readonly<Partial<Record<Check, Fix>>>

/** Makes a command with the common options. */
export type MakeCommand = (
  name: string,
  about: string,
  parent?: Command,
  options?: { readonly hidden?: boolean },
) => Command

export interface CliInit {
  /** The value of `LC_ALL`, `LC_MESSAGES` or `LANG`. */
  readonly locale?: string | undefined
  /** The value of `XDG_CURRENT_DESKTOP`. */
  readonly desktop?: string | undefined
  /** Of this device. */
  readonly platform?: 'linux' | 'darwin' | 'windows' | undefined
  readonly argv: readonly string[]
  readonly socket: string
  readonly terminal: Terminal
}

/** What most commands are made with. */
export interface CommandInit extends Pick<CliInit, 'terminal' | 'locale' | 'desktop' | 'platform'> {
  readonly command: MakeCommand
}

export interface CliOptions {
  readonly json?: boolean
  readonly socket: string
  readonly watch?: boolean
  readonly lang?: string
}

/** The options of a command, before or after its name: `surety --json status` works too. */
export function optionsOf(command: Command): CliOptions {
  return command.optsWithGlobals<CliOptions>()
}

/** `--lang` counts for more than the locale. @throws `USAGE_INVALID` for a language that was asked for and is not there. */
export function languageFor({ lang }: CliOptions, { locale }: Pick<CliInit, 'locale'>): Language {
  if (lang === undefined) return languageOf(locale)
  const language = LANGUAGES.find((one) => one === lang)
  if (language !== undefined) return language
  throw new SuretyError(
    'USAGE_INVALID',
    `no texts in ${JSON.stringify(lang.slice(0, 64))}: give one of ${LANGUAGES.join(', ')}`,
  )
}
