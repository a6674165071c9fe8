import type { Command } from 'commander'
import { preregistrations } from '../../protocol/nouns/enrolment/preregistrations.ts'
import type { CommandComponents } from '../command/command-line.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { readOwnerFile } from './owner-file.ts'

/** `preregistrations`: devices that tokens for preregistered devices take. */
export function addPreregistrationCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, preregistrations, {
    bodies: { add: async ({ words: [file = ''] }) => ({ items: [...(await readOwnerFile(file))] }) },
  })
}
