/** The daemon, `suretyd`. */

import { dirname, join } from 'node:path'
import type { Log } from './base/log.ts'
import { GATE_FLAGS } from './gate/gate-flags.ts'
import { READER_FLAGS } from './reader/reader-flags.ts'

const USAGE = `Usage: suretyd run [--enrolment-stdin | --service-input] [--ready-json] [--keep-environment] [settings]
       suretyd check-catalogue FILE

  --enrolment-stdin                 read the enrolment string from standard input instead of the enrolment file
  --service-input                   started by surety-service: read what Windows announces from standard input, and end with it
  --ready-json                      print a JSON line on standard output for each phase that is reached
  --keep-environment                obey NODE_OPTIONS, LD_PRELOAD and similar variables; only for debugging
  --config FILE                     read settings from this file
  --version, --help
`

// Constants come first: the program starts below them.
const MAX_STDIN_BYTES = 8 * 1024
/** Time for a clean end. What takes longer hangs in the kernel, a TPM or a dead mount. */
const END_WITHIN_MS = 10_000
/** Asks the service manager for another start: EX_TEMPFAIL of sysexits.h. */
const RESTART_EXIT_CODE = 75

const [command, ...args] = process.argv.slice(2)
// Not awaited, because the bundle is a script. The exit code stays 1 if the event loop runs empty before `main` is done, so that
// a service manager starts the daemon again.
process.exitCode = 1
void main(command, args).then((code) => {
  process.exitCode = code
})

async function main(name: string | undefined, given: readonly string[]): Promise<number> {
  const { keepEngineSmall } = await import('./system/program/v8-memory.ts')
  keepEngineSmall()
  const { describeError, codeOf } = await import('./base/errors.ts')
  const { ignoreUnwritten } = await import('./system/program/own-process.ts')
  ignoreUnwritten(process.stderr)
  try {
    return await run(name, given)
  } catch (error) {
    const code = codeOf(error)
    const advice = (await isDenied(error))
      ? `. Run it as ${process.geteuid === undefined ? 'administrator' : 'root'}, or give --state-folder and --socket in folders of your own`
      : ''
    const { printable } = await import('./base/text/printable.ts')
    process.stderr.write(`suretyd: ${printable(describeError(error))}${advice} [${code ?? 'INTERNAL'}]\n`)
    return code === 'CONFIG_INVALID' || code === 'USAGE_INVALID' ? 2 : 1
  }
}

/** Whether an ordinary user lacks the rights for a file or folder. */
async function isDenied(error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false
  if (!('code' in error && (error.code === 'EACCES' || error.code === 'EPERM'))) return await isDenied(error.cause)
  const { isAdministrator } = await import('./system/files/this-system.ts')
  return !isAdministrator()
}

