import { type Command, InvalidArgumentError } from 'commander'
import type { Reader } from '../../base/schema.ts'
import { printableJson } from '../../base/text/printable.ts'
import { RFC3339_OPTION } from '../../command-line/rfc3339.ts'
import type { ClientEnvironment } from '../../config/client.ts'
import type { DirectoryConfig } from '../../config/directory.ts'
import type { ConfigOrigin } from '../../config/layers.ts'
import type { AdministratorProfile } from '../../protocol/noun/answers.ts'
import type { Terminal } from '../../view/terminal.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { findProfile } from '../connection/find-profile.ts'
import type { UpdateRepositories } from './update-repositories.ts'

/** What every command shares: its surroundings, its options, and how it answers. */

export interface CommandComponents {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly now: () => number
  readonly terminal: Terminal
  /**
   * Aborted on interruption; with `orUnread` also when the reader of the output has gone. Only for commands that run until
   * interrupted or need cleanup.
   */
  readonly untilInterrupted: (options?: { readonly orUnread?: boolean }) => AbortSignal
  /** Asks a person and returns the line they typed. Absent where there is no terminal. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
  /** Ends early, without an error, once the signal is aborted. */
  readonly pause: (ms: number, options: { signal: AbortSignal }) => Promise<void>
  /** @throws `CONFIG_INVALID`. */
  readonly loadConfig: (init: {
    readonly flags: Readonly<Record<string, string>>
    readonly file: string | undefined
  }) => { readonly config: DirectoryConfig; readonly entries: readonly ConfigOrigin[] }
  readonly apiOf: (profile: AdministratorProfile, options?: { readonly timeoutMs?: number }) => ApiClient
  readonly client: ClientEnvironment
  /** Asks on the terminal without showing the answer, or reads standard input. @throws `USAGE_INVALID`. */
  readonly readSecret: (question: string) => Promise<string>
  /** Runs the directory until it is told to end. */
  readonly serve: (config: DirectoryConfig, options: { readonly readyJson: boolean }) => Promise<void>
  /** Makes a new administrator token beside the data. @returns the file it was written to. */
  readonly resetAdministrator: (config: DirectoryConfig) => Promise<string>
  /** Loaded when it is first used: it brings the code for certificates along. */
  readonly anchors: () => Promise<AnchorFolder>
  readonly backups: () => Promise<Backups>
  readonly setup: () => Promise<Setup>
  readonly updates: () => Promise<UpdateRepositories>
  readonly demonstration: () => Promise<MakeDemonstration>
}

/**
 * Makes the data folder of a demonstration, or replaces that of an earlier one.
 *
 * @throws `CONFLICT` for a folder with anything else in it, and while a directory serves it; `NOT_PERMITTED`, `STORE_FAILED`.
 */
type MakeDemonstration = (
  config: DirectoryConfig,
  init: {
    readonly devices: number
    readonly seed: number
    /** Parts of 1. */
    readonly progress: (done: number) => void
    readonly signal: AbortSignal
  },
) => Promise<{
  readonly people: number
  readonly devices: number
  readonly agents: number
  readonly events: number
}>

/** This machine, for a directory that is set up on it. */
export interface Setup {
  hostName(): string
  /**
   * Writes the names into the configuration file; undefined: that of the system. Its other members stay.
   *
   * @throws `CONFLICT` if it has other names; `CONFIG_INVALID`, `FILE_*`, `STORE_FAILED`.
   */
  configure(
    file: string | undefined,
    names: readonly string[],
  ): Promise<{ readonly path: string; readonly changed: boolean }>
  /** Restarts the service of the directory. `absent`: there is none. @throws `COMMAND_FAILED`, `COMMAND_TIMED_OUT`. */
  restart(): Promise<'restarted' | 'absent'>
}

