import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import type { AgentSighting } from '../../protocol/sighting.ts'
import { type CliComponents, type CliInit, type CliOptions, languageFor, optionsOf } from '../command/cli-components.ts'
import type { DaemonClient } from '../command/daemon-client.ts'
import { EXIT, type ExitCode } from '../command/exit-codes.ts'
import { findSighting } from './find-sighting.ts'
import { stopOutcomeLines } from './stop-view.ts'

/** `surety freeze` and `surety release`: a human stops their own agents, also without a network; an administrator those of all. */

export interface StopCommandsInit extends Pick<CliInit, 'terminal' | 'locale'> {
  readonly command: (name: string, about: string) => Command
  readonly end: (code: ExitCode) => void
}

interface StopOptions extends CliOptions {
  readonly all?: boolean
  readonly reason?: string
}

export function addStopCommands(components: CliComponents, init: StopCommandsInit): void {
  const { out, daemonAt } = components
  const { terminal, command, end } = init
  const add = (name: 'freeze' | 'release', about: string, all: string) =>
    command(name, about)
      .argument('[agent]', 'id or name, or the beginning of one, or process id')
      .option('--all', all)
      .option('--reason <text>', 'why, for the record')
      .option('--lang <language>', 'en or de; default: the locale')
      .addHelpText('after', exampleLines(`surety ${name} claude-code`, `surety ${name} --all`))
      .action(async (wanted: string | undefined, _, made: Command) => {
        const options: StopOptions = { ...optionsOf(made), ...made.opts<StopOptions>() }
        const language = languageFor(options, init)
        const daemon = daemonAt(options.socket)
        const agent = await agentOf(daemon, name, wanted, options)
        const outcome = await daemon[name]({ agent, reason: options.reason })
        if (options.json === true) out(`${printableJson({ schema: `surety/${name}@1`, ...outcome }, 2)}\n`)
        else out(`${stopOutcomeLines(name, outcome, { terminal, language }).join('\n')}\n`)
        if (outcome.code !== undefined) end(EXIT.error)
      })
  add(
    'freeze',
    'stop an agent, or all of yours; administrators stop those of all users',
    'all agents, also those that start later',
  )
  add('release', 'release agents that were stopped on this device', 'everything that you have stopped; the default')
}

/** Undefined for all. @throws `USAGE_INVALID` for neither an agent nor --all, or both; `NOT_FOUND`. */
async function agentOf(
  daemon: DaemonClient,
  name: 'freeze' | 'release',
  wanted: string | undefined,
  { all = false, reason = '' }: StopOptions,
): Promise<string | undefined> {
  if (wanted !== undefined && all) throw new SuretyError('USAGE_INVALID', 'name one agent, or --all, and not both')
  if (reason.length > MAX_REASON)
    throw new SuretyError('USAGE_INVALID', `give a reason of at most ${MAX_REASON} characters`)
  if (wanted === undefined && !all && name === 'freeze')
    throw new SuretyError('USAGE_INVALID', 'name an agent, or stop all with --all')
  if (wanted === undefined) return undefined
  const { items } = await daemon.sightings({ kinds: ['agent'] })
  const running = items.filter((one): one is AgentSighting => one.kind === 'agent' && one.state === 'running')
  // Another agent of the same product may run on.
  const stopped = name === 'release' ? running.filter(({ frozenBy }) => frozenBy !== undefined) : []
  if (stopped.length > 0)
    return findSighting(stopped, { wanted, command: 'status', noun: 'stopped agent', note: '' }).id
  return findSighting(running, { wanted, command: 'agents', noun: 'running agent', note: '' }).id
}

const MAX_REASON = 500
