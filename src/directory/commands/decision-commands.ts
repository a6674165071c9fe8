import type { Command } from 'commander'
import { type Decision, decisionPageReader, decisionReader } from '../../protocol/api-administration.ts'
import { decisionIdSchema } from '../../protocol/ids.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  openApi,
  withApiOptions,
} from './command-line.ts'
import { wholeId } from './whole-id.ts'
import { retiredWords } from './words.ts'

export function addDecisionCommands(program: Command, components: CommandComponents): void {
  const decisions = program.command('decisions').description('what waits for a human')
  withApiOptions(decisions.command('list').description('known machines that ask to enrol again'))
    .option('--all', 'those already decided too')
    .action((options: CommonOptions & { readonly all?: boolean }) =>
      answerList(components, options, {
        path: options.all === true ? '/decisions' : '/decisions?status=pending',
        ...{ member: 'decisions', none: 'nothing waits for a decision', reader: decisionPageReader },
        lines: (decisions) => decisionTable(components, decisions),
      }),
    )
  for (const [name, about] of [
    ['approve', 'let the machine enrol anew'],
    ['deny', 'refuse the enrolment'],
  ] as const) {
    withApiOptions(decisions.command(name).description(about).argument('<id>')).action(
      async (id: string, options: CommonOptions) => {
        const path = `/decisions/${wholeId(id, decisionIdSchema, { list: 'decisions list' })}/${name}`
        const api = await openApi(components, options)
        const decision = await api.ask('POST', path, decisionReader)
        answer(components, options, { schema: 'surety-directory/decision@1', decision }, () => [
          `decision ${decision.id} on ${decision.device} is ${decision.status}`,
        ])
      },
    )
  }
}

function decisionTable({ terminal, now }: CommandComponents, decisions: readonly Decision[]): readonly string[] {
  const rows = decisions.map((one) => ({
    cells: [
      one.id,
      one.status,
      one.device,
      `${one.epoch}`,
      one.tier,
      ago(one.createdAt, now()),
      decidedWords(one, now()),
      one.owner,
      one.label.hostname,
      whyWords(one),
    ],
  }))
  return table(rows, terminal, {
    heading: ['ID', 'STATUS', 'DEVICE', 'NEW EPOCH', 'TIER', 'ASKED', 'DECIDED', 'OWNER', 'HOST', 'WHY'],
  })
}

function decidedWords({ decidedAt, decidedBy }: Decision, now: number): string {
  if (decidedAt === undefined) return '-'
  return decidedBy === undefined ? ago(decidedAt, now) : `${ago(decidedAt, now)} by ${decidedBy}`
}

/** Why a human must say whether it may enrol, and what speaks against it. */
function whyWords({ knownBy, retired }: Decision): string {
  const known = knownBy === 'tpm' ? 'its TPM is known' : 'its key is known'
  return retired === undefined ? known : `${known}, RETIRED ${retiredWords(retired)}`
}
