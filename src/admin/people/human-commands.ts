import type { Command } from 'commander'
import {
  type ChangedHuman,
  changedHumanReader,
  type DepartureReport,
  departureReader,
  HUMAN_STATUSES,
  type HumanStatus,
  type HumanView,
  humanDetailReader,
  humanPageReader,
  humanReader,
} from '../../protocol/nouns/people/people.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { HUMAN_WORDS, humanIdOf } from '../names/name-human.ts'

/** `humans`: the people of the register. */

interface NameOptions extends CommonOptions {
  readonly name?: string
  readonly email?: string | false
  readonly manager?: string | false
  readonly userName?: string
}

interface ListOptions extends FormatOptions {
  readonly status?: HumanStatus
  readonly manager?: string
  readonly search?: string
}

interface DeactivateOptions extends ConsentOptions {
  readonly reason: string
  readonly dryRun?: boolean
}

export function addHumanCommands(program: Command, components: CommandComponents): void {
  const humans = program.command('humans').description('people: owners of agents, and whose accounts they run under')
  withApiOptions(humans.command('add').description('add a human by hand'))
    .argument('<user name>', 'as the identity provider spells it')
    .option('--name <text>', 'name to show (default: the user name)')
    .option('--email <address>', 'e-mail address')
    .option('--manager <human>', `the manager: ${HUMAN_WORDS}`)
    .addHelpText(
      'after',
      examples(
        'surety-directory humans add ada --name "Ada Lovelace" --email ada@example.org',
        'surety-directory humans add bob --manager ada --json',
      ),
    )
    .action(async (userName: string, { name, email, manager, ...options }: NameOptions) => {
      const request = { userName, displayName: name, email, manager }
      const changed = await (await openApi(components, options)).ask('POST', '/humans', changedHumanReader, request)
      answerHuman(components, options, changed, `added ${changed.human.userName} (${changed.human.id})`)
    })
  withFormat(withApiOptions(humans.command('list').description('humans in the order in which they came')))
    .option('--status <status>', `only those who are ${HUMAN_STATUSES.join(' or ')}`, oneOf('status', HUMAN_STATUSES))
    .option('--manager <human>', `only those of this manager: ${HUMAN_WORDS}`)
    .option('--search <text>', 'only those whose user name begins with this, in the order of names')
    .addHelpText(
      'after',
      examples('surety-directory humans list --search ad', 'surety-directory humans list --status deactivated -o csv'),
    )
    .action((options: ListOptions) => listHumans(components, options))
  withApiOptions(humans.command('show').description('a human, with groups and confirmed accounts'))
    .argument('<human>', HUMAN_WORDS)
    .addHelpText(
      'after',
      examples('surety-directory humans show ada', 'surety-directory humans show ada@example.org --json'),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const detail = await api.ask('GET', `/humans/${await humanIdOf(api, wanted)}`, humanDetailReader)
      answer(components, options, { schema: 'surety-directory/human-detail@1', ...detail }, () => [
        ...humanFacts(detail.human),
        ...facts([
          ['groups', detail.groups.map(({ name }) => name).join(', ') || 'none'],
          ['accounts', detail.accounts.map(({ device, userName }) => `${userName} on ${device}`).join(', ') || 'none'],
        ]),
      ])
    })
  withApiOptions(humans.command('change').description('change names, e-mail address or manager'))
    .argument('<human>', HUMAN_WORDS)
    .option('--user-name <name>', 'another user name')
    .option('--name <text>', 'another name to show')
    .option('--email <address>', 'another e-mail address')
    .option('--no-email', 'remove the e-mail address')
    .option('--manager <human>', `another manager: ${HUMAN_WORDS}`)
    .option('--no-manager', 'remove the manager')
    .addHelpText(
      'after',
      examples(
        'surety-directory humans change ada --email lovelace@example.org',
        'surety-directory humans change bob --no-manager --json',
      ),
    )
    .action(async (wanted: string, { userName, name, email, manager, ...options }: NameOptions) => {
      const api = await openApi(components, options)
      const change = { userName, displayName: name, email: orNull(email), manager: orNull(manager) }
      const changed = await api.ask('POST', `/humans/${await humanIdOf(api, wanted)}`, changedHumanReader, change)
      answerHuman(components, options, changed, `${changed.human.userName} is changed`)
    })
  addDepartureCommands(humans, components)
}

/** `--no-email` is false, and no option at all is true. */
function orNull(value: string | boolean | undefined): string | null | undefined {
  return value === false ? null : typeof value === 'string' ? value : undefined
}

