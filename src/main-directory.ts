/** `surety-directory`: the server, and the command line that talks to it. */
import { describeError } from './base/errors.ts'
import { coloursWanted } from './config/colours.ts'
import { loadDirectoryConfig } from './config/directory.ts'
import { apiClient } from './directory/commands/api-client.ts'
import { runCommands } from './directory/commands/run-commands.ts'
import { ignoreUnwritten, onUnwrittenOutput, pause, untilInterrupted } from './system/program/own-process.ts'

const { stdout } = process
const stop = new AbortController()
let endingBy: NodeJS.Signals | undefined
onUnwrittenOutput(stdout, {
  // `… | head` closes the pipe; there is nobody left to write for.
  closed: () => stop.abort(),
  failed(reason) {
    process.stderr.write(`surety-directory: the answer cannot be written: ${reason}\n`)
    process.exitCode = 1
    stop.abort()
  },
})
// A command does its work although its messages cannot be written. The exit code remains.
ignoreUnwritten(process.stderr)
const exitCode = await runCommands(
  {
    out: (text) => stdout.write(text),
    err: (text) => process.stderr.write(text),
    now: () => Date.now(),
    terminal: { columns: stdout.isTTY ? stdout.columns : undefined, colour: stdout.isTTY && coloursWanted() },
    untilInterrupted({ orUnread = false } = {}) {
      const onSignal = (name: NodeJS.Signals) => {
        endingBy = name
      }
      return untilInterrupted(stop, { onSignal, ...(orUnread ? { output: stdout } : {}) })
    },
    pause,
    loadConfig: loadDirectoryConfig,
    apiOf: apiClient,
    serve: async (...given) => (await import('./main-directory-server.ts')).serve(...given),
    resetAdministrator: async (config) => (await import('./main-directory-server.ts')).resetAdministrator(config),
  },
  process.argv.slice(2),
).catch((error: unknown) => {
  process.stderr.write(`surety-directory: ${describeError(error)}\n`)
  return 1
})
// What could not be written is not done, also where that is known before or after this.
if (exitCode !== 0) process.exitCode = exitCode
// With what had to be put back put back, the signal does what it does: what we wait for may never come.
if (endingBy !== undefined && exitCode !== 0) {
  process.removeAllListeners(endingBy)
  process.kill(process.pid, endingBy)
}
