/** `npm start`: a directory and a daemon on this very machine, for the first five minutes. */
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from './base/clock.ts'
import { codeOf, describeError } from './base/errors.ts'
import { runFirstMinutes } from './start/first-minutes.ts'
import { errnoOf } from './system/files/file-errors.ts'
import { onEndSignal } from './system/program/end-signals.ts'
import { onUnwrittenOutput } from './system/program/unwritten-output.ts'

const program = new Command('npm start --')
  .description('Runs a directory and a daemon on this machine, enrols it, attests it, and shows what was found.')
  .option('--once', 'end after the first acknowledged cycle', false)
  .option('--json', 'print one JSON document (with --once)', false)
  .option('--data <folder>', 'where keys, databases and logs are kept', readFolder, '.surety')
  .option('--no-install', 'do not install a simulated TPM where there is none')
  .option('--tpm-device <path>', 'the TPM to look for', '/dev/tpmrm0')
  .exitOverride()

const stop = new AbortController()
// After a second signal the guardian ends the rest.
onEndSignal((signal) => stop.abort(signal))
for (const stream of [process.stdout, process.stderr]) {
  onUnwrittenOutput(stream, {
    closed: () => stop.abort('SIGPIPE'),
    failed(reason) {
      if (stream === process.stdout) process.stderr.write(`npm start: what it found cannot be written: ${reason}\n`)
      process.exitCode = 1
      stop.abort('SIGPIPE')
    },
  })
}
const INTERRUPTED = 130
let once = false
let data = ''

try {
  const options = program
    .parse()
    .opts<{ once: boolean; json: boolean; data: string; install: boolean; tpmDevice: string }>()
  once = options.once || options.json
  data = resolve(options.data)
  await runFirstMinutes(
    {
      clock: systemClock,
      out: process.stdout,
      redraws: process.stdout.isTTY && process.env.TERM !== 'dumb',
      paint: (style, text) => styleText(style, text, { stream: process.stdout }),
      progress: process.stderr,
    },
    {
      sources: import.meta.dirname,
      dataFolder: data,
      once,
      json: options.json,
      mayInstall: options.install,
      tpmDevice: options.tpmDevice,
    },
    { signal: stop.signal },
  )
} catch (error) {
  if (error instanceof Error && 'exitCode' in error) {
    // commander has said what is wrong: 0 for --help
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (stop.signal.aborted) {
    // Ending the live summary is how it ends; a cycle that was cut off is no success.
    process.exitCode ??= once ? INTERRUPTED : 0
  } else {
    process.stderr.write(`npm start: ${complaint(error)}\n`)
    process.exitCode = 1
  }
}

function complaint(error: unknown): string {
  const code = codeOf(error)
  if (code !== undefined) return `${describeError(error)} (${code})`
  // The system's, of a file: what is kept there may be half of what it was.
  const remedy = `: check the disk of ${data}, or choose another folder with --data`
  return errnoOf(error) === undefined ? describeError(error) : `${describeError(error)}${remedy} (STORE_FAILED)`
}

/** An empty one is a variable that was not set, and would mean the folder we are started in. */
function readFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('a folder has a name')
  return text
}
