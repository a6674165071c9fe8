import { resolve } from 'node:path'
import type { Command } from 'commander'
import { fromBase64Url, fromUtf8, utf8 } from '../../base/bytes.ts'
import { orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Reader, Static } from '../../base/schema.ts'
import { apiAnswer } from '../../protocol/noun/answers.ts'
import {
  type ExportManifest,
  exportedBatchPageSchema,
  exportHeadSchema,
  exportManifestReader,
} from '../../protocol/nouns/devices/evidence.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { facts, timeOf } from '../command/format.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'

const headReader = apiAnswer(exportHeadSchema, 'export')
const pageReader = apiAnswer(exportedBatchPageSchema, 'page of batches')

const EXAMPLES = `
Examples:
  surety-directory evidence export lap-0042 --out lap-0042.evidence
  surety verify lap-0042.evidence
`

export function addEvidenceCommands(program: Command, components: CommandComponents): void {
  const evidence = program.command('evidence').description('stored evidence of devices')
  withApiOptions(evidence.command('export').description('write all evidence of a device to one file, for an auditor'))
    .argument('<device>', DEVICE_WORDS)
    .requiredOption('--out <file>', 'new file (mode 0600)')
    .addHelpText('after', EXAMPLES)
    .action((device: string, options: CommonOptions & { readonly out: string }) =>
      exportEvidence(components, device, options),
    )
}

async function exportEvidence(
  components: CommandComponents,
  wanted: string,
  options: CommonOptions & { readonly out: string },
): Promise<void> {
  const api = await openApi(components, options)
  const device = await deviceIdOf(api, wanted)
  const path = resolve(options.out)
  const interrupted = components.untilInterrupted()
  await using file = await newFile(path)
  const ask = <T>(below: string, reader: Reader<T>) =>
    orAborted(api.ask('GET', `/devices/${device}${below}`, reader), interrupted)
  const { manifest, delegations } = await ask('/export', headReader)
  await file.append(lines([manifest, ...delegations]))
  const { epochs, time } = readManifest(manifest)
  const written = new Map<number, number>()
  for await (const items of batchPages(ask)) {
    // Later ones are not in the manifest.
    const counted = items.filter(
      (one) => one.sequence <= (epochs.find(({ epoch }) => epoch === one.epoch)?.lastSequence ?? 0),
    )
    for (const { epoch } of counted) written.set(epoch, (written.get(epoch) ?? 0) + 1)
    await file.append(lines(counted.map(({ jws }) => jws)))
  }
  for (const { epoch, batches } of epochs) {
    if (written.get(epoch) === batches || batches === 0) continue
    const message = `the evidence of ${device} changed during the export (epoch ${epoch}): run the command again`
    throw new SuretyError('CONFLICT', message)
  }
  await file.finish()
  const batches = epochs.reduce((sum, epoch) => sum + epoch.batches, 0)
  const document = {
    schema: 'surety-directory/evidence-export@1',
    device,
    time,
    batches,
    epochs: epochs.length,
    file: path,
  } as const
  answer(components, options, document, () =>
    facts([
      ['device', device],
      ['epochs', `${epochs.length}`],
      ['batches', `${batches}`],
      ['exported', timeOf(time)],
      ['file', path],
      ['verify with', `surety verify ${options.out}`],
    ]),
  )
}

type Page = Static<typeof exportedBatchPageSchema>
type Ask = <T>(below: string, reader: Reader<T>) => Promise<T>

async function* batchPages(ask: Ask): AsyncGenerator<Page['items'], undefined> {
  let cursor: string | undefined
  do {
    const { items, next }: Page = await ask(`/export/batches${queryOf({ limit: 500, cursor })}`, pageReader)
    yield items
    cursor = next
  } while (cursor !== undefined)
  return undefined
}

function lines(all: readonly string[]): Uint8Array {
  return utf8(all.map((line) => `${line}\n`).join(''))
}

/** Not verified: `surety verify` does that. */
function readManifest(jws: string): ExportManifest {
  return exportManifestReader.readJson(fromUtf8(fromBase64Url(jws.split('.')[1] ?? '') ?? new Uint8Array()))
}