function addDepartureCommands(humans: Command, components: CommandComponents): void {
  withConsent(
    withApiOptions(
      humans.command('deactivate').description('a human leaves: what they own goes to successors, or is stopped'),
    ),
  )
    .argument('<human>', HUMAN_WORDS)
    .requiredOption('--reason <text>', 'why; the audit keeps it')
    .option('--dry-run', 'only say what would go to whom, and what would end')
    .addHelpText(
      'after',
      examples(
        'surety-directory humans deactivate ada --reason "left the company" --dry-run',
        'surety-directory humans deactivate ada --reason "left the company" --yes',
      ),
    )
    .action(async (wanted: string, { reason, dryRun, ...options }: DeactivateOptions) => {
      const api = await openApi(components, options)
      const path = `/humans/${await humanIdOf(api, wanted)}/deactivation`
      const dry = async () => await api.ask('POST', path, departureReader, { reason, dryRun: true })
      if (dryRun !== true && options.yes !== true) {
        const report = await dry()
        const act = `Deactivate ${report.human.userName}`
        await requireConsent(components, options, { act, facts: departureLines(report) })
      }
      const report = dryRun === true ? await dry() : await api.ask('POST', path, departureReader, { reason })
      answer(components, options, { schema: 'surety-directory/departure@1', ...report }, () => departureLines(report))
    })
  withApiOptions(
    humans.command('reactivate').description('reactivate a person (agents, groups and approvals are not restored)'),
  )
    .argument('<human>', HUMAN_WORDS)
    .requiredOption('--reason <text>', 'why; the audit keeps it')
    .addHelpText(
      'after',
      examples(
        'surety-directory humans reactivate ada --reason "came back"',
        'surety-directory humans reactivate hum_4fG2 --reason "deactivated by mistake" --json',
      ),
    )
    .action(async (wanted: string, { reason, ...options }: CommonOptions & { readonly reason: string }) => {
      const api = await openApi(components, options)
      const path = `/humans/${await humanIdOf(api, wanted)}/reactivation`
      const human = await api.ask('POST', path, humanReader, { reason })
      answer(components, options, { schema: 'surety-directory/human@1', human, warnings: [] }, () => [
        `${human.userName} is active again; agents, groups and approvals of before did not come back`,
      ])
    })
}

async function listHumans(components: CommandComponents, options: ListOptions): Promise<void> {
  const api = await openApi(components, options)
  const { status, search, manager } = options
  const filters = { status, search, manager: manager === undefined ? undefined : await humanIdOf(api, manager) }
  const items = await allPages(api, `/humans${queryOf(filters)}`, humanPageReader)
  await printList<HumanView>(components, options, {
    items,
    columns: HUMAN_COLUMNS,
    idOf: ({ id }) => id,
    document: { schema: 'surety-directory/humans@1', humans: items },
    footer: items.length === 0 ? 'no humans' : countOf(items.length, 'human'),
  })
}

export const HUMAN_COLUMNS: readonly Column<HumanView>[] = [
  { heading: 'USER NAME', cell: ({ userName }) => userName },
  { heading: 'NAME', cell: ({ displayName }) => displayName },
  { heading: 'EMAIL', cell: ({ email }) => email ?? '-', value: ({ email }) => email },
  { heading: 'STATUS', cell: ({ status }) => status },
  { heading: 'FROM', cell: ({ origin }) => origin },
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'MANAGER', wide: true, cell: ({ manager }) => manager ?? '-', value: ({ manager }) => manager },
  {
    heading: 'SINCE',
    wide: true,
    cell: ({ createdAt }) => timeOf(createdAt),
    value: ({ createdAt }) => isoTime(createdAt),
  },
]

function answerHuman(
  components: CommandComponents,
  options: CommonOptions,
  { human, warnings }: ChangedHuman,
  done: string,
): void {
  answer(components, options, { schema: 'surety-directory/human@1', human, warnings }, () => [
    ...facts([[done, '']]).map((line) => line.trimEnd()),
    ...facts(warnings.map((warning) => ['warning', warning] as const)),
  ])
}

function humanFacts(human: HumanView): readonly string[] {
  const { id, userName, displayName, email, externalId, status, manager, origin, createdAt, deactivatedAt } = human
  return facts([
    ...([
      ['user name', userName],
      ['name', displayName],
      ['e-mail', email],
      ['status', status],
    ] as const),
    ...([
      ['deactivated', deactivatedAt === undefined ? undefined : timeOf(deactivatedAt)],
      ['id', id],
    ] as const),
    ...([
      ['external id', externalId],
      ['manager', manager],
    ] as const),
    ...([
      ['kept by', origin === 'scim' ? 'the identity provider' : 'administrators'],
      ['since', timeOf(createdAt)],
    ] as const),
  ])
}

function departureLines({
  human,
  dryRun,
  agents,
  serviceAccounts,
  groups,
  groupsKept,
  accounts,
}: DepartureReport): string[] {
  const things = [
    ...agents.items.map((item) => ({ ...item, what: 'agent', end: 'stopped on all devices' })),
    ...serviceAccounts.items.map((item) => ({ ...item, what: 'service account', end: 'ended' })),
  ]
  const given = agents.transferred + serviceAccounts.transferred
  const ended = agents.ended + serviceAccounts.ended
  const more = given + ended - things.length
  const verb = dryRun ? 'would be' : 'is'
  return [
    ...facts([
      ['human', `${human.userName} (${human.id}) ${verb} deactivated`],
      ...things.map(
        ({ what, id, name, to, end }) => [what, `${name} (${id}): ${to === undefined ? end : `to ${to}`}`] as const,
      ),
    ]),
    ...(groupsKept > 0 ? [`${countOf(groupsKept, 'group')} not left, because a stop of the group is in force`] : []),
    ...(more > 0 ? [`and ${countOf(more)} more`] : []),
    `${countOf(given)} to successors, ${countOf(ended)} without an accepted successor, ${countOf(groups, 'group')} left, ${countOf(
      accounts,
      'account',
    )} kept as history`,
  ]
}
