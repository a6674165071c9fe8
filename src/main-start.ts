/** `npm start`: a directory and a daemon on this very machine, for the first five minutes. */
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { Command } from 'commander'
import { systemClock } from './base/clock.ts'
import { codeOf, describeError } from './base/errors.ts'
import { runFirstMinutes } from './start/first-minutes.ts'

const program = new Command('npm start --')
  .description('Runs a directory and a daemon on this machine, enrols it, attests it, and shows what was found.')
  .option('--once', 'end after the first acknowledged cycle', false)
  .option('--json', 'print one JSON document (with --once)', false)
  .option('--data <folder>', 'where keys, databases and logs are kept', '.surety')
  .option('--no-install', 'do not install a simulated TPM where there is none')
  .option('--tpm-device <path>', 'the TPM to look for', '/dev/tpmrm0')
  .exitOverride()

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal))

try {
  const options = program
    .parse()
    .opts<{ once: boolean; json: boolean; data: string; install: boolean; tpmDevice: string }>()
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
      once: options.once || options.json,
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
  } else if (!stop.signal.aborted) {
    process.stderr.write(`npm start: ${describeError(error)}${codeOf(error) ? ` (${codeOf(error)})` : ''}\n`)
    process.exitCode = 1
  }
}
