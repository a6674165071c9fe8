import type { Command } from 'commander'
import { humanSummaryReader } from '../../protocol/nouns/people/human-summary.ts'
import { type DepartureReport, people } from '../../protocol/nouns/people/people.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { requireConsent } from '../command/consent.ts'
import { countOf, facts } from '../command/format.ts'
import { PAGE_FORMATS } from '../command/list-formats.ts'
import { call, idOf } from '../nouns/call.ts'
import { addNounCommands, type Run } from '../nouns/noun-commands.ts'
import { addImportCommand } from './import-people.ts'
import { personPage } from './show-person.ts'

interface ShowOptions extends CommonOptions {
  readonly output?: (typeof PAGE_FORMATS)[number]
}

/** `people`: the people of the register, with what belongs to each. */
export function addPeopleCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, people, {
    verbs: {
      deactivate: (run) => deactivate(components, run),
      async forget({ api, options, id, body }) {
        const human = await call(api, people, 'forget', { id, body: { reason: String(body.reason) } })
        answer(components, options, { schema: 'surety-directory/human@1', human, warnings: [] }, () => [
          `${id} is forgotten: the record cannot say any more who it was, and all its proofs still verify`,
        ])
      },
      async reactivate({ api, options, id, body }) {
        const human = await call(api, people, 'reactivate', { id, body: { reason: String(body.reason) } })
        answer(components, options, { schema: 'surety-directory/human@1', human, warnings: [] }, () => [
          `${human.userName} is active again; agents, groups and approvals of before did not come back`,
        ])
      },
    },
  })
  addImportCommand(command, components)
  withApiOptions(command.command('show').description('a person, with everything that is theirs'))
    .argument('<person>', people.called)
    .option('-o, --output <format>', `one of ${PAGE_FORMATS.join(', ')}`, oneOf('format', PAGE_FORMATS))
    .addHelpText(
      'after',
      examples('surety-directory people show ada', 'surety-directory people show ada@example.org -o yaml'),
    )
    .action(async (wanted: string, options: ShowOptions) => {
      const api = await openApi(components, options)
      const id = await idOf(api, people, wanted)
      const summary = await api.ask('GET', `${people.path}/${id}/summary`, humanSummaryReader)
      const document = { schema: 'surety-directory/human-summary@1', ...summary } as const
      if (options.output === 'yaml' && options.json !== true) {
        // Loaded when it is asked for: few pages are.
        const { printableYaml } = await import('../command/printable-yaml.ts')
        components.out(printableYaml(document))
        return
      }
      answer(components, { json: options.json === true || options.output === 'json' }, document, () =>
        personPage(summary, components.terminal, components.now()),
      )
    })
}

async function deactivate(components: CommandComponents, { api, options, id, body }: Run): Promise<void> {
  const reason = String(body.reason)
  const dry = () => call(api, people, 'deactivate', { id, body: { reason, dryRun: true } })
  if (options.dryRun !== true && options.yes !== true) {
    const report = await dry()
    const act = `Deactivate ${report.human.userName}`
    await requireConsent(components, options, { act, facts: departureLines(report) })
  }
  const report = options.dryRun === true ? await dry() : await call(api, people, 'deactivate', { id, body: { reason } })
  answer(components, options, { schema: 'surety-directory/departure@1', ...report }, () => departureLines(report))
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
      ['person', `${human.userName} (${human.id}) ${verb} deactivated`],
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
