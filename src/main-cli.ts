/** `surety`: the command line on the device. */
import { daemonClient } from './cli/daemon-client.ts'
import { runCli } from './cli/surety.ts'
import { readCliEnvironment } from './config/cli.ts'
import { loadDaemonConfig } from './config/daemon.ts'

const environment = readCliEnvironment()
const { stdout, stderr } = process
// `surety status | head` closes the pipe; there is nobody left to write for.
stdout.on('error', () => undefined)

process.exitCode = await runCli(
  {
    daemonAt: (socket) => daemonClient({ socket }),
    readConfig: () => loadDaemonConfig({ environment: {} }).entries,
    now: () => Date.now(),
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
  },
  {
    argv: process.argv.slice(2),
    socket: environment.socket,
    terminal: {
      columns: stdout.isTTY ? stdout.columns : undefined,
      colour: stdout.isTTY && !environment.noColor && !environment.dumbTerminal,
    },
  },
)