async function run(name: string | undefined, given: readonly string[]): Promise<number> {
  const { describeFlags, parseFlags } = await import('./config/flags.ts')
  const { daemonSettings, loadDaemonConfig } = await import('./config/daemon.ts')
  const { VERSION } = await import('./base/version.ts')
  const { endSignal, ignoreUnwritten, printAnswer } = await import('./system/program/own-process.ts')
  const print = (text: string) => printAnswer('suretyd', text)
  const own = ['--ready-json', '--enrolment-stdin', '--service-input', '--keep-environment']
  const all = name?.startsWith('-') === true ? [name, ...given] : given
  const flags = parseFlags(
    daemonSettings,
    (name === 'check-catalogue' ? [] : all).filter((arg) => !own.includes(arg)),
  )
  if (flags.version) return await print(`suretyd ${VERSION}\n`)
  if (flags.help) return await print(`${USAGE}\n${describeFlags(daemonSettings)}\n`)
  if (name === 'check-catalogue' && given.length === 1) {
    const { checkCatalogue } = await import('./daemon/catalogue/check-catalogue.ts')
    let output = ''
    const code = await checkCatalogue(given[0] ?? '', (line) => {
      output += `${line}\n`
    })
    return Math.max(code, await print(output))
  }
  if (name !== 'run') {
    const { SuretyError } = await import('./base/errors.ts')
    throw new SuretyError('USAGE_INVALID', `${await whatIsWrong(name, given)}. For help run: suretyd --help`)
  }
  if (given.includes('--enrolment-stdin') && given.includes('--service-input')) {
    const { SuretyError } = await import('./base/errors.ts')
    throw new SuretyError('USAGE_INVALID', '--enrolment-stdin and --service-input both read standard input: give one')
  }
  if (!given.includes('--keep-environment')) await startCleanly(flags.settings['log.level'] === 'debug')
  const readConfig = () => loadDaemonConfig({ flags: flags.settings, file: flags.file })
  const { config, entries } = readConfig()
  const { systemClock } = await import('./base/clock.ts')
  const { describeError } = await import('./base/errors.ts')
  const { createLog } = await import('./system/logging/winston-log.ts')
  const { journalStream } = await import('./config/environment.ts')
  const { logInit } = await import('./config/log-settings.ts')
  const { startDaemon } = await import('./daemon/daemon.ts')
  const { enrolmentText } = await import('./daemon/enrolment/enrolment-source.ts')
  await using log = createLog(logInit(config), journalStream())
  const isHosted = given.includes('--service-input')
  const program = await runningProgram(config.stateFolder, { isHosted })
  if (config['updates.by'] === 'directory' && program !== undefined && (await becomeUpdate(program, log))) return 0
  process.on('uncaughtException', (error) => {
    // A bug, or an unhandled rejection: the state in memory cannot be trusted any more, but what is on disk can. Ends, so that
    // the service manager starts the daemon again.
    log.error('suretyd failed', {
      reason: describeError(error),
      stack: error instanceof Error ? error.stack : undefined,
    })
    process.exit(1)
  })
  const startedAt = performance.now() // since the start of the process, with the loading of code
  // The reader of `--ready-json` may be gone.
  ignoreUnwritten(process.stdout)
  const onPhase = (phase: object) => {
    process.stdout.write(`${JSON.stringify({ ...phase, ms: Math.round(performance.now()) })}\n`)
  }
  const hosted = isHosted ? await hostedService(log) : undefined
  using _input = hosted?.serviceEvents
  const restarting = new AbortController()
  const restart = () => {
    setTimeout(() => process.exit(RESTART_EXIT_CODE), END_WITHIN_MS).unref()
    restarting.abort()
  }
  log.info('suretyd starts', { version: VERSION, loadedMs: Math.round(startedAt) })
  await startDaemon(
    {
      clock: systemClock,
      log,
      readSettings: readConfig,
      restart,
      ...(given.includes('--enrolment-stdin') ? { enrolment: enrolmentText(await readStdin()) } : {}),
      ...(given.includes('--ready-json') ? { onPhase } : {}),
      ...hosted,
    },
    {
      config,
      entries,
      readerCommand: readerCommand(),
      gateCommand: gateCommand(),
      version: VERSION,
      program,
      programFolder: import.meta.filename.endsWith('.ts') ? undefined : import.meta.dirname,
      notifySocket: process.env.NOTIFY_SOCKET,
      credentialsFolder: process.env.CREDENTIALS_DIRECTORY,
      watchdogUs: watchdogUs(),
      locale: process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG,
    },
    {
      signal: AbortSignal.any([
        endSignal({ withinMs: END_WITHIN_MS, inputEnded: hosted?.serviceEvents.ended }),
        restarting.signal,
      ]),
    },
  )
  log.info('suretyd ends')
  return restarting.signal.aborted ? RESTART_EXIT_CODE : 0
}

/**
 * Replaces this program by the version that was selected, if there is one: in the same process, or by the service host that started it.
 *
 * @returns true when this process shall end.
 */
async function becomeUpdate(
  { stateFolder, isUpdate, replacement }: NonNullable<Awaited<ReturnType<typeof runningProgram>>>,
  log: Log & AsyncDisposable,
): Promise<boolean> {
  const { systemClock } = await import('./base/clock.ts')
  const { VERSION } = await import('./base/version.ts')
  const { chooseVersion } = await import('./daemon/updates/choose-version.ts')
  if (replacement === undefined || isUpdate) return false
  const chosen = await chooseVersion({ clock: systemClock, log }, { stateFolder, installed: VERSION })
  if (chosen === undefined) return false
  log.info('suretyd becomes another version', { from: VERSION, to: chosen.version })
  if (replacement === 'process') {
    await log[Symbol.asyncDispose]()
    process.execve?.(chosen.node, [chosen.node, chosen.daemon, ...process.argv.slice(2)], process.env)
  }
  const { printAnswer } = await import('./system/program/own-process.ts')
  const { startInstead } = await import('./system/platform/service-host.ts')
  await printAnswer('suretyd', startInstead(chosen.version))
  return true
}

