/** `npm start`: a directory and a daemon on this machine, for the first five minutes. */
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../src/base/clock.ts'
import { codeOf, describeError } from '../src/base/errors.ts'
import { errnoOf } from '../src/system/files/file-errors.ts'
import { defaultPaths } from '../src/system/platform/this-platform.ts'
import { onEndSignal, onUnwrittenOutput } from '../src/system/program/own-process.ts'
import { runQuickStart } from './start/quick-start.ts'

const program = new Command('npm start --')
  .description('Runs a directory and a daemon on this machine, enrols and attests it, and shows what was found.')
  .option('--once', 'end when the first report is complete', false)
  .option('--json', 'print one JSON document and end', false)
  .option('--data <folder>', 'folder for keys, databases and logs', readFolder, '.surety')
  .option('--no-install', 'do not install a TPM simulator')
  .option('--tpm-device <path>', 'TPM device', defaultPaths().tpmDevice)
  .exitOverride()

const stop = new AbortController()
// After a second signal the guardian ends what is left.
onEndSignal((signal) => stop.abort(signal))
for (const stream of [process.stdout, process.stderr]) {
  onUnwrittenOutput(stream, {
    closed: () => stop.abort('SIGPIPE'),
    failed(reason) {
      if (stream === process.stdout) process.stderr.write(`npm start: cannot write the output: ${reason}\n`)
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
  await runQuickStart(
    {
      clock: systemClock,
      out: process.stdout,
      redraws: process.stdout.isTTY && process.env.TERM !== 'dumb',
      paint: (style, text) => styleText(style, text, { stream: process.stdout }),
      progress: process.stderr,
    },
    {
      checkout: resolve(import.meta.dirname, '..'),
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
    // commander has printed the message. Its exit code is 0 for --help.
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (stop.signal.aborted) {
    // Ctrl-C is the usual end of the live summary, but cuts off --once.
    process.exitCode ??= once ? INTERRUPTED : 0
  } else {
    process.stderr.write(`npm start: ${messageOf(error)}\n`)
    process.exitCode = 1
  }
}

function messageOf(error: unknown): string {
  const code = codeOf(error)
  if (code !== undefined) return `${describeError(error)} [${code}]`
  // A raw error of the system concerns a file, which may be incomplete.
  const remedy = `: check the disk of ${data}, or choose another folder with --data`
  return errnoOf(error) === undefined ? describeError(error) : `${describeError(error)}${remedy} [STORE_FAILED]`
}

/** An empty name is often an unset variable, and would mean the working folder. */
function readFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('The name of the folder is empty.')
  return text
}
