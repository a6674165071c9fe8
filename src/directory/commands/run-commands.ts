import type { Command } from 'commander'
import { VERSION } from '../../base/version.ts'
import { addCompletionCommands } from '../../command-line/completion-commands.ts'
import { finishProgram, newProgram, runCommandLine } from '../../command-line/program.ts'
import { documentOutput } from '../../command-line/rfc3339.ts'
import { addAccountCommands } from './account-commands.ts'
import { addAnchorCommands } from './anchor-commands.ts'
import { addBackupCommands } from './backup-commands.ts'
import { addCatalogueCommands } from './catalogue-commands.ts'
import { addClaimCommands } from './claim-commands.ts'
import { type CommandComponents, withApiOptions } from './command-line.ts'
import { completeValues } from './complete-values.ts'
import { addContextCommands } from './context-commands.ts'
import { addDeviceCommands } from './device-commands.ts'
import { addEventCommands } from './event-commands.ts'
import { addEvidenceCommands } from './evidence-commands.ts'
import { adviceFor, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import { addExplainCommand } from './explain-command.ts'
import { addFleetCommands } from './fleet-commands.ts'
import { addGroupCommands } from './group-commands.ts'
import { EXAMPLES } from './help-examples.ts'
import { addHumanCommands } from './human-commands.ts'
import { addInboxCommands } from './inbox-commands.ts'
import { addInitCommand } from './init-command.ts'
import { addLocalCommands } from './local-commands.ts'
import { addPolicyCommands } from './policy-commands.ts'
import { addPreregistrationCommands } from './preregistration-commands.ts'
import { addPrincipalCommands } from './principal-commands.ts'
import { addReEnrolmentCommands } from './re-enrolment-commands.ts'
import { addRegistrationCommands } from './registration-commands.ts'
import { addReviewCommands } from './review-commands.ts'
import { addRulesCommands } from './rules-commands.ts'
import { addScimCommands } from './scim-commands.ts'
import { addServiceAccountCommands } from './service-account-commands.ts'
import { addStatusCommands } from './status-commands.ts'
import { addStopCommands } from './stop-commands.ts'
import { addTokenCommands } from './token-commands.ts'
import { addUpdateCommands } from './update-commands.ts'
import { addWebhookCommands } from './webhook-commands.ts'
import { addZombieCommands } from './zombie-commands.ts'

/** Runs one command line. Never throws: errors go to standard error and into the exit code. */
export async function runCommands(given: CommandComponents, argv: readonly string[]): Promise<ExitCode> {
  const components = { ...given, out: documentOutput(given.out, argv) }
  const failed = await runCommandLine(directoryProgram(components), {
    argv,
    err: components.err,
    adviceFor,
    exitCodeOf,
    usage: EXIT.usage,
  })
  return failed ?? EXIT.ok
}

/** All commands of `surety-directory`. */
export function directoryProgram(components: CommandComponents): Command {
  const program = newProgram(
    'surety-directory',
    'The directory of Surety: devices, their health, the agents on them.',
    components,
  ).version(VERSION, '--version', 'print the version')
  // Also before the command; `finishProgram` hands them on.
  withApiOptions(program)
  addLocalCommands(program, components)
  addInitCommand(program, components)
  addStatusCommands(program, components)
  addAnchorCommands(program, components)
  addBackupCommands(program, components)
  addUpdateCommands(program, components)
  addTokenCommands(program, components)
  addPreregistrationCommands(program, components)
  addDeviceCommands(program, components)
  addEvidenceCommands(program, components)
  addFleetCommands(program, components)
  addInboxCommands(program, components)
  addStopCommands(program, components)
  addHumanCommands(program, components)
  addGroupCommands(program, components)
  addAccountCommands(program, components)
  addServiceAccountCommands(program, components)
  addRegistrationCommands(program, components)
  addClaimCommands(program, components)
  addReEnrolmentCommands(program, components)
  addEventCommands(program, components)
  addWebhookCommands(program, components)
  addCatalogueCommands(program, components)
  addPolicyCommands(program, components)
  addRulesCommands(program, components)
  addZombieCommands(program, components)
  addReviewCommands(program, components)
  addPrincipalCommands(program, components)
  addScimCommands(program, components)
  addExplainCommand(program, components)
  addContextCommands(program, components)
  addCompletionCommands(program, components, completeValues(components))
  finishProgram(program, EXAMPLES)
  return program
}
