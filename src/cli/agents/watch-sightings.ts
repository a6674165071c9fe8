import { codeOf } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import type { SightingsAnswer } from '../../protocol/messages/control.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import { shortIds } from '../../view/sightings/short-ids.ts'
import { inOrder, KIND_VIEWS, sightingRow } from '../../view/sightings/sighting-rows.ts'
import { columnWidths, type TableRow, type Terminal, table, toned, wrapped } from '../../view/terminal.ts'
import type { CliComponents } from '../command/cli-components.ts'
import type { DaemonClient } from '../command/daemon-client.ts'
import { isAway } from '../command/exit-codes.ts'

/** `--watch`: prints the sightings of one kind whenever they change, until Ctrl-C or until the reader of the output is gone. */
export interface WatchInit {
  readonly daemon: DaemonClient
  readonly kind: Sighting['kind']
  readonly terminal: Terminal
  readonly json: boolean | undefined
  readonly lines: (answer: SightingsAnswer) => readonly string[]
  /** Notes below the list: that it is empty or incomplete. */
  readonly notes: (answer: SightingsAnswer) => readonly string[]
  readonly document: (answer: SightingsAnswer) => object
}

const RETRY_MS = 2_000

export async function watchSightings(components: CliComponents, init: WatchInit): Promise<void> {
  const signal = components.untilInterrupted()
  const printer = printerOf(components, init, { signal })
  try {
    await watch(components, init, printer, { signal })
  } finally {
    printer.end()
  }
}

async function watch(
  { err, pause }: CliComponents,
  { daemon, kind }: WatchInit,
  printer: Printer,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  let mark: string | undefined
  let lost = false
  while (!signal.aborted) {
    try {
      const answer = await daemon.sightings(
        { kinds: [kind], ...(mark === undefined ? {} : { unlike: mark }) },
        { signal },
      )
      if (lost) err('surety: suretyd answers again\n')
      lost = false
      if (answer.mark !== mark) printer.print(answer)
      mark = answer.mark
    } catch (error) {
      if (signal.aborted) return
      // The daemon may be restarting. A daemon that was never there is an error at once.
      if (mark === undefined || !isAway(codeOf(error))) throw error
      if (!lost) err('surety: suretyd is gone; waiting for it\n')
      lost = true
      await pause(RETRY_MS, { signal })
    }
  }
}

interface Printer {
  readonly print: (answer: SightingsAnswer) => void
  readonly end: () => void
}

function printerOf(components: CliComponents, init: WatchInit, options: { signal: AbortSignal }): Printer {
  if (init.json === true) return documents(components, init)
  return init.terminal.columns === undefined ? changes(components, init) : screen(components, init, options)
}

function documents({ out }: CliComponents, { document }: WatchInit): Printer {
  return {
    print: (answer) => out(`${printableJson({ ...document(answer), time: answer.time })}\n`),
    end: () => undefined,
  }
}

/** The alternate screen of a terminal. Nothing drawn there stays in the scrollback. */
export const [ALTERNATE_SCREEN, MAIN_SCREEN] = ['\u001b[?1049h', '\u001b[?1049l']
export const [TOP, REST_OF_LINE, REST_OF_SCREEN] = ['\u001b[H', '\u001b[K', '\u001b[J']
const FOOTER_ROWS = 3

/** Redraws in place, also after a resize. Counts the lines that do not fit. */
function screen(components: CliComponents, init: WatchInit, options: { signal: AbortSignal }): Printer {
  const { out, whenResized } = components
  let last: SightingsAnswer | undefined
  const draw = () => {
    if (last === undefined) return
    const lines = screenLines(init, last).map((line) => `${line}${REST_OF_LINE}`)
    out(`${TOP}${lines.join('\n')}\n${REST_OF_SCREEN}`)
  }
  whenResized(draw, options)
  return {
    print(answer) {
      if (last === undefined) out(ALTERNATE_SCREEN)
      last = answer
      draw()
    },
    end() {
      if (last !== undefined) out(MAIN_SCREEN)
    },
  }
}

function screenLines({ terminal, lines: listLines }: WatchInit, answer: SightingsAnswer): string[] {
  const lines = listLines(answer)
  const room = Math.max(1, (terminal.rows ?? Number.POSITIVE_INFINITY) - FOOTER_ROWS)
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} more lines`]
  const footer = wrapped(terminal, `${timeOf(answer)} Press Ctrl-C to end`).slice(0, 1)
  return [...shown, '', ...footer.map((line) => toned(terminal, 'faint', line))]
}

/** For a file or pipe: first the list, then a line for each item that appeared, changed or disappeared, in the same columns. */
function changes({ out }: CliComponents, { kind, terminal, notes }: WatchInit): Printer {
  const heading = ['TIME', '', 'ID', ...KIND_VIEWS[kind].heading]
  let last: SightingsAnswer | undefined
  let minWidths: readonly number[] = []
  const lines = (all: readonly string[]) => out(all.map((line) => `${line}\n`).join(''))
  return {
    print(answer) {
      const rows = changedRows(answer, last)
      if (last === undefined) {
        minWidths = columnWidths(rows, { heading })
        lines([...table(rows, terminal, { heading }), ...notes(answer)])
      } else lines(table(rows, terminal, { minWidths }))
      last = answer
    },
    end: () => undefined,
  }
}

/** `=` in the first list, `+` appeared, `~` changed as shown, `-` disappeared. */
function changedRows(answer: SightingsAnswer, last: SightingsAnswer | undefined): TableRow[] {
  const before = new Map(last?.items.map((item) => [item.id, item]))
  const now = new Map(answer.items.map((item) => [item.id, item]))
  const short = shortIds([...before.keys(), ...now.keys()])
  const row = (mark: string) => (sighting: Sighting) => {
    const { cells, tone } = sightingRow(sighting)
    return { cells: [timeOf(answer), mark, short(sighting.id), ...cells], tone }
  }
  if (last === undefined) return inOrder(answer.items).map(row('='))
  const changed = answer.items.filter((item) => before.has(item.id) && shownAs(item) !== shownAs(before.get(item.id)))
  return [
    ...answer.items.filter(({ id }) => !before.has(id)).map(row('+')),
    ...changed.map(row('~')),
    ...last.items.filter(({ id }) => !now.has(id)).map(row('-')),
  ]
}

function shownAs(sighting: Sighting | undefined): string {
  return sighting === undefined ? '' : JSON.stringify(sightingRow(sighting).cells)
}

function timeOf({ time }: SightingsAnswer): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
