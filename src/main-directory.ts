/** `surety-directory`: the server, and the command line that talks to it. */
import { describeError } from './base/errors.ts'
import { coloursWanted } from './config/colours.ts'
import { loadDirectoryConfig } from './config/directory.ts'
import { apiClient } from './directory/commands/api-client.ts'
import { runCommands } from './directory/commands/run-commands.ts'

const { stdout } = process
stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `… | head` closes the pipe; there is nobody left to write for.
  if (error.code === 'EPIPE') return
  process.stderr.write(`surety-directory: standard output cannot be written: ${error.code ?? error.message}\n`)
  process.exitCode = 1
})
const exitCode = await runCommands(
  {
    out: (text) => stdout.write(text),
    err: (text) => process.stderr.write(text),
    now: () => Date.now(),
    terminal: { columns: stdout.isTTY ? stdout.columns : undefined, colour: stdout.isTTY && coloursWanted() },
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
