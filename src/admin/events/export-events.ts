import { type Command, InvalidArgumentError, Option } from 'commander'
import { printable, printableJson } from '../../base/text/printable.ts'
import type { DirectoryEvent } from '../../protocol/nouns/directory/events.ts'
import { factWords, TONES } from '../../view/events/event-words.ts'
import type { Tone } from '../../view/terminal.ts'
import {
  type CommandComponents,
  type CommonOptions,
  openApi,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { followEvents, MOST_EVENTS, newestOf } from './read-events.ts'

interface ExportOptions extends CommonOptions {
  readonly format: 'jsonl' | 'syslog'
  readonly follow?: boolean
  readonly after?: number
}

/** `events export`: one line an event, oldest first, for other programs. */
export function addExportCommand(events: Command, components: CommandComponents): void {
  withApiOptions(events.command('export').description('events as lines for other programs, oldest first'))
    .addOption(
      new Option('--format <format>', 'JSON Lines, or syslog lines of RFC 5424')
        .choices(['jsonl', 'syslog'])
        .default('jsonl'),
    )
    .option('--after <id>', 'only events after the one with this id: continue where an export ended', readEventId)
    .option('--follow', 'keep running, and write each event as it comes')
    .addHelpText(
      'after',
      `
Examples:
  surety-directory events export --after 41823 > events.jsonl
  surety-directory events export --follow --format syslog | logger --stderr --socket-errors=on`,
    )
    .action((options: ExportOptions) => exportEvents(components, options))
}

async function exportEvents(components: CommandComponents, options: ExportOptions): Promise<void> {
  const host = new URL((await readProfileOf(components, options)).url).hostname
  const source = { api: await openApi(components, options), filters: {} }
  const after = options.after ?? 0
  const { items: first } = await newestOf(source, { count: MOST_EVENTS, afterId: after })
  const [oldest] = first
  if (first.length === MOST_EVENTS && oldest !== undefined) {
    components.err(`surety-directory: only the newest ${MOST_EVENTS} events are written, from id ${oldest.id} on\n`)
  }
  const lineOf = options.format === 'syslog' ? (event: DirectoryEvent) => asSyslog(event, host) : asJson
  const tell = (more: readonly DirectoryEvent[]) => {
    for (const event of more) components.out(`${lineOf(event)}\n`)
  }
  if (options.follow === true) await followEvents(components, source, { first, tell, after })
  else tell(first)
}

function asJson(event: DirectoryEvent): string {
  return printableJson({ schema: 'surety-directory/event@1', event })
}

const SEVERITIES: Readonly<Partial<Record<Tone, Severity>>> = { bad: 'error', warning: 'warning' }

function asSyslog(event: DirectoryEvent, host: string): string {
  const tone = TONES[event.kind]
  const severity = (tone === undefined ? undefined : SEVERITIES[tone]) ?? 'informational'
  return syslogLine(event, { host, severity, message: factWords(event.facts) })
}

function readEventId(text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw new InvalidArgumentError('an event id is a whole number: 41823')
  return Number(text)
}

/** One event as one line of RFC 5424. */

/** Log audit. */
const FACILITY = 13
const SEVERITY = { error: 3, warning: 4, informational: 6 } as const
type Severity = keyof typeof SEVERITY

/** Room for header and text in the 8 KB that receivers commonly take. */
const MAX_VALUE = 512
const MAX_MESSAGE = 4096

interface SyslogInit {
  /** Of the directory. */
  readonly host: string
  readonly severity: Severity
  /** What happened, for a human. */
  readonly message: string
}

export function syslogLine(event: DirectoryEvent, { host, severity, message }: SyslogInit): string {
  const { id, time, kind, device, actor, actorName } = event
  const priority = FACILITY * 8 + SEVERITY[severity]
  const header = `<${priority}>1 ${new Date(time).toISOString()} ${word(host, 255)} surety-directory - ${word(kind, 32)}`
  const parameters = Object.entries({ id: `${id}`, device, actor, actorName })
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(value)}"`))
    .join('')
  // 32473 is the enterprise number that RFC 5612 reserves for examples: Surety has none of its own.
  return `${header} [surety@32473${parameters}] ${printable(`${kind} ${message}`.trim()).slice(0, MAX_MESSAGE)}`
}

/** A member of the header is printable ASCII without spaces. */
function word(text: string, length: number): string {
  return text.replace(/[^!-~]/g, '?').slice(0, length) || '-'
}

function escaped(value: string): string {
  return printable(value.slice(0, MAX_VALUE)).replace(/["\\\]]/g, '\\$&')
}
