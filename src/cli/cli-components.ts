import type { Command } from 'commander'
import type { ConfigEntry } from '../protocol/control.ts'
import type { Terminal } from '../view/terminal.ts'
import type { DaemonClient } from './daemon-client.ts'

/** What the commands of `surety` need. */
export interface CliComponents {
  readonly daemonAt: (socket: string) => DaemonClient
  /** Reads the configuration without the daemon. @throws `CONFIG_INVALID`. */
  readonly readConfig: () => readonly ConfigEntry[]
  readonly now: () => number
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Aborted by Ctrl-C, or when the reader of the output is gone. Call it only in a command that keeps running. */
  readonly untilInterrupted: () => AbortSignal
  /** Calls `redraw` whenever the terminal changes its size, until the signal aborts. */
  readonly whenResized: (redraw: () => void, options: { signal: AbortSignal }) => void
  /** Resolves early when the signal aborts. */
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

/** The options of a command, before or after its name: `surety --json status` works too. */
export function optionsOf(command: Command): CliOptions {
  return command.optsWithGlobals<CliOptions>()
}
