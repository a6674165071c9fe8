import type { Command } from 'commander'
import { type ReEnrolment, reEnrolmentPageReader, reEnrolmentReader } from '../../protocol/api-re-enrolments.ts'
import { reEnrolmentIdSchema } from '../../protocol/ids.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  openApi,
  withApiOptions,
} from './command-line.ts'
import { retiredWords } from './format.ts'
import { wholeId } from './whole-id.ts'

export function addReEnrolmentCommands(program: Command, components: CommandComponents): void {
  const reEnrolments = program.command('re-enrolments').description('enrolments waiting for approval')
  withApiOptions(reEnrolments.command('list').description('known machines that ask to enrol again'))
    .option('--all', 'those already decided too')
    .action((options: CommonOptions & { readonly all?: boolean }) =>
      answerList(components, options, {
        path: options.all === true ? '/re-enrolments' : '/re-enrolments?status=pending',
        ...{
          member: 'reEnrolments',
          schema: 're-enrolments',
          none: 'no enrolment is waiting for approval',
          reader: reEnrolmentPageReader,
        },
        lines: (reEnrolments) => reEnrolmentTable(components, reEnrolments),
      }),
    )
  for (const [name, about] of [
    ['approve', 'let the machine enrol anew'],
    ['deny', 'refuse the enrolment'],
  ] as const) {
    withApiOptions(reEnrolments.command(name).description(about).argument('<id>')).action(
      async (id: string, options: CommonOptions) => {
        const path = `/re-enrolments/${wholeId(id, reEnrolmentIdSchema, { list: 're-enrolments list' })}/${name}`
        const api = await openApi(components, options)
        const reEnrolment = await api.ask('POST', path, reEnrolmentReader)
        answer(components, options, { schema: 'surety-directory/re-enrolment@1', reEnrolment }, () => [
          `re-enrolment ${reEnrolment.id} on ${reEnrolment.device} is ${reEnrolment.status}`,
        ])
      },
    )
  }
}

function reEnrolmentTable(
  { terminal, now }: CommandComponents,
  reEnrolments: readonly ReEnrolment[],
): readonly string[] {
  const rows = reEnrolments.map((one) => ({
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

function decidedWords({ decidedAt, decidedBy }: ReEnrolment, now: number): string {
  if (decidedAt === undefined) return '-'
  return decidedBy === undefined ? ago(decidedAt, now) : `${ago(decidedAt, now)} by ${decidedBy}`
}

/** Why a human must say whether it may enrol, and what speaks against it. */
function whyWords({ knownBy, retired }: ReEnrolment): string {
  const known = knownBy === 'tpm' ? 'its TPM is known' : 'its key is known'
  return retired === undefined ? known : `${known}, RETIRED ${retiredWords(retired)}`
}
