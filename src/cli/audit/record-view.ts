import type { RecordReport } from '../../archive/record/record-report.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import { type Terminal, wrapped } from '../../view/terminal.ts'

/** What `surety audit verify` prints. */

const NOT_KNOWN = [
  'whether the directory recorded everything that happened',
  'the real times: those in entries are by the clock of the directory',
]
const WITHOUT_WITNESSES = 'whether others were shown another log: no witness was asked for, give --witness KEY'

export function printRecordReport(
  report: RecordReport,
  {
    json,
    out,
    terminal,
  }: { readonly json: boolean | undefined; readonly out: (text: string) => void; readonly terminal: Terminal },
): void {
  if (json === true) out(`${printableJson({ schema: 'surety/record-report@1', ...report }, 2)}\n`)
  else out(`${recordLines(report, terminal).join('\n')}\n`)
}

function recordLines(report: RecordReport, terminal: Terminal): string[] {
  const { ok, origin, checkpoint, witnesses, since, entries, hashes, approvals, entry, problem } = report
  const lines = [
    ok ? `VERIFIED: ${verifiedWords(report)}.` : `NOT VERIFIED: ${problem?.message ?? ''} [${problem?.code ?? ''}]`,
    '',
    `Log        ${origin}`,
    ...(checkpoint === undefined ? [] : [`Size       ${checkpoint.size} entries`, `Root       ${checkpoint.root}`]),
    ...(since === undefined ? [] : [`Since      ${since.size} entries`]),
    ...(entries === undefined ? [] : [`Entries    ${rangeWords(entries)}`]),
    ...(hashes === undefined ? [] : [`Hashes     ${rangeWords(hashes)}`]),
    ...(hashes !== undefined && entries === undefined ? ['Entries    not verified: they were not there to read'] : []),
    ...(approvals === undefined ? [] : [`Approvals  ${approvals} signed by people with their passkeys`]),
    ...witnesses.map(
      ({ name, time }) => `Witness    ${name}: ${time === undefined ? 'NO COSIGNATURE' : timeWords(time)}`,
    ),
    ...(entry === undefined ? [] : ['', entry]),
    '',
    'Not known from this:',
    ...[...NOT_KNOWN, ...(witnesses.length === 0 ? [WITHOUT_WITNESSES] : [])].map((text) => `- ${text}`),
  ]
  return lines.flatMap((line) => wrapped(terminal, printable(line)))
}

function verifiedWords({ kind, since }: RecordReport): string {
  switch (kind) {
    case 'entry':
      return 'the entry is in the log at this place, and the log signed it'
    case 'export':
      return 'the entries are in the log in this order and without a gap, and the log signed them'
    case 'log':
      return since === undefined
        ? 'the whole log leads to the root that it signed'
        : 'the log begins with the earlier checkpoint, and all that was added leads to the root that it signed'
  }
}

function rangeWords({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? 'none were added' : `${from} to ${to - 1}`
}

/** A witness may set its clock to a time that has no date. */
function timeWords(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? `${ms} ms since 1970` : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`
}
