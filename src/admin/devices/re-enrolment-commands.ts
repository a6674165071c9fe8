import type { Command } from 'commander'
import { reEnrolments } from '../../protocol/nouns/enrolment/re-enrolments.ts'
import type { CommandComponents } from '../command/command-line.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** `re-enrolments`: known machines that ask to enrol again. */
export function addReEnrolmentCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, reEnrolments)
}
