import { type Command, InvalidArgumentError } from 'commander'
import { describeError } from '../../base/errors.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import { RFC3339_OPTION } from '../../command-line/rfc3339.ts'
import { parseDecimal } from '../../tlog/lines.ts'
import { formatNoteKey, type NoteKey } from '../../tlog/note-keys.ts'
import type { Terminal } from '../../view/terminal.ts'
import { type CliComponents, optionsOf } from '../command/cli-components.ts'
import { EXIT, type ExitCode } from '../command/exit-codes.ts'
import { addTrustOptions, keyOption, type TrustOptions, trustOf } from './record-options.ts'
import { printRecordReport } from './record-view.ts'
import { type VerifyRecordOptions, verifyRecord } from './verify-record.ts'
import { Witness } from './witness.ts'
import { startWitnessServer } from './witness-server.ts'
import { openWitnessState } from './witness-state.ts'

/** `surety audit`: for an auditor of a directory's record, and for who runs a witness of it. The daemon is not asked. */

export interface AuditCommandsInit {
  readonly terminal: Terminal
  readonly end: (code: ExitCode) => void
}

const VERIFY_EXAMPLES = `
Examples:
  surety audit verify stop.tlog-proof --key directory.example.org+1a2b3c4d+AX...
  surety audit verify record.jsonl --key KEY --witness KEY
  surety audit verify https://directory.example.org/tlog --key KEY --since seen.note --save seen.note

Exit codes: 0 all verified, 1 it cannot be read, 2 usage, 7 something does not verify.
`
const WITNESS_EXAMPLES = `
Examples:
  surety audit witness --state /var/lib/witness --name witness.example.org/w1 --log KEY
  surety audit witness --state /var/lib/witness --log KEY --listen 0.0.0.0:7400
`
const DEFAULT_LISTEN = '127.0.0.1:7400'

export function addAuditCommands(program: Command, components: CliComponents, init: AuditCommandsInit): void {
  const audit = program.command('audit').description('verify the record of a directory, or be a witness of it')
  addVerify(audit, components, init)
  addWitness(audit, components)
}

function addVerify(audit: Command, { out }: CliComponents, { terminal, end }: AuditCommandsInit): void {
  const verify = audit
    .command('verify')
    .description('verify an entry, an export, or a whole log, with public keys only')
    .argument('<target>', 'proof of an entry, export, folder with a log, or address of one')
  addTrustOptions(verify)
    .option('--entry <file>', 'the entry, for a proof that does not have it')
    .option('--approval <file>', 'what approvals show --json printed: its action is checked too')
    .option('--since <file>', 'earlier checkpoint: the log must begin with it, and only what is new is read')
    .option('--save <file>', 'write the checkpoint there once it is verified, for --since')
    .option(
      '--entries-from <index>',
      'where entries begin that still have their content; hashes are all read',
      readIndex,
    )
    .option('--profile <file>', 'administrator profile: its CA, and its token to read entries')
    .option('--ca <file>', 'certificates that the server of the log must have one of')
    .option('--json', 'print one JSON document')
    .option(...RFC3339_OPTION)
    .addHelpText('after', VERIFY_EXAMPLES)
    .action(async (target: string, options: TrustOptions & VerifyRecordOptions, made: Command) => {
      const report = await verifyRecord(target, trustOf(options), options)
      printRecordReport(report, { json: optionsOf(made).json, out, terminal })
      end(report.ok ? EXIT.healthy : EXIT.notVerified)
    })
}

interface WitnessOptions {
  readonly state: string
  readonly name?: string
  readonly log?: readonly NoteKey[]
  readonly listen: { readonly host: string; readonly port: number }
}

function addWitness(audit: Command, { out, err, now, untilInterrupted }: CliComponents): void {
  audit
    .command('witness')
    .description('cosign checkpoints of logs, as long as each has one history')
    .requiredOption('--state <folder>', 'folder of this witness: its key and what it cosigned')
    .option('--name <name>', 'name of this witness; needed the first time only')
    .addOption(keyOption('--log <key>', 'public key of a log to watch; may be repeated', 'note').makeOptionMandatory())
    .option('--listen <address>', 'where it answers', readAddress, readAddress(DEFAULT_LISTEN))
    .option('--json', 'print one JSON document')
    .option(...RFC3339_OPTION)
    .addHelpText('after', WITNESS_EXAMPLES)
    .action(async ({ state: folder, name, log = [], listen }: WitnessOptions, made: Command) => {
      const stop = untilInterrupted()
      using state = await openWitnessState({ folder, name, now })
      const witness = await Witness.open({ state, logKeys: log })
      const counts = new Map<number, number>()
      await using server = await startWitnessServer({
        ...listen,
        witness,
        onAnswer: (status) => counts.set(status, (counts.get(status) ?? 0) + 1),
        onFailure: (error) => err(`surety: ${printable(describeError(error))}\n`),
      })
      const address = `http://${bracketed(server.host)}:${server.port}`
      const key = formatNoteKey(state.key)
      const logs = witness.origins.map((origin) => ({ origin, size: witness.checkpointOf(origin)?.size ?? 0 }))
      if (optionsOf(made).json === true) {
        out(`${printableJson({ schema: 'surety/witness@1', key, address, logs })}\n`)
      } else {
        const watched = logs.map(({ origin, size }) => `Watches    ${origin}, ${size} entries cosigned`)
        out(`${[`Key        ${key}`, `Answers    ${address}/add-checkpoint`, ...watched].map(printable).join('\n')}\n`)
      }
      await ended(stop)
      const answered = [...counts].map(([status, count]) => `${count} with ${status}`)
      if (optionsOf(made).json !== true) out(`Answered   ${answered.length === 0 ? 'nothing' : answered.join(', ')}\n`)
    })
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function readAddress(text: string): WitnessOptions['listen'] {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (host === undefined || port > 65_535)
    throw new InvalidArgumentError('an address and a port, such as 127.0.0.1:7400')
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

function readIndex(text: string): number {
  const index = parseDecimal(text)
  if (index === undefined) throw new InvalidArgumentError('the index of an entry, a number under 2^53')
  return index
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
