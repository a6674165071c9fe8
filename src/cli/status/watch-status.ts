import { codeOf } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import type { Status } from '../../protocol/messages/control.ts'
import type { Terminal } from '../../view/terminal.ts'
import { ALTERNATE_SCREEN, MAIN_SCREEN, REST_OF_LINE, REST_OF_SCREEN, TOP } from '../agents/watch-sightings.ts'
import type { CliComponents } from '../command/cli-components.ts'
import type { DaemonClient } from '../command/daemon-client.ts'
import { isAway } from '../command/exit-codes.ts'

export interface WatchStatusInit {
  readonly daemon: DaemonClient
  readonly terminal: Terminal
  readonly json: boolean | undefined
  readonly lines: (status: Status) => readonly string[]
}

const EVERY_MS = 2_000

/** `surety status --watch`: prints the status whenever its text changes, until Ctrl-C. */
export async function watchStatus(
  { out, err, pause, untilInterrupted }: CliComponents,
  init: WatchStatusInit,
): Promise<void> {
  const signal = untilInterrupted()
  const isScreen = init.terminal.columns !== undefined && init.json !== true
  let shown: string | undefined
  let lost = false
  try {
    while (!signal.aborted) {
      try {
        const status = await init.daemon.status()
        if (lost) err('surety: suretyd answers again\n')
        lost = false
        const text = init.json === true ? jsonOf(status) : `${textOf(init, status)}\n`
        // The time is in each JSON document, and is no change.
        const key =
          init.json === true ? jsonOf({ ...status, time: 0, directory: { ...status.directory, time: 0 } }) : text
        if (key !== shown)
          out(isScreen ? `${shown === undefined ? ALTERNATE_SCREEN : ''}${TOP}${text}${REST_OF_SCREEN}` : text)
        shown = key
      } catch (error) {
        if (shown === undefined || !isAway(codeOf(error))) throw error
        if (!lost) err('surety: suretyd is gone; waiting for it\n')
        lost = true
      }
      await pause(EVERY_MS, { signal })
    }
  } finally {
    if (isScreen && shown !== undefined) out(MAIN_SCREEN)
  }
}

function textOf({ terminal, lines }: WatchStatusInit, status: Status): string {
  const all = lines(status)
  const { rows, columns } = terminal
  if (columns === undefined) return all.join('\n')
  const room = Math.max(1, (rows ?? Number.POSITIVE_INFINITY) - 2)
  const shown = all.length <= room ? all : [...all.slice(0, room - 1), `… and ${all.length - room + 1} more lines`]
  return shown.map((line) => `${line}${REST_OF_LINE}`).join('\n')
}

function jsonOf(value: object): string {
  return `${printableJson(value)}\n`
}
