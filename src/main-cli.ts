/** `surety`: the command line on the device. */
import { setTimeout } from 'node:timers/promises'
import { daemonClient } from './cli/daemon-client.ts'
import { runCli } from './cli/surety.ts'
import { readCliEnvironment } from './config/cli.ts'
import { loadDaemonConfig } from './config/daemon.ts'

const environment = readCliEnvironment()
const { stdout, stderr } = process
const stop = new AbortController()
// `surety status | head` closes the pipe; there is nobody left to write for.
stdout.on('error', () => stop.abort())

process.exitCode = await runCli(
  {
    daemonAt: (socket) => daemonClient({ socket }),
    readConfig: () => loadDaemonConfig({ environment: {} }).entries,
    now: () => Date.now(),
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    untilInterrupted() {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort())
      return stop.signal
    },
    pause: (ms, options) => setTimeout(ms, undefined, options).catch(() => undefined),
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
