/** `surety`: the command line on the device. */
import { daemonClient } from './cli/daemon-client.ts'
import { EXIT } from './cli/exit-codes.ts'
import { runCli } from './cli/surety.ts'
import { readCliEnvironment } from './config/cli.ts'
import { loadDaemonConfig } from './config/daemon.ts'
import { ignoreUnwritten, onUnwrittenOutput, pause, untilInterrupted } from './system/program/own-process.ts'

const environment = readCliEnvironment()
const { stdout, stderr } = process
const stop = new AbortController()
onUnwrittenOutput(stdout, {
  // `surety status | head`
  closed: () => stop.abort(),
  failed(reason) {
    stderr.write(`surety: the answer cannot be written: ${reason}\n`)
    process.exitCode = EXIT.error
    stop.abort()
  },
})
ignoreUnwritten(stderr)

const exitCode = await runCli(
  {
    daemonAt: (socket) => daemonClient({ socket }),
    readConfig: () => loadDaemonConfig({ environment: {} }).entries,
    now: () => Date.now(),
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    untilInterrupted: () => untilInterrupted(stop, { output: stdout }),
    whenResized(redraw, { signal }) {
      stdout.on('resize', redraw)
      signal.addEventListener('abort', () => stdout.off('resize', redraw), { once: true })
    },
    pause,
  },
  {
    argv: process.argv.slice(2),
    socket: environment.socket,
    terminal: {
      // Read anew each time: a window may change while something is watched.
      get columns() {
        return stdout.isTTY ? stdout.columns : undefined
      },
      get rows() {
        return stdout.isTTY ? stdout.rows : undefined
      },
      colour: stdout.isTTY && environment.coloursWanted,
    },
  },
)
// That the answer could not be written counts for more than what it says.
process.exitCode ??= exitCode
