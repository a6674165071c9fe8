import { resolve } from 'node:path'
import type { Command } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { VERSION } from '../../base/version.ts'
import { ocsfEvent } from '../../ocsf/event.ts'
import { entries } from '../../protocol/nouns/directory/record.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, facts, isoTime } from '../command/format.ts'
import { readSince } from '../command/read-numbers.ts'
import { rootReader } from '../connection/api-client.ts'
import { call, list } from '../nouns/call.ts'
import { entryPages, type LogThen, logNow, type RecordSource } from '../record/entry-pages.ts'
import { progressOf } from '../record/progress.ts'
import { rangeLines } from '../record/range.ts'
import { ARTICLES, readmeOf } from './articles.ts'
import { NAMES, type Names, PSEUDONYMS } from './names.ts'
import { type Period, policyVersions, registrationLines, stopLines } from './register-files.ts'
import { ReportZip } from './report-zip.ts'
import { VERIFIER } from './verifier.ts'

interface ReportOptions extends CommonOptions {
  readonly out: string
  readonly since: number
  readonly until?: number
  readonly pseudonymised?: true
}

/** `audit report`: what a period was, as one zip for an authority. */
export function addRecordReport(audit: Command, components: CommandComponents): void {
  const readTime = (text: string) => readSince(text, components.now())
  withApiOptions(audit.command('report').description('write a report for the EU AI Act: one zip with its own verifier'))
    .requiredOption('--since <time>', 'from this time on: 24h, 7d, 2026-11-28, yesterday', readTime)
    .option('--until <time>', 'until this time, in the same forms (default: now)', readTime)
    .option('--pseudonymised', 'with ids in place of the names and addresses of people')
    .requiredOption('--out <file>', 'new file (mode 0600); it is there whole or not at all')
    .addHelpText(
      'after',
      examples(
        'surety-directory audit report --since 2026-06-01 --until 2026-12-01 --out half-year.zip',
        'surety-directory audit report --since 30d --pseudonymised --out month.zip',
      ),
    )
    .action(async (options: ReportOptions) => {
      // With what happened in this millisecond.
      const period = { since: options.since, until: options.until ?? components.now() + 1 }
      if (period.since >= period.until) {
        throw new SuretyError('USAGE_INVALID', 'the period ends before it begins: --since is earlier than --until')
      }
      const profile = await readProfileOf(components, options)
      const api = components.apiOf(profile)
      const source = { api, readAtRoot: rootReader(profile), interrupted: components.untilInterrupted() }
      const names = options.pseudonymised === true ? PSEUDONYMS : NAMES
      await writeReport(components, options, { source, period, names, log: await logNow(source) })
    })
}

interface Report {
  readonly source: RecordSource
  readonly period: Period
  readonly log: LogThen
  readonly names: Names
}

async function writeReport(components: CommandComponents, options: ReportOptions, report: Report): Promise<void> {
  const { source, period, log, names } = report
  const path = resolve(options.out)
  await using file = await newFile(path)
  const range = await rangeOf(report)
  const { key } = await call(source.api, entries, 'log')
  const read = { ...period, source, log, names }
  const zip = new ReportZip(file, { mtime: components.now() })
  const counts = { events: 0, registrations: 0, stops: 0, policies: 0 }
  const times = { since: isoTime(period.since) ?? '', until: isoTime(period.until) ?? '' }
  await zip.add('README.md', [utf8(readmeOf({ origin: log.origin, pseudonymised: names === PSEUDONYMS, ...times }))])
  await zip.add('articles.json', [json(ARTICLES)])
  await zip.add('verify.mjs', [utf8(VERIFIER)])
  await zip.add('checkpoint', [utf8(log.checkpoint)])
  const policies = await policyVersions(read)
  counts.policies = policies.length
  await zip.add('policies.json', [json(policies.map(({ line }) => line))])
  for (const [name, text] of new Map(policies.map((one) => [one.file, one.text]))) await zip.add(name, [utf8(text)])
  await zip.add(
    'registrations.jsonl',
    linesOf(registrationLines(read), () => counts.registrations++),
  )
  await zip.add(
    'stops.jsonl',
    linesOf(stopLines(read), () => counts.stops++),
  )
  const say = progressOf(components, options)
  await zip.add(
    'events.jsonl',
    eventLines(report, (count) => {
      counts.events += count
      say(counts.events)
    }),
  )
  await zip.add('proofs/entries.record', rangeLines(source, { ...range, checkpoint: log.checkpoint }))
  const manifest = {
    schema: 'surety/eu-ai-act-report@1',
    regulation: ARTICLES.regulation,
    madeAt: isoTime(components.now()),
    madeBy: { program: 'surety-directory', version: VERSION },
    period: times,
    pseudonymised: names === PSEUDONYMS,
    log: { origin: log.origin, key, size: log.size },
    entries: range,
    counts,
    files: zip.files,
  }
  await zip.add('manifest.json', [json(manifest)])
  await zip.finish()
  await file.finish()
  say(counts.events, true)
  const document = { schema: 'surety-directory/record-report@1', file: path, origin: log.origin, ...counts } as const
  answer(components, options, document, () =>
    facts([
      ['events', countOf(counts.events)],
      ['registrations', countOf(counts.registrations)],
      ['stops', countOf(counts.stops)],
      ['policies', countOf(counts.policies)],
      ['file', path],
      ['verify with', 'unpack it, then: node verify.mjs --key KEY'],
      ['key', 'surety-directory audit log'],
    ]),
  )
}

/** The entries from the first to the last one of the period. @throws `NOT_FOUND`. */
async function rangeOf({ source, period, log }: Report): Promise<{ readonly from: number; readonly to: number }> {
  const edge = async (order: 'ascending' | 'descending') => {
    const query = { since: period.since, until: period.until, sort: 'index', order, limit: 1 }
    return (await list(source.api, entries, query as object)).items[0]?.index
  }
  const [from, last = log.size] = [await edge('ascending'), await edge('descending')]
  const to = Math.min(last + 1, log.size)
  if (from === undefined || from >= to) throw new SuretyError('NOT_FOUND', 'the record has no entry of this time')
  return { from, to }
}

async function* eventLines({ source, period, log, names }: Report, written: (count: number) => void) {
  const by = { version: VERSION, origin: log.origin }
  for await (const page of entryPages(source, log, { ...period, sort: 'index' })) {
    written(page.length)
    yield utf8(page.map((entry) => `${printableJson(ocsfEvent(names.ofEntry(entry), by))}\n`).join(''))
  }
}

async function* linesOf(items: AsyncIterable<object>, written: () => void) {
  for await (const item of items) {
    written()
    yield utf8(`${printableJson(item)}\n`)
  }
}

function json(value: object): Uint8Array {
  return utf8(`${printableJson(value, 2)}\n`)
}
