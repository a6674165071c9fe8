import { type Command, InvalidArgumentError } from 'commander'
import { orAborted } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import { printableJson } from '../../base/printable.ts'
import { type DirectoryEvent, EVENT_KINDS, type EventKind, eventPageReader } from '../../protocol/api-events.ts'
import { memberWords } from '../../view/sighting-facts.ts'
import { columnWidths, type TableRow, type Tone, table } from '../../view/terminal.ts'
import type { ApiClient } from './api-client.ts'
import { answer, type CommandComponents, type CommonOptions, openApi, queryOf, withApiOptions } from './command-line.ts'
import { parseDuration, timeOf } from './format.ts'
import { deviceIdOf } from './name-device.ts'

/** What happened, as a journal: the newest stands last. */

interface EventOptions extends CommonOptions {
  readonly device?: string
  readonly kind?: EventKind
  /** Milliseconds. */
  readonly since?: number
  readonly last?: number
  readonly watch?: boolean
}

const LAST = { usual: 100, most: 100_000 } as const
const PAGE = 500
const AGAIN_MS = 2_000

export function addEventCommands(program: Command, components: CommandComponents): void {
  const events = program.command('events').description('what happened: the record')
  withApiOptions(events.command('list').description('the newest, in the order in which they happened'))
    .option('--device <device>', 'only of this device: its id, the beginning of it, or its host name')
    .option('--kind <kind>', 'only of this kind', readKind)
    .option('--since <time>', 'only of the last 90m, 24h, 7d', readSince)
    .option('--last <count>', `so many (${LAST.usual}; with --since, all)`, readLast)
    .option('--watch', 'go on, and tell what comes')
    .action(async (options: EventOptions) => {
      const api = await openApi(components, options)
      const device = options.device === undefined ? undefined : await deviceIdOf(api, options.device)
      const source: Source = { api, filters: { device, kind: options.kind } }
      const newest = await newestOf(source, wantedOf(options, components.now()))
      if (options.watch === true) await watch(components, options, source, newest)
      else {
        answer(components, options, { schema: 'surety-directory/events@1', events: newest }, () =>
          newest.length === 0 ? [NONE] : table(newest.map(rowOf), components.terminal, { heading: HEADING }),
        )
      }
    })
}

const NONE = 'no events'
const HEADING = ['TIME', 'KIND', 'DEVICE', 'BY', 'WHAT']

interface Source {
  readonly api: ApiClient
  readonly filters: { readonly device?: string | undefined; readonly kind?: EventKind | undefined }
}

interface Wanted {
  readonly count: number
  /** None of this id or below, and none from before this time. */
  readonly afterId?: number
  readonly fromMs?: number
}

function wantedOf({ last, since }: EventOptions, now: number): Wanted {
  const count = last ?? (since === undefined ? LAST.usual : LAST.most)
  return since === undefined ? { count } : { count, fromMs: now - since }
}

/** Page by page from the newest on, oldest first. */
async function newestOf({ api, filters }: Source, wanted: Wanted): Promise<readonly DirectoryEvent[]> {
  const { count, afterId = 0, fromMs = 0 } = wanted
  const found: DirectoryEvent[] = []
  for (let cursor: string | undefined; ; ) {
    const limit = Math.min(PAGE, count - found.length)
    const page = await api.ask('GET', `/events${queryOf({ ...filters, limit, cursor })}`, eventPageReader)
    const fresh = page.items.filter(({ id, time }) => id > afterId && time >= fromMs)
    found.push(...fresh)
    cursor = page.next
    if (cursor === undefined || fresh.length < page.items.length || found.length >= count) return found.reverse()
  }
}

/** Tells what there is and then each that comes, until it is interrupted or nobody reads any more. */
async function watch(
  components: CommandComponents,
  options: EventOptions,
  source: Source,
  first: readonly DirectoryEvent[],
): Promise<void> {
  const { err, pause, untilInterrupted } = components
  const signal = untilInterrupted({ orUnread: true })
  const tell = tellerOf(components, options)
  tell(first)
  let afterId = first.at(-1)?.id ?? (await newestId(source))
  let lost = false
  for (;;) {
    await pause(AGAIN_MS, { signal })
    if (signal.aborted) return
    try {
      const more = await orAborted(newestOf(source, { count: LAST.most, afterId }), signal)
      if (lost) err('surety-directory: the directory answers again\n')
      lost = false
      tell(more)
      afterId = more.at(-1)?.id ?? afterId
    } catch (error) {
      if (signal.aborted) return
      // It may be restarted under us.
      if (codeOf(error) !== 'DIRECTORY_UNREACHABLE') throw error
      if (!lost) err('surety-directory: the directory is gone; waiting for it\n')
      lost = true
    }
  }
}

/** Where there is none that is wanted yet, what happened before is not told later. */
async function newestId({ api, filters }: Source): Promise<number> {
  const [newest] = (await api.ask('GET', `/events${queryOf({ ...filters, limit: 1 })}`, eventPageReader)).items
  return newest?.id ?? 0
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

/** What a human may want to look at. */
const TONES: Readonly<Partial<Record<string, Tone>>> = {
  forked: 'bad',
  'unknown-agent-appeared': 'bad',
  'evidence-not-taken-in': 'bad',
  'agent-autonomous': 'warning',
  'mcp-launch-changed': 'warning',
  're-enrolment-pending': 'warning',
  'enrolment-refused': 'warning',
  'attestation-refused': 'warning',
  'evidence-refused': 'warning',
  'evidence-quota-reached': 'warning',
  'not-appraised': 'warning',
  flooded: 'warning',
  gap: 'warning',
}

function rowOf({ time, kind, device = '-', actor = '-', facts }: DirectoryEvent): TableRow {
  const what = typeof facts === 'object' && facts !== null ? memberWords(facts) : ''
  return { cells: [timeOf(time), kind, device, actor, what], tone: TONES[kind] }
}

function readKind(text: string): EventKind {
  const kind = EVENT_KINDS.find((one) => one === text)
  if (kind === undefined) throw new InvalidArgumentError(`a kind is one of ${EVENT_KINDS.join(', ')}`)
  return kind
}

function readSince(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 90m, 24h, 7d')
  return ms
}

function readLast(text: string): number {
  const count = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN
  if (count <= LAST.most) return count
  throw new InvalidArgumentError(`a whole number from 1 to ${LAST.most}`)
}
