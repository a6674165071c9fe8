import type { Command } from 'commander'
import { serviceAccounts } from '../../protocol/nouns/people/service-accounts.ts'
import type { CommandComponents } from '../command/command-line.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** `service-accounts`: identities of programs, each with an owner, a purpose and an end. */
export function addServiceAccountCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, serviceAccounts)
}