/** How far a backup had come, as its manifest says. */
export interface ShownBackup {
  readonly id: string
  readonly time: number
  readonly version: string
  readonly lastEvent: number
  readonly devices: number
  readonly orders: number
  readonly highestOrder: number
  readonly standingStops: number
  readonly encryption?: object | undefined
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

interface BackupOptions {
  readonly passphraseFile?: string | undefined
  /** Parts of 1. */
  readonly progress: (done: number) => void
  readonly signal: AbortSignal
}

/** Backups of a directory on this machine. @throws `STORE_*`, `CONFLICT`, `NOT_FOUND`, `SIGNATURE_INVALID`, `FILE_*`. */
interface Backups {
  create(config: DirectoryConfig, to: string, options: BackupOptions): Promise<BackupIn>
  verify(folder: string, options: BackupOptions): Promise<BackupIn>
  restore(config: DirectoryConfig, from: string, options: BackupOptions): Promise<BackupIn>
}

interface BackupIn {
  readonly folder: string
  readonly manifest: ShownBackup
}

/** The certificates of TPM makers on this machine. */
interface AnchorFolder {
  /** @throws `STORE_FAILED`. */
  list(config: DirectoryConfig): Promise<{
    readonly folder: string
    readonly anchors: readonly ShownAnchor[]
    readonly problems: readonly { readonly file: string; readonly reason: string }[]
  }>
  /** All or none. @throws `CERTIFICATE_*`, `KEY_UNSUPPORTED`, `SIGNATURE_INVALID`, `CONFLICT`, `NOT_FOUND`, `FILE_*`, `STORE_FAILED`. */
  add(config: DirectoryConfig, paths: readonly string[]): Promise<readonly ShownAnchor[]>
}

/** One certificate. */
export interface ShownAnchor {
  readonly file: string
  readonly set: string
  readonly subject: string
  readonly notAfter: number
  /** SHA-256 in hexadecimal digits. */
  readonly fingerprint: string
  readonly status: string
}

export interface CommonOptions {
  readonly json?: boolean
  readonly data?: string
  readonly profile?: string
  readonly context?: string
  readonly config?: string
}

/** The options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON document instead of words')
    .option(...RFC3339_OPTION)
    .option('--data <folder>', 'data folder of the directory on this machine')
    .option('--config <file>', 'configuration file')
}

/** As `withCommonOptions`, for a command that talks to a running directory. */
export function withApiOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--profile <file>', 'administrator.json, where it is not in the data folder')
    .option('--context <name>', 'directory of this name: see context list')
}

export async function openApi(components: CommandComponents, options: CommonOptions): Promise<ApiClient> {
  return components.apiOf(await readProfileOf(components, options))
}

/** Where the directory is, its certificate authority, and the token of the user. @throws as `findProfile`. */
export function readProfileOf(components: CommandComponents, options: CommonOptions): Promise<AdministratorProfile> {
  return findProfile(options, { client: components.client, loadConfig: () => configOf(components, options) })
}

export function configOf(components: CommandComponents, options: CommonOptions, flags: Record<string, string> = {}) {
  const given = options.data === undefined ? flags : { ...flags, data: options.data }
  return components.loadConfig({ flags: given, file: options.config })
}

/** Answers as JSON under a versioned schema, or as lines. */
export function answer(
  { out }: CommandComponents,
  { json }: CommonOptions,
  document: { readonly schema: `surety-directory/${string}@1`; readonly [member: string]: unknown },
  lines: () => readonly string[],
): void {
  out(
    json === true
      ? `${printableJson(document, 2)}\n`
      : lines()
          .map((line) => `${line}\n`)
          .join(''),
  )
}

/** The query of a list, as it follows its path. */
export function queryOf(filters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, `${value}`)
  return query.size === 0 ? '' : `?${query}`
}

/** Every page of a list, or its first `limit` items. */
export async function allPages<T>(
  api: ApiClient,
  path: string,
  reader: Reader<{ items: T[]; next?: string }>,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly T[]> {
  const items: T[] = []
  let next: string | undefined
  do {
    const size = `${Math.min(500, limit - items.length)}`
    const query = new URLSearchParams({ limit: size, ...(next === undefined ? {} : { cursor: next }) })
    const page = await api.ask('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`, reader)
    items.push(...page.items)
    next = page.next
  } while (next !== undefined && items.length < limit)
  return items
}

export interface AnsweredList<T> {
  readonly path: string
  /** Of the document, and the name of its schema where that has no other. */
  readonly member: string
  readonly schema?: string
  /** What a person is told where there are none. */
  readonly none: string
  readonly reader: Reader<{ items: T[]; next?: string }>
  readonly lines: (items: readonly T[]) => readonly string[]
}

/** Answers with every page of a list. */
export async function answerList<T>(
  components: CommandComponents,
  options: CommonOptions,
  { path, member, schema = member, none, reader, lines }: AnsweredList<T>,
): Promise<void> {
  const items = await allPages(await openApi(components, options), path, reader)
  answer(components, options, { schema: `surety-directory/${schema}@1`, [member]: items }, () =>
    items.length === 0 ? [none] : lines(items),
  )
}

/** The end of a help page. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`
}

/** Reads an option that is one of these words. */
export function oneOf<const W extends string>(what: string, words: readonly W[]): (text: string) => W {
  return (text) => {
    const word = words.find((one) => one === text)
    if (word === undefined)
      throw new InvalidArgumentError(`${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what} is one of ${words.join(', ')}`)
    return word
  }
}
