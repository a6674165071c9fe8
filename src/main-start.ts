/** `npm start`: a directory and a daemon on this very machine, for the first five minutes. */
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from './base/clock.ts'
import { codeOf, describeError } from './base/errors.ts'
import { runFirstMinutes } from './start/first-minutes.ts'
import { onUnwrittenOutput } from './system/unwritten-output.ts'

const program = new Command('npm start --')
  .description('Runs a directory and a daemon on this machine, enrols it, attests it, and shows what was found.')
  .option('--once', 'end after the first acknowledged cycle', false)
  .option('--json', 'print one JSON document (with --once)', false)
  .option('--data <folder>', 'where keys, databases and logs are kept', readFolder, '.surety')
  .option('--no-install', 'do not install a simulated TPM where there is none')
  .option('--tpm-device <path>', 'the TPM to look for', '/dev/tpmrm0')
  .exitOverride()

const stop = new AbortController()
// The first asks for a clean end; a second does what it does to any program, and the guardian ends the rest.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort(signal))
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

try {
  const options = program
    .parse()
    .opts<{ once: boolean; json: boolean; data: string; install: boolean; tpmDevice: string }>()
  once = options.once || options.json
  await runFirstMinutes(
    {
      clock: systemClock,
      out: process.stdout,
      paint: (style, text) => styleText(style, text, { stream: process.stdout }),
      progress: process.stderr,
    },
    {
      sources: import.meta.dirname,
      dataFolder: resolve(options.data),
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
    process.stderr.write(`npm start: ${describeError(error)}${codeOf(error) ? ` (${codeOf(error)})` : ''}\n`)
    process.exitCode = 1
  }
}

/** An empty one is a variable that was not set, and would mean the folder we are started in. */
function readFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('a folder has a name')
  return text
}
