import type { Command } from 'commander'
import { SINCE_FORMS } from '../../command-line/since.ts'
import { type Change, type ChangeExample, changesReader } from '../../protocol/nouns/directory/changes.ts'
import { type CommandComponents, examples, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { countOf, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readSince } from '../command/read-numbers.ts'

/** What changed in the fleet, in words. */

interface ChangeOptions extends FormatOptions {
  /** Milliseconds since 1970. */
  readonly since?: number
  readonly until?: number
}

const DAY_MS = 86_400_000
/** Names in a table. The documents have more. */
const FIRST_NAMES = 3

export function addChangeCommand(program: Command, components: CommandComponents): void {
  const time = (text: string) => readSince(text, components.now())
  withFormat(withApiOptions(program.command('changes').description('what changed in the fleet, the most urgent first')))
    .option('--since <time>', `${SINCE_FORMS} (UTC; default: 24h)`, time)
    .option('--until <time>', 'the end, in the same forms (default: now)', time)
    .addHelpText(
      'after',
      examples(
        'surety-directory changes --since yesterday',
        'surety-directory changes --since monday --until today -o csv',
      ),
    )
    .action(async ({ since = components.now() - DAY_MS, until, ...options }: ChangeOptions) => {
      const api = await openApi(components, options)
      const answered = await api.ask('GET', `/changes${queryOf({ since, until })}`, changesReader)
      const { changes } = answered
      const span = `from ${timeOf(answered.since)} to ${timeOf(answered.until)}`
      await printList<Change>(components, options, {
        items: changes,
        columns: COLUMNS,
        idOf: ({ change }) => change,
        document: { schema: 'surety-directory/changes@1', ...answered },
        footer:
          changes.length === 0 ? `nothing changed ${span}` : `${countOf(changes.length, 'kind')} of changes ${span}`,
      })
    })
}

const COLUMNS: readonly Column<Change>[] = [
  { heading: 'ABOUT', cell: ({ room }) => room },
  { heading: 'COUNT', cell: ({ count }) => countOf(count), value: ({ count }) => `${count}` },
  { heading: 'WHAT', cell: ({ words }) => words },
  { heading: 'WHICH', cell: namesOf },
  { heading: 'CHANGE', cell: ({ change }) => change, wide: true },
]

/** `lap-1, lap-2 and 7 more`, `claude-code 2.1.40 on 12 devices`. */
function namesOf({ count, examples: all }: Change): string {
  const shown = all.slice(0, FIRST_NAMES)
  const words = shown.map(exampleWords)
  return count > shown.length ? `${words.join(', ')} and ${countOf(count - shown.length)} more` : words.join(', ')
}

function exampleWords({ name, by, devices, versions = [], autonomous }: ChangeExample): string {
  return [
    name,
    ...(versions.length === 0 ? [] : [versions.join(' ')]),
    ...(devices === undefined ? [] : [`on ${countOf(devices, 'device')}`]),
    ...(autonomous === undefined ? [] : [`(autonomous on ${countOf(autonomous)})`]),
    ...(by === undefined ? [] : [`by ${by}`]),
  ].join(' ')
}
