import { codeOf } from '../base/errors.ts'
import { printableJson } from '../base/printable.ts'
import type { SightingsAnswer } from '../protocol/control.ts'
import type { Sighting } from '../protocol/sighting.ts'
import { sightingRow } from '../view/sighting-rows.ts'
import { type Terminal, table, toned } from '../view/terminal.ts'
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
  readonly document: (answer: SightingsAnswer) => object
}

const AGAIN_MS = 2_000

export async function watchSightings(components: CliComponents, init: WatchInit): Promise<void> {
  const { err, pause } = components
  const signal = components.untilInterrupted()
  let last: SightingsAnswer | undefined
  let lost = false
  while (!signal.aborted) {
    try {
      const unlike = last === undefined ? {} : { unlike: last.mark }
      const answer = await init.daemon.sightings({ kinds: [init.kind], ...unlike }, { signal })
      if (lost) err('surety: the daemon answers again\n')
      lost = false
      if (answer.mark !== last?.mark) tell(components, init, answer, last)
      last = answer
    } catch (error) {
      if (signal.aborted) return
      // It may be restarted under us; that it is not there at all is said at once.
      if (last === undefined || !isAway(codeOf(error))) throw error
      if (!lost) err('surety: the daemon is gone; waiting for it\n')
      lost = true
      await pause(AGAIN_MS, { signal })
    }
  }
}

function tell(
  { out }: CliComponents,
  init: WatchInit,
  answer: SightingsAnswer,
  last: SightingsAnswer | undefined,
): void {
  if (init.json === true) out(`${printableJson({ ...init.document(answer), time: answer.time })}\n`)
  else if (init.terminal.columns !== undefined) out(screen(init, answer))
  else if (last === undefined) out(`${init.words(answer).join('\n')}\n`)
  else
    out(
      changeLines(answer, last, init.terminal)
        .map((line) => `${line}\n`)
        .join(''),
    )
}

const TOP = '\u001b[H\u001b[J'
const KEPT_ROWS = 3

/** Redrawn in place; what does not fit is counted. */
function screen({ terminal, words }: WatchInit, answer: SightingsAnswer): string {
  const lines = words(answer)
  const room = Math.max(1, (terminal.rows ?? Number.POSITIVE_INFINITY) - KEPT_ROWS)
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} lines more`]
  const footer = toned(terminal, 'faint', `${timeOf(answer)}  Ctrl-C ends`)
  return `${TOP}${shown.join('\n')}\n\n${footer}\n`
}

/** For a file or a pipe: one line for each thing that came, changed or went. */
function changeLines(answer: SightingsAnswer, last: SightingsAnswer, terminal: Terminal): string[] {
  const before = new Map(last.items.map((item) => [item.id, item]))
  const now = new Map(answer.items.map((item) => [item.id, item]))
  const row = (what: string, sighting: Sighting) => {
    const { cells, tone } = sightingRow(sighting)
    return { cells: [`${timeOf(answer)}  ${what}`, ...cells], tone }
  }
  const came = answer.items.filter(({ id }) => !before.has(id)).map((item) => row('+', item))
  const went = last.items.filter(({ id }) => !now.has(id)).map((item) => row('-', item))
  const changed = answer.items.filter((item) => before.has(item.id) && shownAs(item) !== shownAs(before.get(item.id)))
  return table([...came, ...changed.map((item) => row('~', item)), ...went], terminal)
}

function shownAs(sighting: Sighting | undefined): string {
  return sighting === undefined ? '' : JSON.stringify(sightingRow(sighting).cells)
}

function timeOf({ time }: SightingsAnswer): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
