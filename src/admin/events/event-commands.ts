import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { type DirectoryEvent, events as declared, EVENT_KINDS } from '../../protocol/nouns/directory/events.ts'
import { factWords, TONES } from '../../view/events/event-words.ts'
import { columnWidths, table } from '../../view/terminal.ts'
import { answer, type CommandComponents, type CommonOptions, withCommonOptions } from '../command/command-line.ts'
import type { FormatOptions } from '../command/list-formats.ts'
import { shownText } from '../nouns/list-command.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { addExportCommand } from './export-events.ts'
import { followEvents, MOST_EVENTS, newestOf, type Source } from './read-events.ts'

/** What happened, as a journal: the newest is last. */

const columns: typeof declared.list.columns = declared.list.columns.map((column) =>
  column.heading === 'WHAT' ? { ...column, shown: ({ facts }) => factWords(facts) } : column,
)
const events: typeof declared = {
  ...declared,
  list: { ...declared.list, columns, toneOf: ({ kind }) => TONES[kind] },
}

export function addEventCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, events, {
    async list({ api, options, query: { limit, ...filters } }) {
      const since = typeof options.since === 'number' ? options.since : undefined
      const count = options.limit ?? options.last ?? (since === undefined ? limit : MOST_EVENTS)
      const source: Source = { api, filters }
      const tell = options.watch === true ? tellerOf(components, options) : undefined
      const newest = await newestOf(source, { count: Math.min(Number(count), MOST_EVENTS), fromMs: since })
      if (tell === undefined) return newest
      await followEvents(components, source, { first: newest.items, tell })
      return undefined
    },
  })
  withCommonOptions(command.command('kinds').description('the kinds of events of this version')).action(
    (options: CommonOptions) =>
      answer(components, options, { schema: 'surety-directory/event-kinds@1', kinds: EVENT_KINDS }, () => EVENT_KINDS),
  )
  addExportCommand(command, components)
}

/** @throws `USAGE_INVALID` for a format that has no lines of single events. */
function tellerOf({ out, terminal, now }: CommandComponents, { json, output = 'table' }: FormatOptions) {
  if (json === true || output === 'json') {
    return (more: readonly DirectoryEvent[]) => {
      for (const event of more) out(`${printableJson({ schema: 'surety-directory/event@1', event })}\n`)
    }
  }
  if (output !== 'table') throw new SuretyError('USAGE_INVALID', `--watch prints table or json, not ${output}`)
  const shown = columns.filter(({ wide }) => wide !== true)
  const heading = shown.map((column) => column.heading)
  let least: readonly number[] | undefined
  return (more: readonly DirectoryEvent[]) => {
    const rows = more.map((event) => ({
      cells: shown.map((column) => shownText(column, event, now()) ?? '-'),
      tone: TONES[event.kind],
    }))
    const init = least === undefined ? { heading } : { minWidths: least }
    if (rows.length > 0 || least === undefined) {
      out(
        table(rows, terminal, init)
          .map((line) => `${line}\n`)
          .join(''),
      )
    }
    least ??= columnWidths(rows, { heading })
  }
}
