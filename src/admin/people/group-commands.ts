import type { Command } from 'commander'
import { groups } from '../../protocol/nouns/people/groups.ts'
import { humanPageReader, people } from '../../protocol/nouns/people/people.ts'
import { allPages, answer, type CommandComponents } from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { tableOf } from '../command/list-formats.ts'
import { shownColumn } from '../nouns/list-command.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** `groups`: groups of humans. */
export function addGroupCommands(program: Command, components: CommandComponents): void {
  const { terminal, now } = components
  const memberColumns = () => people.list.columns.map((column) => shownColumn(column, now()))
  addNounCommands(program, components, groups, {
    async show({ api, options }, group) {
      const members = await allPages(api, `/groups/${group.id}/members`, humanPageReader)
      answer(components, options, { schema: 'surety-directory/group@1', group, members }, () => [
        ...tableOf(
          [group],
          groups.list.columns.map((column) => shownColumn(column, now())),
          { terminal, wide: true },
        ),
        members.length === 0 ? 'no members' : `${countOf(members.length, 'member')}:`,
        ...(members.length === 0 ? [] : tableOf(members, memberColumns(), { terminal, wide: false })),
      ])
    },
  })
}
