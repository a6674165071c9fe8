/** `surety`: the command line on the device. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DesktopSession } from './cli/command/cli-components.ts'
import { daemonClient } from './cli/command/daemon-client.ts'
import { EXIT } from './cli/command/exit-codes.ts'
import { keptNotices } from './cli/kept-notices.ts'
import { linuxFixes } from './cli/status/linux-fixes.ts'
import { runCli } from './cli/surety.ts'
import { type CliEnvironment, readCliEnvironment } from './config/cli.ts'
import { loadDaemonConfig } from './config/daemon.ts'
import { connectSessionBus } from './system/desktop/session-bus.ts'
import { writeDurably } from './system/files/own/durable-file.ts'
import { newFile } from './system/files/own/new-file.ts'
import { newFolder } from './system/files/own/new-folder.ts'
import { connectLocal, platformName } from './system/platform/this-platform.ts'
import { startProgram } from './system/program/command.ts'
import { ignoreUnwritten, onUnwrittenOutput, pause, untilInterrupted } from './system/program/own-process.ts'

const environment = readCliEnvironment()
const platform = platformName()
const { stdout, stderr } = process
const stop = new AbortController()
onUnwrittenOutput(stdout, {
  // `surety status | head`
  closed: () => stop.abort(),
  failed(reason) {
    stderr.write(`surety: the answer cannot be written: ${reason} [STORE_FAILED]\n`)
    process.exitCode = EXIT.error
    stop.abort()
  },
})
ignoreUnwritten(stderr)

// Not awaited, because the bundle is a script.
void runCli(
  {
    daemonAt: (socket) => daemonClient({ socket, connect: connectLocal }),
    readConfig: () => loadDaemonConfig({ environment: {} }).entries,
    now: () => Date.now(),
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    untilInterrupted: () => untilInterrupted(stop, { output: stdout }),
    isInstalled: () => existsSync(process.argv[1] ?? process.execPath),
    whenResized(redraw, { signal }) {
      stdout.on('resize', redraw)
      signal.addEventListener('abort', () => stdout.off('resize', redraw), { once: true })
    },
    pause,
    desktop: platform === 'linux' ? desktopSession(environment) : undefined,
    fixes: platform === 'linux' ? linuxFixes(fixComponents(environment)) : {},
    async saveNew(path, bytes) {
      await using file = await newFile(resolve(path))
      await file.fill(bytes)
    },
    saveNewFolder: (path, files) => newFolder(resolve(path), files),
  },
  {
    locale: environment.locale,
    desktop: environment.desktop,
    platform,
    argv: process.argv.slice(2),
    socket: environment.socket,
    terminal: {
      // Read again each time: a window may change while something is watched.
      get columns() {
        return stdout.isTTY ? stdout.columns : undefined
      },
      get rows() {
        return stdout.isTTY ? stdout.rows : undefined
      },
      colour: stdout.isTTY && environment.coloursWanted,
    },
  },
).then((exitCode) => {
  // That the answer could not be written counts for more than what it says.
  process.exitCode ??= exitCode
})

function fixComponents({ desktop, session }: CliEnvironment): Parameters<typeof linuxFixes>[0] {
  return {
    isRoot: process.geteuid?.() === 0,
    exists: existsSync,
    async run(path, args, environment) {
      await using program = await startProgram({ path, args, env: { ...session, ...environment }, stderr: 'inherit' })
      return (await program.exit).exitCode
    },
    // apt runs without rights when it reads the file.
    writeFile: (path, bytes) => writeDurably(path, bytes, { mode: 0o644 }),
    desktop,
  }
}

/** More than a notification holds. */
const MAX_PRINTED = 4096

function desktopSession({ session, locale, noticesFile }: CliEnvironment): DesktopSession {
  return {
    connectBus: () => connectSessionBus({ environment: session, userId: process.getuid?.() ?? 0 }),
    async runSurety(args, { socket }) {
      const env = { ...session, SURETY_SOCKET: socket, ...(locale === undefined ? {} : { LC_ALL: locale }) }
      const path = process.execPath
      await using program = await startProgram({
        path,
        args: [...process.argv.slice(1, 2), ...args],
        env,
        stdout: 'pipe',
        stderr: 'pipe',
      })
      let printed = ''
      for (const stream of [program.stdout, program.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => {
          printed = (printed + text).slice(0, MAX_PRINTED)
        })
      }
      await program.exit
      return printed.trim().replaceAll(/\s+/g, ' ')
    },
    processId: process.pid,
    keptNotices: keptNotices(noticesFile),
  }
}
