import { type Command, InvalidArgumentError } from 'commander'
import type { EpochReport, ExportReport } from '../../archive/export-report.ts'
import { verifyExport } from '../../archive/verify-export.ts'
import { SuretyError } from '../../base/errors.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import { RFC3339_OPTION } from '../../command-line/rfc3339.ts'
import type { NoteKey } from '../../tlog/note-keys.ts'
import { type Terminal, wrapped } from '../../view/terminal.ts'
import { keyOption, trustOf } from '../audit/record-options.ts'
import { printRecordReport } from '../audit/record-view.ts'
import { chunksOf, recordFileKind, verifyRecordFile } from '../audit/verify-record.ts'
import { type CliComponents, optionsOf } from '../command/cli-components.ts'
import { EXIT, type ExitCode } from '../command/exit-codes.ts'

/** `surety verify FILE`: an evidence export, without daemon and directory. */

export interface VerifyCommandInit {
  readonly terminal: Terminal
  readonly end: (code: ExitCode) => void
}

const EXAMPLES = `
Examples:
  surety verify lap-0042.evidence
  surety verify lap-0042.evidence --root PIN --json

Exit codes: 0 all verified, 1 the file cannot be read, 2 usage, 7 something does not verify.
`

interface VerifyOptions {
  readonly root?: string
  readonly key?: readonly NoteKey[]
}

/** What a signature cannot prove. */
const NOT_KNOWN = [
  'whether the keys are in a TPM: the directory checked that at enrolment',
  'whether the device told the truth: a signature proves who said it',
  'the real times: those in evidence are by the clock of the device',
  'what came after the export',
]
const ROOT_NOT_KNOWN = 'whose file this is: compare the root key with --root PIN'

export function addVerifyCommand(program: Command, { out }: CliComponents, { terminal, end }: VerifyCommandInit): void {
  program
    .command('verify')
    .description('verify an evidence export, or a file of the record, without daemon and directory')
    .argument('<file>', 'file from: surety-directory evidence export')
    .option('--root <pin>', 'refuse the file of another directory (pin of its root key)', readPin)
    .addOption(keyOption('--key <key>', 'public key of the record, for a file of it', 'note'))
    .option('--json', 'print one JSON document')
    .option(...RFC3339_OPTION)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { root, key }: VerifyOptions, made: Command) => {
      const kind = await recordFileKind(file)
      if (kind !== undefined) {
        if (root !== undefined) throw new SuretyError('USAGE_INVALID', '--root has no use for a file of the record')
        const report = await verifyRecordFile(file, kind, trustOf(key === undefined ? {} : { key }))
        printRecordReport(report, { json: optionsOf(made).json, out, terminal })
        end(report.ok ? EXIT.healthy : EXIT.notVerified)
        return
      }
      if (key !== undefined) throw new SuretyError('USAGE_INVALID', '--key has no use for an evidence export')
      const report = await verifyExport(chunksOf(file), { root })
      const notKnown = report.root?.compared === true ? NOT_KNOWN : [...NOT_KNOWN, ROOT_NOT_KNOWN]
      if (optionsOf(made).json === true) {
        out(`${printableJson({ schema: 'surety/evidence-report@1', ...report, notKnown }, 2)}\n`)
      } else {
        const lines = reportLines(report, notKnown)
        out(`${lines.flatMap((line) => wrapped(terminal, printable(line))).join('\n')}\n`)
      }
      end(report.ok ? EXIT.healthy : EXIT.notVerified)
    })
}

function reportLines(
  { ok, device, exportedAt, forked, root, epochs, problems, problemCount }: ExportReport,
  notKnown: readonly string[],
): string[] {
  const compared = root?.compared === true ? '' : ' (not compared)'
  const faults = [
    `NOT VERIFIED: ${problemCount} ${problemCount === 1 ? 'problem' : 'problems'}`,
    ...problems.map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`)),
    ...(problemCount > problems.length ? [`and ${problemCount - problems.length} more problems`] : []),
  ]
  return [
    ...(ok ? ['VERIFIED: signatures, chain, gaps, keys of all epochs, and the number of batches.'] : faults),
    '',
    ...(device === undefined ? [] : [`Device    ${device}`]),
    ...(exportedAt === undefined ? [] : [`Exported  ${timeWords(exportedAt)}, by the clock of the directory`]),
    ...(root === undefined ? [] : [`Root key  ${root.pin}${compared}`]),
    ...(forked === true ? ['Forked    YES: two machines used this key, or one was set back'] : []),
    ...epochs.map(epochWords),
    ...(device === undefined ? [] : ['']),
    'Not known from this file:',
    ...notKnown.map((text) => `- ${text}`),
  ]
}

function epochWords({ epoch, batches, lastSequence, unbroken, unplaced, gaps, deviceClock }: EpochReport): string {
  if (batches === 0) return `Epoch ${epoch}   no batches`
  const dropped = gaps.map(({ firstSequence, lastSequence: last }) => `${firstSequence} to ${last}`)
  return [
    `Epoch ${epoch}   ${batches} batches, up to ${lastSequence}, ${unbroken ? 'unbroken' : 'BROKEN'}`,
    ...(gaps.length === 0 ? [] : [`but for signed gaps: ${dropped.slice(0, 10).join(', ')}`]),
    ...(dropped.length > 10 ? [`and ${dropped.length - 10} more gaps`] : []),
    ...(unplaced === 0 ? [] : [`${unplaced} inside gaps, whose place is not known`]),
    ...(deviceClock === undefined
      ? []
      : [`device clock ${timeWords(deviceClock.from * 1000)} to ${timeWords(deviceClock.to * 1000)}`]),
  ].join('; ')
}

/** A device may set its clock to a time that has no date. */
function timeWords(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? `${ms} ms since 1970` : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`
}

function readPin(text: string): string {
  if (!/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)) {
    throw new InvalidArgumentError('a pin is 43 characters of base64url')
  }
  return text
}
