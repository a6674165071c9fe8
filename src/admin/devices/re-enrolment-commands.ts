import type { Command } from 'commander'
import { RE_ENROLMENT_ID } from '../../protocol/ids.ts'
import {
  type ReEnrolment,
  reEnrolmentPageReader,
  reEnrolmentReader,
} from '../../protocol/nouns/enrolment/re-enrolments.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { retiredWords } from '../command/format.ts'
import { DEVICE_WORDS } from '../names/name-device.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'

/** Only what waits for a decision has names: of a decided one a person gives the whole id. */
const NAMED_RE_ENROLMENTS: NamedItems<ReEnrolment> = {
  wholeId: new RegExp(RE_ENROLMENT_ID),
  path: '/re-enrolments?status=pending',
  reader: reEnrolmentPageReader,
  noun: 'pending re-enrolment',
  list: 're-enrolments list',
  preferred: () => true,
  describe: ({ id, device, label }) => `${id} (of ${device}, ${label.hostname})`,
}

export function addReEnrolmentCommands(program: Command, components: CommandComponents): void {
  const reEnrolments = program.command('re-enrolments').description('enrolments waiting for approval')
  withApiOptions(reEnrolments.command('list').description('known machines that ask to enrol again'))
    .option('--all', 'those already decided too')
    .action((options: CommonOptions & { readonly all?: boolean }) =>
      answerList(components, options, {
        path: options.all === true ? '/re-enrolments' : '/re-enrolments?status=pending',
        member: 'reEnrolments',
        schema: 're-enrolments',
        none: 'no enrolment is waiting for approval',
        reader: reEnrolmentPageReader,
        lines: (reEnrolments) => reEnrolmentTable(components, reEnrolments),
      }),
    )
  for (const [name, about] of [
    ['approve', 'let the machine enrol again'],
    ['deny', 'refuse the enrolment'],
  ] as const) {
    withApiOptions(reEnrolments.command(name).description(about))
      .argument('<re-enrolment>', `its id, at least eight characters of its beginning, or its device: ${DEVICE_WORDS}`)
      .option('--reason <text>', 'why; the list and the audit keep it')
      .addHelpText(
        'after',
        examples(
          `surety-directory re-enrolments ${name} laptop-7 --reason "new disk, ticket 4711"`,
          `surety-directory re-enrolments ${name} ren_4fG2`,
        ),
      )
      .action(async (wanted: string, options: CommonOptions & { readonly reason?: string }) => {
        const api = await openApi(components, options)
        const path = `/re-enrolments/${await itemIdOf(api, wanted, NAMED_RE_ENROLMENTS)}/${name}`
        const { reason } = options
        const body = reason === undefined ? undefined : { reason }
        const reEnrolment = await api.ask('POST', path, reEnrolmentReader, body)
        answer(components, options, { schema: 'surety-directory/re-enrolment@1', reEnrolment }, () => [
          `re-enrolment ${reEnrolment.id} on ${reEnrolment.device} is ${reEnrolment.status}`,
        ])
      })
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
      one.reason ?? '-',
      whyWords(one),
    ],
  }))
  return table(rows, terminal, {
    heading: ['ID', 'STATUS', 'DEVICE', 'NEW EPOCH', 'TIER', 'ASKED', 'DECIDED', 'OWNER', 'HOST', 'REASON', 'WHY'],
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
