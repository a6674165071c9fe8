import type { Command } from 'commander'
import type { ConfigEntry } from '../protocol/control.ts'
import type { Terminal } from '../view/terminal.ts'
import type { DaemonClient } from './daemon-client.ts'

/** The command line of people and scripts on the device. */
export interface CliComponents {
  readonly daemonAt: (socket: string) => DaemonClient
  /** The effective configuration read without the daemon. @throws `CONFIG_INVALID`. */
  readonly readConfig: () => readonly ConfigEntry[]
  readonly now: () => number
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Aborted when a person ends what goes on, or nobody reads it any more. Asked for only by what goes on. */
  readonly untilInterrupted: () => AbortSignal
  /** Calls `redraw` whenever the terminal has another size, until the signal is aborted. */
  readonly whenResized: (redraw: () => void, options: { signal: AbortSignal }) => void
  /** Ends early, without a word, once the signal is aborted. */
  readonly pause: (ms: number, options: { signal: AbortSignal }) => Promise<void>
}

export interface CliInit {
  readonly argv: readonly string[]
  readonly socket: string
  readonly terminal: Terminal
}

export interface CliOptions {
  readonly json?: boolean
  readonly socket: string
  readonly watch?: boolean
}

/** Those of a command, wherever on the line they stand: `surety --json status` too. */
export function optionsOf(command: Command): CliOptions {
  return command.optsWithGlobals<CliOptions>()
}
