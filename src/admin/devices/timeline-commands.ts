import { type Command, InvalidArgumentError } from 'commander'
import { SINCE_FORMS } from '../../command-line/since.ts'
import {
  type DeviceDifference,
  deviceDifferenceReader,
  type TimelineEntry,
  timelinePageReader,
} from '../../protocol/nouns/devices/timeline.ts'
import type { SightingKind } from '../../protocol/sighting.ts'
import { type CommandComponents, examples, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { readLimit, readSince } from '../command/read-numbers.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'

/** `devices timeline` and `devices difference`. */

interface TimelineOptions extends FormatOptions {
  readonly since?: number
  readonly until?: number
  readonly limit?: number
}

interface DifferenceOptions extends FormatOptions {
  readonly from: number
  readonly to?: number
}

const USUAL = 100
const MOST_AT_ONCE = 500

export function addTimelineCommands(devices: Command, components: CommandComponents): void {
  const time = (text: string) => readSince(text, components.now())
  withFormat(withApiOptions(devices.command('timeline').description('what happened on a device, newest first')))
    .argument('<device>', DEVICE_WORDS)
    .option('--since <time>', `${SINCE_FORMS} (UTC; default: all that is kept)`, time)
    .option('--until <time>', 'the end, in the same forms (default: now)', time)
    .option('--limit <count>', `how many to show (default: ${USUAL})`, readLimit)
    .addHelpText(
      'after',
      examples(
        'surety-directory devices timeline laptop-7 --since 7d',
        'surety-directory devices timeline laptop-7 --limit 1000 -o csv',
      ),
    )
    .action(async (wanted: string, { since, until, limit = USUAL, ...options }: TimelineOptions) => {
      const api = await openApi(components, options)
      const path = `/devices/${await deviceIdOf(api, wanted)}/timeline`
      const items: TimelineEntry[] = []
      let notKnown: readonly string[] = []
      let cursor: string | undefined
      do {
        const query = queryOf({ since, until, limit: Math.min(MOST_AT_ONCE, limit - items.length), cursor })
        const page = await api.ask('GET', `${path}${query}`, timelinePageReader)
        items.push(...page.items)
        ;({ notKnown } = page)
        cursor = page.next
      } while (cursor !== undefined && items.length < limit)
      const more = cursor === undefined ? '' : ', and there are more: give a higher --limit'
      await printList<TimelineEntry>(components, options, {
        items,
        columns: [
          { heading: 'TIME', cell: (one) => timeOf(one.time), value: (one) => isoTime(one.time) },
          { heading: 'WHAT', cell: ({ what }) => what },
          { heading: 'WORDS', cell: ({ words }) => words },
        ],
        idOf: (one) => isoTime(one.time) ?? '',
        document: { schema: 'surety-directory/device-timeline@1', items, notKnown },
        footer: [`${countOf(items.length, 'thing')} happened${more}`, ...notKnown.map(noteOf)].join('\n'),
      })
    })

  withFormat(withApiOptions(devices.command('difference').description('what differs on a device between two times')))
    .argument('<device>', DEVICE_WORDS)
    .requiredOption('--from <time>', `${SINCE_FORMS} (UTC)`, time)
    .option('--to <time>', 'the later one, in the same forms (default: now)', time)
    .addHelpText(
      'after',
      examples(
        'surety-directory devices difference laptop-7 --from yesterday',
        'surety-directory devices difference laptop-7 --from 2026-11-28 --to 2026-11-30 -o json',
      ),
    )
    .action(async (wanted: string, { from, to, ...options }: DifferenceOptions) => {
      if (to !== undefined && to <= from) throw new InvalidArgumentError('--from must be before --to')
      const api = await openApi(components, options)
      const path = `/devices/${await deviceIdOf(api, wanted)}/difference`
      const difference = await api.ask('GET', `${path}${queryOf({ from, to })}`, deviceDifferenceReader)
      const items = rowsOf(difference)
      const span = `between ${timeOf(difference.since)} and ${timeOf(difference.until)}`
      await printList<DifferenceRow>(components, options, {
        items,
        columns: [
          { heading: 'WHAT', cell: ({ what }) => what },
          { heading: 'WHICH', cell: ({ which }) => which },
          { heading: 'BEFORE', cell: ({ before = '-' }) => before, value: ({ before }) => before },
          { heading: 'AFTER', cell: ({ after = '-' }) => after, value: ({ after }) => after },
        ],
        idOf: ({ which }) => which,
        document: { schema: 'surety-directory/device-difference@1', difference },
        footer: [`${countOf(items.length, 'difference')} ${span}`, ...difference.notKnown.map(noteOf)].join('\n'),
      })
    })
}

function noteOf(sentence: string): string {
  return `not known: ${sentence}`
}

interface DifferenceRow {
  readonly what: 'check' | 'component' | SightingKind
  readonly which: string
  readonly before?: string | undefined
  readonly after?: string | undefined
}

function rowsOf({ checks, agents, things, components = [] }: DeviceDifference): readonly DifferenceRow[] {
  return [
    ...checks.map(({ check, from, to }) => ({ what: 'check' as const, which: check, before: from, after: to })),
    ...agents.appeared.map(({ name }) => ({ what: 'agent' as const, which: name, after: 'present' })),
    ...agents.left.map(({ name }) => ({ what: 'agent' as const, which: name, before: 'present' })),
    ...things.appeared.map(({ kind, name }) => ({ what: kind, which: name, after: 'present' })),
    ...things.left.map(({ kind, name }) => ({ what: kind, which: name, before: 'present' })),
    ...components.map(({ component, from, to }) => ({
      what: 'component' as const,
      which: component,
      before: from,
      after: to,
    })),
  ]
}
