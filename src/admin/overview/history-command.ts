import { type Command, InvalidArgumentError } from 'commander'
import { VERDICT_WORDS, VERDICTS } from '../../protocol/messages/attestation-result.ts'
import {
  type CountedHour,
  HISTORY_HOURS,
  historyReader,
  MOST_HISTORY_DAYS,
  USUAL_HISTORY_DAYS,
} from '../../protocol/nouns/directory/history.ts'
import { type CommandComponents, examples, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'

interface HistoryOptions extends FormatOptions {
  readonly days?: number
  readonly hours?: boolean
}

/** `history`: the counts of days gone by, the newest last. */
export function addHistoryCommand(program: Command, components: CommandComponents): void {
  const command = program
    .command('history')
    .description('how the fleet was: counts of each day, by its busiest hour (UTC)')
  withFormat(withApiOptions(command))
    .option('--days <count>', `how many (default: ${USUAL_HISTORY_DAYS})`, readDays)
    .option('--hours', `the last ${HISTORY_HOURS} hours instead, each with its counts`)
    .addHelpText(
      'after',
      examples('surety-directory history', 'surety-directory history --days 90 -o csv > history.csv'),
    )
    .action(async ({ days, hours, ...options }: HistoryOptions) => {
      const api = await openApi(components, options)
      const history = await api.ask('GET', `/history${queryOf({ days })}`, historyReader)
      const items: readonly CountedHour[] = hours === true ? history.hours : history.days
      const times: Column<CountedHour>[] = [
        { heading: 'TIME', cell: ({ time }) => timeOf(time), value: ({ time }) => isoTime(time) },
      ]
      await printList<CountedHour>(components, options, {
        items,
        columns: [...times, ...COUNTS],
        idOf: ({ time }) => isoTime(time) ?? '',
        document: { schema: 'surety-directory/history@1', history },
        footer: `${countOf(items.length, hours === true ? 'hour' : 'day')}: what was not counted is left out`,
      })
    })
}

const count = (heading: string, of: (one: CountedHour) => number): Column<CountedHour> => ({
  heading,
  cell: (one) => countOf(of(one)),
  value: (one) => `${of(one)}`,
})

const COUNTS: readonly Column<CountedHour>[] = [
  count('DEVICES', ({ devices }) => devices.total),
  count('CONNECTED', ({ devices }) => devices.connected),
  ...VERDICTS.map((verdict) =>
    count(VERDICT_WORDS[verdict].toUpperCase().replace('-', ' '), ({ devices }) => devices.byVerdict[verdict]),
  ),
  count('RUNNING', ({ agents }) => agents.running),
  count('FROZEN', ({ agents }) => agents.frozen),
  count('AUTONOMOUS', ({ agents }) => agents.autonomous),
  count('UNREGISTERED', ({ agents }) => agents.unregistered),
  count('BLOCKED', ({ agents }) => agents.blocked),
  count('WAITING', ({ waiting }) => waiting),
  count('STOPS', ({ stops }) => stops),
]

function readDays(text: string): number {
  const days = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.NaN
  if (days <= MOST_HISTORY_DAYS) return days
  throw new InvalidArgumentError(`a whole number from 1 to ${MOST_HISTORY_DAYS}`)
}
