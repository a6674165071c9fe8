import { type Command, InvalidArgumentError, Option } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import type { DirectoryEvent } from '../../protocol/api/events.ts'
import type { Tone } from '../../view/terminal.ts'
import {
  type CommandComponents,
  type CommonOptions,
  openApi,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { factWords, TONES } from './event-words.ts'
import { followEvents, MOST_EVENTS, newestOf } from './read-events.ts'
import { type Severity, syslogLine } from './syslog.ts'

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
    .option('--follow', 'go on, and write each event as it comes')
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
  const first = await newestOf(source, { count: MOST_EVENTS, afterId: after })
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
