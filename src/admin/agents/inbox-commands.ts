import type { Command } from 'commander'
import { inbox } from '../../protocol/nouns/agents/inbox.ts'
import type { InboxBlock, InboxIgnore, InboxRegistration } from '../../protocol/nouns/agents/inbox-decisions.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { readUntil } from '../command/read-until.ts'
import { call, idOf } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { answerCreated, type WaitOptions, withWait } from '../stops/stop-answers.ts'
import { seenLines } from './inbox-words.ts'

/** Agents as they are seen, and one decision about each. */
export function addInboxCommands(program: Command, components: CommandComponents): void {
  const tellAgent = (options: CommonOptions, agent: SeenAgentView) =>
    answer(components, options, { schema: 'surety-directory/seen-agent@1', agent }, () =>
      seenLines(agent, components.now()),
    )
  const command = addNounCommands(program, components, inbox, {
    show: async ({ options }, agent) => tellAgent(options, agent),
    refusals: {
      register: ({ workspace, anyWorkspace }) =>
        workspace !== undefined && anyWorkspace === true ? 'give --workspace or --any-workspace' : undefined,
      ignore: ({ reason, undo }) =>
        (reason === undefined) === (undo === true) ? undefined : 'give a --reason, or --undo',
    },
    bodies: {
      async register({ body, options: { workspace } }) {
        const workspaces = Array.isArray(workspace) ? workspace.map(String) : undefined
        const scope = workspaces && { scope: { applications: [], dataSets: [], tools: [], workspaces } }
        const request: object = { ...body, ...scope }
        return request as InboxRegistration // The options set its members.
      },
    },
    verbs: {
      async ignore({ api, id, options, body }) {
        const decided =
          options.undo === true
            ? call(api, inbox, 'unignore', { id })
            : call(api, inbox, 'ignore', { id, body: body as InboxIgnore }) // The options set its members.
        tellAgent(options, await decided)
      },
    },
  })
  addBlock(command, components)
}

interface BlockOptions extends CommonOptions, WaitOptions {
  readonly reason: string
  readonly here?: boolean
  readonly until?: (now: number) => number
  readonly emergency?: boolean
  readonly dryRun?: boolean
}

function addBlock(parent: Command, components: CommandComponents): void {
  withWait(
    withApiOptions(
      parent
        .command('block')
        .description('freeze its product wherever it runs or starts; undone by stops release')
        .argument('<seen>', inbox.called),
    ),
  )
    .requiredOption('--reason <text>', 'why, for the record and for the people whose agents stop')
    .option('--here', 'only on its device')
    .option('--until <time>', 'the stop ends automatically: after 8h, 7d, or at 2027-01-31T18:00:00Z', readUntil)
    .option('--emergency', 'in force at once, for an hour unless a second person confirms it')
    .option('--dry-run', 'only say what would stop')
    .addHelpText(
      'after',
      examples(
        'surety-directory inbox block sga_4fG2aB --reason "reads mail" --dry-run',
        'surety-directory inbox block sga_4fG2aB --reason "reads mail" --here',
      ),
    )
    .action(async (wanted: string, { reason, here, until, emergency, dryRun, ...options }: BlockOptions) => {
      const api = await openApi(components, options)
      const body: InboxBlock = {
        reason,
        ...(here === undefined ? {} : { here }),
        ...(emergency === undefined ? {} : { emergency }),
        ...(dryRun === undefined ? {} : { dryRun }),
        ...(until === undefined ? {} : { until: until(components.now()) }),
      }
      const created = await call(api, inbox, 'block', { id: await idOf(api, inbox, wanted), body })
      await answerCreated(components, options, { api, created, schema: 'surety-directory/blocked-agent@1' })
    })
}
