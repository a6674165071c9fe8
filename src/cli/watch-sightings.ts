import { codeOf } from '../base/errors.ts'
import { printableJson } from '../base/printable.ts'
import type { SightingsAnswer } from '../protocol/control.ts'
import type { Sighting } from '../protocol/sighting.ts'
import { shortIds } from '../view/short-ids.ts'
import { HEADINGS, inOrder, sightingRow } from '../view/sighting-rows.ts'
import { columnWidths, type TableRow, type Terminal, table, toned, wrapped } from '../view/terminal.ts'
import type { CliComponents } from './cli-components.ts'
import type { DaemonClient } from './daemon-client.ts'
import { isAway } from './exit-codes.ts'

/** `--watch`: tells what is seen whenever that changes, until it is interrupted or nobody reads any more. */
export interface WatchInit {
  readonly daemon: DaemonClient
  readonly kind: Sighting['kind']
  readonly terminal: Terminal
  readonly json: boolean | undefined
  readonly words: (answer: SightingsAnswer) => readonly string[]
  /** What stands below them: that there are none, that some are not told. */
  readonly notes: (answer: SightingsAnswer) => readonly string[]
  readonly document: (answer: SightingsAnswer) => object
}

const AGAIN_MS = 2_000

export async function watchSightings(components: CliComponents, init: WatchInit): Promise<void> {
  const signal = components.untilInterrupted()
  const teller = tellerOf(components, init, { signal })
  try {
    await watch(components, init, teller, { signal })
  } finally {
    teller.end()
  }
}

async function watch(
  { err, pause }: CliComponents,
  { daemon, kind }: WatchInit,
  teller: Teller,
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
      if (lost) err('surety: the daemon answers again\n')
      lost = false
      if (answer.mark !== mark) teller.tell(answer)
      mark = answer.mark
    } catch (error) {
      if (signal.aborted) return
      // It may be restarted under us; that it is not there at all is said at once.
      if (mark === undefined || !isAway(codeOf(error))) throw error
      if (!lost) err('surety: the daemon is gone; waiting for it\n')
      lost = true
      await pause(AGAIN_MS, { signal })
    }
  }
}

interface Teller {
  readonly tell: (answer: SightingsAnswer) => void
  readonly end: () => void
}

function tellerOf(components: CliComponents, init: WatchInit, options: { signal: AbortSignal }): Teller {
  if (init.json === true) return documents(components, init)
  return init.terminal.columns === undefined ? changes(components, init) : screen(components, init, options)
}

function documents({ out }: CliComponents, { document }: WatchInit): Teller {
  return {
    tell: (answer) => out(`${printableJson({ ...document(answer), time: answer.time })}\n`),
    end: () => undefined,
  }
}

/** The second screen that terminals have for what is redrawn: nothing of it is left in what was there before. */
const [SECOND_SCREEN, FIRST_SCREEN] = ['\u001b[?1049h', '\u001b[?1049l']
const [TOP, REST_OF_LINE, REST_OF_SCREEN] = ['\u001b[H', '\u001b[K', '\u001b[J']
const KEPT_ROWS = 3

/** Redrawn in place, in another size too; what does not fit is counted. */
function screen(components: CliComponents, init: WatchInit, options: { signal: AbortSignal }): Teller {
  const { out, whenResized } = components
  let last: SightingsAnswer | undefined
  const draw = () => {
    if (last === undefined) return
    const lines = screenLines(init, last).map((line) => `${line}${REST_OF_LINE}`)
    out(`${TOP}${lines.join('\n')}\n${REST_OF_SCREEN}`)
  }
  whenResized(draw, options)
  return {
    tell(answer) {
      if (last === undefined) out(SECOND_SCREEN)
      last = answer
      draw()
    },
    end() {
      if (last !== undefined) out(FIRST_SCREEN)
    },
  }
}

function screenLines({ terminal, words }: WatchInit, answer: SightingsAnswer): string[] {
  const lines = words(answer)
  const room = Math.max(1, (terminal.rows ?? Number.POSITIVE_INFINITY) - KEPT_ROWS)
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} lines more`]
  const footer = wrapped(terminal, `${timeOf(answer)} Ctrl-C ends`).slice(0, 1)
  return [...shown, '', ...footer.map((line) => toned(terminal, 'faint', line))]
}

/** For a file or a pipe: what there is at first, then one line for each thing that came, changed or went, in its columns. */
function changes({ out }: CliComponents, { kind, terminal, notes }: WatchInit): Teller {
  const heading = ['TIME', '', 'ID', ...HEADINGS[kind]]
  let last: SightingsAnswer | undefined
  let least: readonly number[] = []
  const lines = (all: readonly string[]) => out(all.map((line) => `${line}\n`).join(''))
  return {
    tell(answer) {
      const rows = changedRows(answer, last)
      if (last === undefined) {
        least = columnWidths(rows, { heading })
        lines([...table(rows, terminal, { heading }), ...notes(answer)])
      } else lines(table(rows, terminal, { least }))
      last = answer
    },
    end: () => undefined,
  }
}

/** `=` for what is there at first, `+` for what came, `~` for what is shown otherwise, `-` for what went. */
function changedRows(answer: SightingsAnswer, last: SightingsAnswer | undefined): TableRow[] {
  const before = new Map(last?.items.map((item) => [item.id, item]))
  const now = new Map(answer.items.map((item) => [item.id, item]))
  const short = shortIds([...before.keys(), ...now.keys()])
  const row = (what: string) => (sighting: Sighting) => {
    const { cells, tone } = sightingRow(sighting)
    return { cells: [timeOf(answer), what, short(sighting.id), ...cells], tone }
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
