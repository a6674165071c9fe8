import type { Command } from 'commander'
import { passkeys } from '../../protocol/nouns/people/passkeys.ts'
import { sessions } from '../../protocol/nouns/people/sessions.ts'
import type { CommandComponents } from '../command/command-line.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** `sessions` and `passkeys`: who has signed in to the console, and by what. */
export function addSessionCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, sessions)
  addNounCommands(program, components, passkeys)
}
