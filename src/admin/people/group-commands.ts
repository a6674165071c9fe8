import type { Command } from 'commander'
import { type GroupView, groupPageReader, groupReader, humanPageReader } from '../../protocol/api/humans.ts'
import { GROUP_ID } from '../../protocol/ids.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, tableOf, withFormat } from '../command/list-formats.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { HUMAN_WORDS } from '../names/name-human.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'
import { HUMAN_COLUMNS } from './human-commands.ts'

/** `groups`: groups of humans. Groups of devices are of the policy. */

const GROUP_WORDS = 'its name, id, or at least eight characters of its beginning'

interface ChangeOptions extends CommonOptions {
  readonly name?: string
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
}

export function addGroupCommands(program: Command, components: CommandComponents): void {
  const groups = program.command('groups').description('groups of humans')
  withApiOptions(groups.command('add').description('add a group'))
    .argument('<name>')
    .addHelpText(
      'after',
      examples('surety-directory groups add payments', 'surety-directory groups add "Platform team" --json'),
    )
    .action(async (name: string, options: CommonOptions) => {
      const group = await (await openApi(components, options)).ask('POST', '/groups', groupReader, { name })
      answerGroup(components, options, group, 'is added')
    })
  withFormat(withApiOptions(groups.command('list').description('groups in the order in which they came')))
    .option('--search <text>', 'only those whose name begins with this')
    .addHelpText('after', examples('surety-directory groups list --search pay', 'surety-directory groups list -o csv'))
    .action(async (options: FormatOptions & { readonly search?: string }) => {
      const path = `/groups${queryOf({ search: options.search })}`
      const items = await allPages(await openApi(components, options), path, groupPageReader)
      printList<GroupView>(components, options, {
        items,
        columns: COLUMNS,
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/groups@1', groups: items },
        footer: items.length === 0 ? 'no groups' : countOf(items.length, 'group'),
      })
    })
  withApiOptions(groups.command('show').description('a group and its members'))
    .argument('<group>', GROUP_WORDS)
    .addHelpText(
      'after',
      examples('surety-directory groups show payments', 'surety-directory groups show grp_4fG2 --json'),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const id = await groupIdOf(api, wanted)
      const group = await api.ask('GET', `/groups/${id}`, groupReader)
      const members = await allPages(api, `/groups/${id}/members`, humanPageReader)
      answer(components, options, { schema: 'surety-directory/group@1', group, members }, () => [
        ...tableOf([group], COLUMNS, { terminal: components.terminal, wide: true }),
        members.length === 0 ? 'no members' : `${countOf(members.length, 'member')}:`,
        ...(members.length === 0
          ? []
          : tableOf(members, HUMAN_COLUMNS, { terminal: components.terminal, wide: false })),
      ])
    })
  withApiOptions(groups.command('change').description('rename a group, add and remove members, all or nothing'))
    .argument('<group>', GROUP_WORDS)
    .option('--name <text>', 'another name')
    .option('--add <human...>', `new members: ${HUMAN_WORDS}`)
    .option('--remove <human...>', 'members to remove')
    .addHelpText(
      'after',
      examples(
        'surety-directory groups change payments --add ada bob --remove eve',
        'surety-directory groups change payments --name "Payments team" --json',
      ),
    )
    .action(async (wanted: string, { name, add, remove, ...options }: ChangeOptions) => {
      const api = await openApi(components, options)
      const group = await api.ask('POST', `/groups/${await groupIdOf(api, wanted)}`, groupReader, { name, add, remove })
      answerGroup(components, options, group, 'is changed')
    })
  withConsent(withApiOptions(groups.command('remove').description('remove a group; its members stay')))
    .argument('<group>', GROUP_WORDS)
    .addHelpText(
      'after',
      examples('surety-directory groups remove payments', 'surety-directory groups remove payments --yes --json'),
    )
    .action(async (wanted: string, options: ConsentOptions) => {
      const api = await openApi(components, options)
      const id = await groupIdOf(api, wanted)
      await requireConsent(components, options, {
        act: `Remove the group ${JSON.stringify(wanted)}`,
        permission: { api, action: 'identify' },
      })
      answerGroup(components, options, await api.ask('DELETE', `/groups/${id}`, groupReader), 'is removed')
    })
}

function answerGroup(components: CommandComponents, options: CommonOptions, group: GroupView, done: string): void {
  answer(components, options, { schema: 'surety-directory/group@1', group }, () => [
    `group ${group.id} (${JSON.stringify(group.name)}) ${done}`,
  ])
}

const COLUMNS: readonly Column<GroupView>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'FROM', cell: ({ origin }) => origin },
  { heading: 'ID', cell: ({ id }) => id },
  {
    heading: 'SINCE',
    wide: true,
    cell: ({ createdAt }) => timeOf(createdAt),
    value: ({ createdAt }) => isoTime(createdAt),
  },
]

const NAMED: NamedItems<GroupView> = {
  wholeId: new RegExp(GROUP_ID),
  path: '/groups',
  reader: groupPageReader,
  noun: 'group',
  list: 'groups list',
  preferred: () => true,
  describe: ({ id, name }) => `${id} (${name})`,
}

/** @throws `NOT_FOUND` where it may be none or more than one. */
function groupIdOf(api: ApiClient, wanted: string): Promise<string> {
  return itemIdOf(api, wanted, NAMED)
}
