import type { Command } from 'commander'
import { SuretyError } from '../base/errors.ts'
import { printableJson } from '../base/text/printable.ts'
import { type CliComponents, type CliOptions, type MakeCommand, optionsOf } from './cli-components.ts'

const MAX_REASON = 500

/** `surety report-removal`: packages run it before they remove the daemon, so that the directory knows why it falls silent. */
export function addRemovalCommand(
  { out, daemonAt }: CliComponents,
  { command }: { readonly command: MakeCommand },
): void {
  command('report-removal', 'tell the directory that suretyd is being removed (administrators only)')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (_, made: Command) => {
      const { socket, json, reason }: CliOptions & { reason: string } = { ...optionsOf(made), ...made.opts() }
      if (reason.length > MAX_REASON)
        throw new SuretyError('CONFIG_INVALID', `a reason has at most ${MAX_REASON} characters`)
      const removal = await daemonAt(socket).remove(reason)
      if (json === true) out(`${printableJson({ schema: 'surety/removal@1', ...removal }, 2)}\n`)
      else out(`${removal.report === 'sent' ? 'The directory has the record.' : KEPT}\n`)
    })
}

const KEPT = 'The record is kept here: no directory has answered. It goes out when suretyd runs again and reaches one.'
