import type { Command } from 'commander'
import type { ErrorCode } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { addCompletionCommands } from '../command-line/completion-commands.ts'
import { finishProgram, newProgram, runCommandLine } from '../command-line/program.ts'
import { documentOutput } from '../command-line/rfc3339.ts'
import { recordForwards, recordWitnesses } from '../protocol/nouns/directory/record.ts'
import { addActionCommands } from './agents/action-commands.ts'
import { addApprovalCommands } from './agents/approval-commands.ts'
import { addClaimCommands } from './agents/claim-commands.ts'
import { addFleetCommands } from './agents/fleet-commands.ts'
import { addInboxCommands } from './agents/inbox-commands.ts'
import { addRegistrationCommands } from './agents/registration-commands.ts'
import { addReviewCommands } from './agents/review-commands.ts'
import { addZombieCommands } from './agents/zombie-commands.ts'
import { type CommandComponents, withApiOptions } from './command/command-line.ts'
import { completeValues } from './complete-values.ts'
import { addConfigurationCommands } from './configuration/configuration-commands.ts'
import { addDeviceCommands } from './devices/device-commands.ts'
import { addEvidenceCommands } from './devices/evidence-commands.ts'
import { addPendingDeviceCommands } from './devices/pending-device-commands.ts'
import { addPreregistrationCommands } from './devices/preregistration-commands.ts'
import { addReEnrolmentCommands } from './devices/re-enrolment-commands.ts'
import { addTokenCommands } from './devices/token-commands.ts'
import { addAuditCommands } from './events/audit-commands.ts'
import { addChangeCommand } from './events/change-command.ts'
import { addEventCommands } from './events/event-commands.ts'
import { addMessageCommands } from './events/message-commands.ts'
import { addWebhookCommands } from './events/webhook-commands.ts'
import { EXAMPLES } from './help-examples.ts'
import { addAnchorCommands } from './local/anchor-commands.ts'
import { addBackupCommands } from './local/backup-commands.ts'
import { addContextCommands } from './local/context-commands.ts'
import { addDemoCommand } from './local/demo-command.ts'
import { addExplainCommand } from './local/explain-command.ts'
import { addInitCommand } from './local/init-command.ts'
import { addLocalCommands } from './local/local-commands.ts'
import { addUpdateCommands } from './local/update-commands.ts'
import { addListCommand } from './nouns/list-command.ts'
import { addHistoryCommand } from './overview/history-command.ts'
import { addSearchCommand } from './overview/search-command.ts'
import { addStatusCommands } from './overview/status-commands.ts'
import { addAccountCommands } from './people/account-commands.ts'
import { addGroupCommands } from './people/group-commands.ts'
import { addPeopleCommands } from './people/people-commands.ts'
import { addPrincipalCommands } from './people/principal-commands.ts'
import { addScimCommands } from './people/scim-commands.ts'
import { addServiceAccountCommands } from './people/service-account-commands.ts'
import { addSessionCommands } from './people/session-commands.ts'
import { addAccessCommands } from './policy/access-commands.ts'
import { addCatalogueCommands } from './policy/catalogue-commands.ts'
import { addGatePolicyCommands } from './policy/gate-policy-commands.ts'
import { addPolicyCommands } from './policy/policy-commands.ts'
import { addRulesCommands } from './policy/rules-commands.ts'
import { addRecordExport } from './record/export-command.ts'
import { addRecordReport } from './report/report-command.ts'
import { addStopCommands } from './stops/stop-commands.ts'

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
  addDemoCommand(program, components)
  addStatusCommands(program, components)
  addChangeCommand(program, components)
  addSearchCommand(program, components)
  addHistoryCommand(program, components)
  addAnchorCommands(program, components)
  addBackupCommands(program, components)
  addUpdateCommands(program, components)
  addTokenCommands(program, components)
  addPreregistrationCommands(program, components)
  addPendingDeviceCommands(addDeviceCommands(program, components), components)
  addEvidenceCommands(program, components)
  addFleetCommands(program, components)
  addInboxCommands(program, components)
  addStopCommands(program, components)
  addPeopleCommands(program, components)
  addGroupCommands(program, components)
  addAccountCommands(program, components)
  addServiceAccountCommands(program, components)
  addRegistrationCommands(program, components)
  addClaimCommands(program, components)
  addApprovalCommands(program, components)
  addReEnrolmentCommands(program, components)
  addEventCommands(program, components)
  const audit = addAuditCommands(program, components)
  addListCommand(audit, components, recordForwards)
  addListCommand(audit, components, recordWitnesses)
  addRecordExport(audit, components)
  addRecordReport(audit, components)
  addWebhookCommands(program, components)
  addMessageCommands(program, components)
  addCatalogueCommands(program, components)
  addPolicyCommands(program, components)
  addRulesCommands(program, components)
  addAccessCommands(program, components)
  addGatePolicyCommands(program, components)
  addConfigurationCommands(program, components)
  addZombieCommands(program, components)
  addActionCommands(program, components)
  addReviewCommands(program, components)
  addPrincipalCommands(program, components)
  addSessionCommands(program, components)
  addScimCommands(program, components)
  addExplainCommand(program, components)
  addContextCommands(program, components)
  addCompletionCommands(program, components, completeValues(components))
  finishProgram(program, EXAMPLES)
  return program
}

/** Scripts branch on these: they never change their meaning. */
const EXIT = { ok: 0, error: 1, usage: 2, different: 3, unreachable: 6 } as const
type ExitCode = (typeof EXIT)[keyof typeof EXIT]

function exitCodeOf(code: ErrorCode | undefined): ExitCode {
  if (code === 'CONFIG_INVALID') return EXIT.usage
  if (code === 'DIFFERENCES_FOUND') return EXIT.different
  return code === 'DIRECTORY_UNREACHABLE' ? EXIT.unreachable : EXIT.error
}

/** What a person does next, where that is known. */
function adviceFor(code: ErrorCode | undefined): string | undefined {
  switch (code) {
    case 'DIRECTORY_UNREACHABLE':
      return 'Is it running? On its server: systemctl status surety-directory. Without a package: surety-directory serve'
    case 'UNAUTHENTICATED':
      return (
        'Ask an administrator: surety-directory administrators rotate NAME. Only if no token is left: ' +
        'surety-directory administrator reset, which revokes all tokens'
      )
    case 'CLOCK_OFF':
      return 'The clock of this machine or that of the directory is wrong: set it.'
    case 'PIN_MISMATCH':
      return 'Take a fresh administrator.json from the data folder of the directory.'
    default:
      return undefined
  }
}
