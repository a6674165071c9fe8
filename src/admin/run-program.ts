import { describeError } from '../base/errors.ts'
import { askTerminal, canAsk } from '../system/program/ask-terminal.ts'
import { ignoreUnwritten, onUnwrittenOutput, pause, untilInterrupted } from '../system/program/own-process.ts'
import { readSecret } from '../system/program/read-secret.ts'
import type { CommandComponents } from './command/command-line.ts'
import { runCommands } from './run-commands.ts'

export interface ProgramComponents
  extends Pick<
    CommandComponents,
    | 'client'
    | 'loadConfig'
    | 'apiOf'
    | 'serve'
    | 'resetAdministrator'
    | 'anchors'
    | 'backups'
    | 'setup'
    | 'updates'
    | 'demonstration'
  > {
  /** Whether the user wants colours on a terminal. */
  readonly colour: boolean
}

/** Runs the command line of this process, and sets its exit code. */
export async function runProgram({ colour, ...components }: ProgramComponents): Promise<void> {
  const { stdout, stderr } = process
  const stop = new AbortController()
  let signalName: NodeJS.Signals | undefined
  onUnwrittenOutput(stdout, {
    // `… | head` closes the pipe: nothing reads the rest.
    closed: () => stop.abort(),
    failed(reason) {
      stderr.write(`surety-directory: the answer cannot be written: ${reason} [STORE_FAILED]\n`)
      process.exitCode = 1
      stop.abort()
    },
  })
  // A command does its work although its messages cannot be written. The exit code remains.
  ignoreUnwritten(stderr)
  const exitCode = await runCommands(
    {
      ...components,
      out: (text) => stdout.write(text),
      err: (text) => stderr.write(text),
      now: () => Date.now(),
      terminal: { columns: stdout.isTTY ? stdout.columns : undefined, colour: stdout.isTTY && colour },
      untilInterrupted({ orUnread = false } = {}) {
        const onSignal = (name: NodeJS.Signals) => {
          signalName = name
        }
        return untilInterrupted(stop, { onSignal, ...(orUnread ? { output: stdout } : {}) })
      },
      pause,
      ask: canAsk() ? askTerminal : undefined,
      readSecret: (question) => readSecret({ stdin: process.stdin, ask: (text) => stderr.write(text) }, question),
    },
    process.argv.slice(2),
  ).catch((error: unknown) => {
    stderr.write(`surety-directory: ${describeError(error)} [INTERNAL]\n`)
    return 1
  })
  // 0 does not replace the 1 of output that could not be written.
  if (exitCode !== 0) process.exitCode = exitCode
  // After the clean-up the signal takes its usual effect: an outstanding request may never end.
  if (signalName !== undefined && exitCode !== 0) {
    process.removeAllListeners(signalName)
    process.kill(process.pid, signalName)
  }
}
