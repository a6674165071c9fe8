import { type Command, InvalidArgumentError } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import { SINCE_FORMS } from '../../command-line/since.ts'
import { type DirectoryEvent, EVENT_KINDS, type EventKind } from '../../protocol/nouns/directory/events.ts'
import { factWords, TONES } from '../../view/events/event-words.ts'
import { columnWidths, type TableRow, table } from '../../view/terminal.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  openApi,
  withApiOptions,
  withCommonOptions,
} from '../command/command-line.ts'
import { timeOf } from '../command/format.ts'
import { readSince } from '../command/read-numbers.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { eventKindOf } from './event-kind.ts'
import { addExportCommand } from './export-events.ts'
import { followEvents, MOST_EVENTS, newestOf, type Source, type Wanted } from './read-events.ts'

/** What happened, as a journal: the newest is last. */

interface EventOptions extends CommonOptions {
  readonly device?: string
  readonly kind?: EventKind
  /** Milliseconds since 1970. */
  readonly since?: number
  readonly last?: number
  readonly watch?: boolean
}

const USUAL = 100

export function addEventCommands(program: Command, components: CommandComponents): void {
  const events = program.command('events').description('what happened: the record')
  withApiOptions(events.command('list').description('the newest, in the order in which they happened'))
    .option('--device <device>', `only of this device: ${DEVICE_WORDS}`)
    .option('--kind <kind>', 'only of this kind: see events kinds', eventKindOf)
    .option('--since <time>', `only events since ${SINCE_FORMS} (UTC)`, (text) => readSince(text, components.now()))
    .option('--last <count>', `how many to show (default: ${USUAL}; with --since: all)`, readLast)
    .option('--watch', 'keep running and print new events')
    .action(async (options: EventOptions) => {
      const api = await openApi(components, options)
      const device = options.device === undefined ? undefined : await deviceIdOf(api, options.device)
      const source: Source = { api, filters: { device, kind: options.kind } }
      const newest = await newestOf(source, wantedOf(options))
      if (options.watch === true)
        await followEvents(components, source, { first: newest, tell: tellerOf(components, options) })
      else {
        answer(components, options, { schema: 'surety-directory/events@1', events: newest }, () =>
          newest.length === 0 ? [NONE] : table(newest.map(rowOf), components.terminal, { heading: HEADING }),
        )
      }
    })
  withCommonOptions(events.command('kinds').description('the kinds of events of this version')).action(
    (options: CommonOptions) =>
      answer(components, options, { schema: 'surety-directory/event-kinds@1', kinds: EVENT_KINDS }, () => EVENT_KINDS),
  )
  addExportCommand(events, components)
}

const NONE = 'no events'
const HEADING = ['TIME', 'KIND', 'DEVICE', 'BY', 'WHAT']

function wantedOf({ last, since }: EventOptions): Wanted {
  const count = last ?? (since === undefined ? USUAL : MOST_EVENTS)
  return since === undefined ? { count } : { count, fromMs: since }
}

function tellerOf({ out, terminal }: CommandComponents, { json }: EventOptions) {
  if (json === true) {
    return (events: readonly DirectoryEvent[]) => {
      for (const event of events) out(`${printableJson({ schema: 'surety-directory/event@1', event })}\n`)
    }
  }
  let least: readonly number[] | undefined
  return (events: readonly DirectoryEvent[]) => {
    const rows = events.map(rowOf)
    const init = least === undefined ? { heading: HEADING } : { minWidths: least }
    if (rows.length > 0 || least === undefined) {
      out(
        table(rows, terminal, init)
          .map((line) => `${line}\n`)
          .join(''),
      )
    }
    least ??= columnWidths(rows, { heading: HEADING })
  }
}

function rowOf({ time, kind, device, actor = '-', actorName = actor, facts }: DirectoryEvent): TableRow {
  const by = actor === device ? 'device' : actorName
  return { cells: [timeOf(time), kind, device ?? '-', by, factWords(facts)], tone: TONES[kind] }
}

function readLast(text: string): number {
  const count = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN
  if (count <= MOST_EVENTS) return count
  throw new InvalidArgumentError(`a whole number from 1 to ${MOST_EVENTS}`)
}
