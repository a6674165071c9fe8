import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { VERSION } from '../../base/version.ts'
import { exportEnd, type OcsfSource, ocsfEvent } from '../../ocsf/event.ts'
import { entries } from '../../protocol/nouns/directory/record.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { ENTRY_CELLS, entriesEnd } from '../../view/events/entry-cells.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, facts } from '../command/format.ts'
import { csvLine } from '../command/list-formats.ts'
import { rootReader } from '../connection/api-client.ts'
import { list } from '../nouns/call.ts'
import { addOption, membersOf } from '../nouns/options.ts'
import { entryPages, type LogThen, logNow, type RecordSource } from './entry-pages.ts'
import { progressOf } from './progress.ts'
import { rangeLines } from './range.ts'

const FORMATS = ['ocsf', 'csv', 'plain'] as const

interface ExportOptions extends CommonOptions {
  readonly out: string
  readonly format: (typeof FORMATS)[number]
}

interface Export {
  readonly source: RecordSource
  readonly log: LogThen
  readonly filters: Readonly<Record<string, string | number | undefined>>
  readonly now: number
}

/** `audit export`: entries as a file, for other programs or for an auditor. */
export function addRecordExport(audit: Command, components: CommandComponents): void {
  const command = withApiOptions(audit.command('export').description('write entries to a file, oldest first'))
    .requiredOption('--out <file>', 'new file (mode 0600); it is there whole or not at all')
    .addOption(
      new Option(
        '--format <format>',
        'ocsf: JSON Lines, an event of OCSF each; csv; plain: the entries as the log has them, for surety audit verify',
      )
        .choices(FORMATS)
        .default('ocsf'),
    )
  const filters = Object.entries(entries.list.filters ?? {}).flatMap(([member, { schema, options = [] }]) =>
    options.map((option) => ({ ...option, member, schema })),
  )
  for (const option of filters) addOption(command, option, components)
  command
    .addHelpText(
      'after',
      examples(
        'surety-directory audit export --since 30d --out record.jsonl',
        'surety-directory audit export --kind stop-created --format csv --out stops.csv',
        'surety-directory audit export --since 2026-11-01 --until 2026-12-01 --format plain --out november.record',
        'surety audit verify november.record --key KEY',
      ),
    )
    .action(async (options: ExportOptions) => {
      const profile = await readProfileOf(components, options)
      const api = components.apiOf(profile)
      const source = { api, readAtRoot: rootReader(profile), interrupted: components.untilInterrupted() }
      const wanted = (await membersOf(api, filters, options)) as Export['filters'] // texts and times
      await writeExport(components, options, {
        source,
        filters: wanted,
        log: await logNow(source),
        now: components.now(),
      })
    })
}

async function writeExport(components: CommandComponents, options: ExportOptions, made: Export): Promise<void> {
  const path = resolve(options.out)
  await using file = await newFile(path)
  const say = progressOf(components, options)
  let count = 0
  for await (const { bytes, written } of WRITERS[options.format](made)) {
    await file.append(bytes)
    count += written
    say(count)
  }
  await file.finish()
  say(count, true)
  const { origin, size } = made.log
  const document = {
    schema: 'surety-directory/record-export@1',
    file: path,
    format: options.format,
    entries: count,
    origin,
    size,
  } as const
  answer(components, options, document, () =>
    facts([
      ['entries', countOf(count)],
      ['of the log', `${origin}, when it had ${countOf(size, 'entry', 'entries')}`],
      ['file', path],
      ['verify with', options.format === 'plain' ? `surety audit verify ${options.out} --key KEY` : undefined],
      ['key', options.format === 'plain' ? 'surety-directory audit log' : undefined],
    ]),
  )
}

interface Part {
  readonly bytes: Uint8Array
  /** How many entries are in it. */
  readonly written: number
}

const WRITERS: Readonly<Record<ExportOptions['format'], (made: Export) => AsyncGenerator<Part>>> = {
  async *ocsf({ source, log, filters, now }) {
    const by: OcsfSource = { version: VERSION, origin: log.origin }
    let count = 0
    for await (const page of entryPages(source, log, filters)) {
      count += page.length
      yield {
        written: page.length,
        bytes: utf8(page.map((entry) => `${printableJson(ocsfEvent(entry, by))}\n`).join('')),
      }
    }
    const end = exportEnd({ time: now, entries: count, checkpoint: log.checkpoint }, by)
    yield { written: 0, bytes: utf8(`${printableJson(end)}\n`) }
  },
  async *csv({ source, log, filters, now }) {
    yield { written: 0, bytes: utf8(csvLine(Object.keys(ENTRY_CELLS))) }
    let count = 0
    for await (const page of entryPages(source, log, filters)) {
      count += page.length
      const lines = page.map((entry) => csvLine(Object.values(ENTRY_CELLS).map((cell) => cell(entry) ?? '')))
      yield { written: page.length, bytes: utf8(lines.join('')) }
    }
    const end = entriesEnd({ time: now, entries: count, checkpoint: log.checkpoint })
    yield { written: 0, bytes: utf8(csvLine(Object.values(ENTRY_CELLS).map((cell) => cell(end) ?? ''))) }
  },
  async *plain({ source, log, filters }) {
    const { since, until, ...others } = filters
    if (Object.keys(others).length > 0) {
      const message = 'one proof covers neighbouring entries: --format plain takes only --since and --until'
      throw new SuretyError('USAGE_INVALID', message)
    }
    const edge = async (order: 'ascending' | 'descending') =>
      (await list(source.api, entries, { since, until, order, limit: 1 } as object)).items[0]?.index
    const [from, last = log.size] = [await edge('ascending'), await edge('descending')]
    const to = Math.min(last + 1, log.size)
    if (from === undefined || from >= to) throw new SuretyError('NOT_FOUND', 'the record has no entry of this time')
    let isHeader = true
    for await (const bytes of rangeLines(source, { from, to, checkpoint: log.checkpoint })) {
      yield { bytes, written: isHeader ? 0 : newlinesIn(bytes) }
      isHeader = false
    }
  },
}

const NEWLINE = 10

function newlinesIn(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0)
}