/** What an update could replace; undefined where there are no updates for such a machine. */
async function runningProgram(stateFolder: string, { isHosted }: { readonly isHosted: boolean }) {
  const { VERSION } = await import('./base/version.ts')
  const { isUpdate } = await import('./daemon/updates/choose-version.ts')
  const { defaultPaths, platformName, programReplacement } = await import('./system/platform/this-platform.ts')
  const { updatePlatform } = await import('./protocol/updates.ts')
  const platform = updatePlatform(platformName(), process.arch)
  if (platform === undefined) return undefined
  const isBundle = !import.meta.filename.endsWith('.ts')
  const possible = programReplacement({ isHosted })
  // The service host knows one place.
  const isKnown = possible !== 'host' || stateFolder === defaultPaths().daemon.stateFolder
  const replacement = isKnown ? possible : undefined
  return {
    version: VERSION,
    platform,
    stateFolder,
    replacement,
    canBecome: replacement !== undefined,
    isUpdate: isUpdate(import.meta.filename, stateFolder),
    programFolder: isBundle ? dirname(import.meta.dirname) : undefined,
  }
}

/** The service host at the other end of our standard streams. */
async function hostedService(log: Pick<Log, 'warn'>) {
  const { serviceHost } = await import('./system/platform/service-host.ts')
  const { serviceInput } = await import('./system/program/service-input.ts')
  return {
    service: serviceHost((line) => process.stdout.write(line)),
    serviceEvents: serviceInput(process.stdin, {
      onUnknown: (line) => log.warn('the service host said something unknown', { line }),
    }),
  }
}

async function whatIsWrong(name: string | undefined, given: readonly string[]): Promise<string> {
  const commands = 'the commands are run and check-catalogue'
  if (name === undefined || name.startsWith('-')) return `a command is missing: ${commands}`
  if (name === 'check-catalogue') return `check-catalogue takes one file, ${given.length} were given`
  const asked = name === 'status' || name === 'version' ? `; for this use: surety ${name}` : ''
  return `unknown command ${JSON.stringify(name.slice(0, 64))}: ${commands}${asked}`
}

/**
 * Runs this program again, in the same process, without the environment variables that a daemon refuses. Code that they loaded
 * is gone with the old program. Windows cannot replace a program in its process: there they are an error.
 */
async function startCleanly(isSaid: boolean): Promise<void> {
  const { refusedVariables, withoutRefused } = await import('./config/environment.ts')
  const refused = refusedVariables()
  if (refused.length === 0) return
  const { printable } = await import('./base/text/printable.ts')
  const names = printable(refused.join(', ')).slice(0, 500)
  const { platformName } = await import('./system/platform/this-platform.ts')
  if (process.execve === undefined || platformName() === 'windows') {
    const { SuretyError } = await import('./base/errors.ts')
    throw new SuretyError('CONFIG_INVALID', `environment: unset ${names}`)
  }
  if (isSaid) process.stderr.write(`suretyd: starting again without ${names}\n`)
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], withoutRefused())
}

/** The reader is beside this file, both in the sources and in the bundle. */
function readerCommand(): readonly [path: string, ...args: string[]] {
  const reader = import.meta.filename.endsWith('.ts') ? 'main-reader.ts' : 'reader.cjs'
  return [process.execPath, ...READER_FLAGS, join(import.meta.dirname, reader)]
}

/** The gate is beside this file too. Bundles have it on Linux. */
function gateCommand(): readonly [path: string, ...args: string[]] {
  const gate = import.meta.filename.endsWith('.ts') ? 'main-gate.ts' : 'gate.mjs'
  return [process.execPath, ...GATE_FLAGS, join(import.meta.dirname, gate)]
}

/** See sd_watchdog_enabled(3). */
function watchdogUs(): number | undefined {
  const { WATCHDOG_USEC = '', WATCHDOG_PID = '' } = process.env
  const isOurs = WATCHDOG_PID === '' || WATCHDOG_PID === String(process.pid)
  return isOurs && /^[1-9]\d{0,15}$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) : undefined
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_STDIN_BYTES) break
  }
  return text
}
