import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { fromBase64Url, fromUtf8, utf8 } from '../../base/bytes.ts'
import { orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Reader, Static } from '../../base/schema.ts'
import { SINCE_FORMS } from '../../command-line/since.ts'
import { apiAnswer } from '../../protocol/noun/answers.ts'
import { devices } from '../../protocol/nouns/devices/devices-noun.ts'
import {
  type ExportManifest,
  exportedBatchPageSchema,
  exportHeadSchema,
  exportManifestReader,
} from '../../protocol/nouns/devices/evidence.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { filledFolder } from '../../system/files/own/new-folder.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { readSince } from '../command/read-numbers.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { list } from '../nouns/call.ts'

const headReader = apiAnswer(exportHeadSchema, 'export')
const pageReader = apiAnswer(exportedBatchPageSchema, 'page of batches')

const EXAMPLES = `
Examples:
  surety-directory evidence export lap-0042 --out lap-0042.evidence
  surety-directory evidence export --all --since 90d --out evidence-2026
  surety verify lap-0042.evidence
`

interface ExportOptions extends CommonOptions {
  readonly out: string
  readonly all?: boolean
  /** Milliseconds since 1970. */
  readonly since?: number
}

export function addEvidenceCommands(program: Command, components: CommandComponents): void {
  const evidence = program.command('evidence').description('stored evidence of devices')
  withApiOptions(evidence.command('export').description('write all evidence of a device, or of all, for an auditor'))
    .argument('[device]', DEVICE_WORDS)
    .requiredOption('--out <file>', 'new file (mode 0600); with --all a new folder with one file for each device')
    .option('--all', 'of all devices, also of retired ones')
    .option(
      '--since <time>',
      `with --all: only devices heard from since ${SINCE_FORMS} (UTC); of each all its evidence`,
      (text) => readSince(text, components.now()),
    )
    .addHelpText('after', EXAMPLES)
    .action((device: string | undefined, options: ExportOptions) => {
      if (options.all === true) {
        if (device !== undefined) throw new SuretyError('USAGE_INVALID', 'name a device or give --all, not both')
        return exportAll(components, options)
      }
      if (device === undefined) throw new SuretyError('USAGE_INVALID', 'name a device, or give --all')
      if (options.since !== undefined) throw new SuretyError('USAGE_INVALID', '--since goes with --all')
      return exportOne(components, device, options)
    })
}

async function exportOne(components: CommandComponents, wanted: string, options: ExportOptions): Promise<void> {
  const api = await openApi(components, options)
  const device = await deviceIdOf(api, wanted)
  const path = resolve(options.out)
  const source = { api, interrupted: components.untilInterrupted() }
  const { time, batches, epochs } = await exportTo(path, device, source)
  const document = {
    schema: 'surety-directory/evidence-export@1',
    device,
    time,
    batches,
    epochs,
    file: path,
  } as const
  answer(components, options, document, () =>
    facts([
      ['device', device],
      ['epochs', `${epochs}`],
      ['batches', `${batches}`],
      ['exported', timeOf(time)],
      ['file', path],
      ['verify with', `surety verify ${options.out}`],
    ]),
  )
}

/** A file for each device, in a folder that is there whole or not at all. */
async function exportAll(components: CommandComponents, options: ExportOptions): Promise<void> {
  const api = await openApi(components, options)
  const source = { api, interrupted: components.untilInterrupted() }
  const path = resolve(options.out)
  const since = options.since ?? 0
  const exported = await filledFolder(path, async (folder) => {
    const written: { device: string; batches: number; file: string }[] = []
    for (const status of ['active', 'retired'] as const) {
      const { items } = await orAborted(list(source.api, devices, { status }), source.interrupted)
      for (const { id, lastSeenAt = 0 } of items) {
        if (lastSeenAt < since) continue
        const file = `${id}.evidence`
        written.push({ device: id, file, batches: (await exportTo(join(folder, file), id, source)).batches })
      }
    }
    return written
  })
  const batches = exported.reduce((sum, one) => sum + one.batches, 0)
  const document = { schema: 'surety-directory/evidence-exports@1', folder: path, batches, devices: exported } as const
  answer(components, options, document, () =>
    facts([
      ['devices', countOf(exported.length)],
      ['batches', countOf(batches)],
      ['folder', path],
      ['verify with', `surety verify ${join(options.out, exported[0]?.file ?? 'FILE')}`],
    ]),
  )
}

interface ExportSource {
  readonly api: ApiClient
  readonly interrupted: AbortSignal
}

/** @throws `CONFLICT` for a file that is there, and if the evidence changed meanwhile. */
async function exportTo(path: string, device: string, { api, interrupted }: ExportSource) {
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
  return { time, epochs: epochs.length, batches: epochs.reduce((sum, epoch) => sum + epoch.batches, 0) }
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
