import type { Command } from 'commander'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { printable } from '../../base/text/printable.ts'
import { type ImportedHumans, importedHumansReader } from '../../protocol/nouns/people/people-import.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf } from '../command/format.ts'
import { readTextFile } from '../command/read-text-file.ts'
import { PEOPLE_FILE_MAX_BYTES, parsePeople } from './people-file.ts'

interface ImportOptions extends CommonOptions {
  readonly dryRun?: boolean
}

/** Thousands of people in one transaction. */
const TIMEOUT_MS = 300_000
const MOST_SHOWN = 20

export function addImportCommand(people: Command, components: CommandComponents): void {
  withApiOptions(people.command('import').description('add and change the people of a CSV file, all or nothing'))
    .argument(
      '<file>',
      'CSV with a heading: user_name and any of name, email, manager, groups (a;b). Empty cells change nothing',
    )
    .option('--dry-run', 'only say what would be done')
    .addHelpText(
      'after',
      examples(
        'surety-directory people import people.csv --dry-run',
        'surety-directory people import people.csv --json',
      ),
    )
    .action((file: string, options: ImportOptions) => importFile(components, file, options))
}

async function importFile(components: CommandComponents, file: string, options: ImportOptions): Promise<void> {
  const { dryRun = false, json = false } = options
  const { people, faults } = parseFile(file, await readTextFile(file, { maxBytes: PEOPLE_FILE_MAX_BYTES }))
  const refusals = faults.map(({ line, message }) => ({ line, code: 'INPUT_MALFORMED', message }))
  if (people.length === 0) throw refused(components, file, refusals, refusals.length)
  const api = components.apiOf(await readProfileOf(components, options), { timeoutMs: TIMEOUT_MS })
  const ask = (dry: boolean) => {
    const body = { humans: people.map(({ person }) => person), dryRun: dry }
    return api.ask('POST', '/humans/import', importedHumansReader, body)
  }
  const progress = (doing: string) => {
    if (components.terminal.columns !== undefined && !json)
      components.err(`${doing} ${countOf(people.length, 'person', 'people')}…\n`)
  }
  progress('checking')
  // It has every refusal, with which the import itself would end at the first one.
  const plan = await ask(true)
  refusals.push(...plan.refusals.map(({ source, ...one }) => ({ line: people[source]?.line ?? 0, ...one })))
  const count = faults.length + plan.refused
  if (count > 0)
    throw refused(
      components,
      file,
      refusals.toSorted((a, b) => a.line - b.line),
      count,
    )
  const isNeeded = !dryRun && plan.changes.length > 0
  if (isNeeded) progress('importing')
  const outcome = isNeeded ? await ask(false) : { ...plan, done: !dryRun }
  answer(components, options, { schema: 'surety-directory/people-import@1', ...outcome }, () => linesOf(outcome))
}

/** @throws with the name of the file. */
function parseFile(file: string, text: string): ReturnType<typeof parsePeople> {
  try {
    return parsePeople(text)
  } catch (cause) {
    if (!(cause instanceof SuretyError)) throw cause
    throw new SuretyError(cause.code, `${file}: ${cause.message}`, { cause })
  }
}

interface Refusal {
  readonly line: number
  readonly code: string
  readonly message: string
}

/** Prints each refusal on a line if there are several. */
function refused({ err }: CommandComponents, file: string, refusals: readonly Refusal[], count: number): SuretyError {
  const [first] = refusals
  // An `ErrorCode` of the directory, or of a newer one.
  const code = (first?.code ?? 'INPUT_MALFORMED') as ErrorCode
  const words = ({ line, message }: Refusal) => `${file}:${line}: ${message}`
  if (first !== undefined && count === 1) return new SuretyError(code, words(first))
  for (const one of refusals) err(`${printable(words(one))} [${one.code}]\n`)
  return new SuretyError(code, `${countOf(count)} faults, and nothing was changed`)
}

function linesOf({ done, counts: { add, change, unchanged }, changes, warnings }: ImportedHumans): readonly string[] {
  const more = changes.length - MOST_SHOWN
  const counts = done
    ? `${countOf(add)} added, ${countOf(change)} changed, ${countOf(unchanged)} unchanged`
    : `${countOf(add)} new, ${countOf(change)} to change, ${countOf(unchanged)} unchanged`
  return [
    ...changes.slice(0, MOST_SHOWN).map(({ sentence }) => printable(sentence)),
    ...(more > 0 ? [`and ${countOf(more)} more: --json has all`] : []),
    ...warnings.map((warning) => `warning  ${printable(warning)}`),
    counts,
  ]
}
