import type { Command } from 'commander'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import {
  type ConfigurationPlan,
  type ConfigurationRefusal,
  configurationPlanReader,
  configurationReader,
} from '../../protocol/nouns/directory/configuration.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { type FileDocument, readFolder } from './read-folder.ts'
import { writeFolder } from './write-folder.ts'

interface FolderOptions extends CommonOptions {
  readonly file: string
}

interface ExportOptions extends FolderOptions {
  readonly force?: boolean
}

interface PlanOptions extends FolderOptions {
  readonly prune?: boolean
  readonly force?: boolean
}

interface ApplyOptions extends PlanOptions, ConsentOptions {
  readonly dryRun?: boolean
  readonly state?: string
  readonly reason?: string
}

/** Thousands of registrations in one transaction. */
const TIMEOUT_MS = 300_000

/** `export`, `diff`, `apply`: the configuration of the directory as files that are kept in Git. */
export function addConfigurationCommands(program: Command, components: CommandComponents): void {
  withApiOptions(program.command('export').description('write the configuration of the directory as YAML files'))
    .requiredOption('-f, --file <folder>', 'where to: a file for each kind')
    .option('--force', 'replace files of an earlier export')
    .addHelpText(
      'after',
      examples('surety-directory export -f surety', 'surety-directory export -f surety --force && git diff surety'),
    )
    .action(async ({ force = false, ...options }: ExportOptions) => {
      const api = await openApi(components, options)
      const { documents, leftOut } = await api.ask('GET', '/configuration', configurationReader)
      const files = await writeFolder(options.file, { documents }, { replace: force })
      answer(components, options, { schema: 'surety-directory/export@1', files, leftOut }, () => [
        ...files.map(({ file, documents: count }) => printable(`${file}: ${countOf(count, 'document')}`)),
        ...leftOut.map(
          ({ kind, count, why }) => `left out: ${kind}${count === 0 ? '' : ` (${countOf(count)})`}: ${why}`,
        ),
      ])
    })
  withPlanOptions(program.command('diff').description('compare files with the directory; exit code 3 if they differ'))
    .addHelpText('after', examples('surety-directory diff -f surety', 'surety-directory diff -f surety --prune --json'))
    .action(async (options: PlanOptions) => {
      const { plan } = await planOf(components, options)
      answerPlan(components, options, plan)
      const count = changed(plan)
      if (count > 0)
        throw new SuretyError('DIFFERENCES_FOUND', `${countOf(count, 'difference')}, and nothing was changed`)
    })
  withConsent(
    withPlanOptions(program.command('apply').description('bring the directory to what files say: all or nothing')),
  )
    .option('--dry-run', 'only say what would be done')
    .option('--state <hash>', 'refuse if the directory is not as it was for this `diff --json`')
    .option('--reason <text>', 'why, such as the number of a change request; the audit keeps it')
    .addHelpText(
      'after',
      examples(
        'surety-directory apply -f surety',
        'surety-directory apply -f surety --prune --yes --reason "change 41"',
      ),
    )
    .action((options: ApplyOptions) => apply(components, options))
}

function withPlanOptions(command: Command): Command {
  return withApiOptions(command)
    .requiredOption('-f, --file <folder>', 'a folder with YAML files, or one file')
    .option('--prune', 'also remove what is in no file, of kinds that are in the files')
    .option('--force', 'a policy or rules although their test advises against them')
}

async function openApi(components: CommandComponents, options: CommonOptions): Promise<ApiClient> {
  return components.apiOf(await readProfileOf(components, options), { timeoutMs: TIMEOUT_MS })
}

async function apply(components: CommandComponents, options: ApplyOptions): Promise<void> {
  const { plan, api, request } = await planOf(components, options)
  const count = changed(plan)
  if (options.dryRun === true || count === 0) {
    answerPlan(components, options, plan)
    return
  }
  if (options.json !== true) for (const line of planLines(plan)) components.out(`${line}\n`)
  await requireConsent(components, options, { act: `Carry out ${countOf(count, 'change')}` })
  // The plan that a person has seen, and no other.
  const body = { ...request, plan: false, state: plan.state }
  const done = await api.ask('POST', '/configuration', configurationPlanReader, body)
  answer(components, options, { schema: 'surety-directory/plan@1', ...done }, () => [doneWords(done)])
}

/** @throws what a file or the directory refuses, with file and line. */
async function planOf(components: CommandComponents, options: PlanOptions & Pick<ApplyOptions, 'state' | 'reason'>) {
  const { file, prune = false, force = false, state, reason } = options
  const documents = await readFolder(file)
  const api = await openApi(components, options)
  const request = {
    documents: documents.map(({ value }) => value),
    prune,
    force,
    ...(state === undefined ? {} : { state }),
    ...(reason === undefined ? {} : { reason }),
  }
  const body = { ...request, plan: true }
  const plan = await api.ask('POST', '/configuration', configurationPlanReader, body)
  refuse(components, plan, documents)
  return { plan, api, request }
}

/** Each refusal on a line, the last one as the error. @throws with the code of the first one. */
function refuse({ err }: CommandComponents, plan: ConfigurationPlan, documents: readonly FileDocument[]): void {
  const { refusals, refused } = plan
  const [first] = refusals
  if (first === undefined) return
  if (refused === 1) throw new SuretyError(first.code as ErrorCode, `${placeOf(first, documents)}${first.message}`)
  for (const one of refusals) err(`${printable(`${placeOf(one, documents)}${one.message}`)} [${one.code}]\n`)
  // An `ErrorCode` of the directory, or of a newer one.
  throw new SuretyError(first.code as ErrorCode, `${countOf(refused)} faults, and nothing was changed`)
}

/** `groups.yaml:12: `, or nothing for what no document says. */
function placeOf({ source, place, message }: ConfigurationRefusal, documents: readonly FileDocument[]): string {
  const document = source === undefined ? undefined : documents[source]
  if (document === undefined) return ''
  const [, line] = /^line (\d+): /.exec(message) ?? []
  return `${document.at(place, line === undefined ? 0 : Number(line))}: `
}

function answerPlan(components: CommandComponents, options: CommonOptions, plan: ConfigurationPlan): void {
  answer(components, options, { schema: 'surety-directory/plan@1', ...plan }, () => planLines(plan))
}

function planLines(plan: ConfigurationPlan): readonly string[] {
  return [
    ...plan.changes.filter(({ action }) => action !== 'unchanged').map(({ sentence }) => printable(sentence)),
    countsOf(plan),
    ...plan.kept.map(({ kind, count }) => `in no file, and kept: ${countOf(count, kind)} (--prune removes them)`),
  ]
}

function changed({ counts: { create, change, remove } }: ConfigurationPlan): number {
  return create + change + remove
}

function countsOf({ counts: { create, change, remove, unchanged } }: ConfigurationPlan): string {
  return `${countOf(create)} to add, ${countOf(change)} to change, ${countOf(remove)} to remove, ${countOf(unchanged)} unchanged`
}

function doneWords({ counts: { create, change, remove, unchanged } }: ConfigurationPlan): string {
  return `${countOf(create)} added, ${countOf(change)} changed, ${countOf(remove)} removed, ${countOf(unchanged)} unchanged`
}
