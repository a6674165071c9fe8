import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { RecordReport } from '../../archive/record/record-report.ts'
import { type RecordTrust, textOf } from '../../archive/record/trust.ts'
import { verifyEntryFile, verifyExportFile } from '../../archive/record/verify-files.ts'
import { verifyLog } from '../../archive/record/verify-log.ts'
import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, objectOf, textOf as textOfMember } from '../../base/json-object.ts'
import { administratorProfileReader } from '../../protocol/noun/answers.ts'
import { errnoOf, fileError } from '../../system/files/file-errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { MAX_ENTRY_BYTES } from '../../tlog/bundles.ts'
import { MAX_NOTE_LENGTH } from '../../tlog/notes.ts'
import { MAX_PROOF_LENGTH } from '../../tlog/proof-files.ts'
import { addressSource, folderSource } from './log-sources.ts'

/** Which kind of file it is, and where the rest comes from. */

export interface VerifyRecordOptions {
  readonly since?: string | undefined
  readonly save?: string | undefined
  readonly entriesFrom?: number | undefined
  readonly entry?: string | undefined
  readonly approval?: string | undefined
  readonly profile?: string | undefined
  readonly ca?: string | undefined
}

/** Options that a file has no use for, and what a person gives. */
const FOR_LOGS = { since: 'since', save: 'save', entriesFrom: 'entries-from', profile: 'profile', ca: 'ca' }
const MAX_APPROVAL_BYTES = 256 * 1024
const MAX_PEM_BYTES = 1024 * 1024

/** @throws `FILE_*`, `USAGE_INVALID`, `DIRECTORY_UNREACHABLE`, `NOT_PERMITTED`, `UNAUTHENTICATED`, `STORE_FAILED`. */
export async function verifyRecord(
  target: string,
  trust: RecordTrust,
  options: VerifyRecordOptions,
): Promise<RecordReport> {
  const isAddress = /^https?:\/\//.test(target)
  if (isAddress || (await isFolder(target))) return verifyWholeLog(target, isAddress, trust, options)
  const kind = await recordFileKind(target)
  for (const [name, flag] of Object.entries(FOR_LOGS)) {
    if (Object.hasOwn(options, name)) throw new SuretyError('USAGE_INVALID', `--${flag} has no use for a file`)
  }
  if (kind === 'export' && options.entry !== undefined) {
    throw new SuretyError('USAGE_INVALID', '--entry has no use for an export: its entries are in it')
  }
  if (kind === undefined) {
    const message = `${JSON.stringify(target)} is no file of the record: not a proof of an entry, and not an export`
    throw new SuretyError('INPUT_MALFORMED', message)
  }
  if (kind === 'export' && options.approval !== undefined) {
    throw new SuretyError('USAGE_INVALID', '--approval has a use for the proof of one entry only')
  }
  return verifyRecordFile(target, kind, trust, options)
}

export type RecordFileKind = 'entry' | 'export'

/** By how the file begins. @returns undefined for a file of another kind. @throws `FILE_*`; `INPUT_MALFORMED` for a zip. */
export async function recordFileKind(path: string): Promise<RecordFileKind | undefined> {
  let beginning = ''
  for await (const chunk of chunksOf(path, { end: 255 })) beginning += Buffer.from(chunk).toString('latin1')
  if (beginning.startsWith('PK\x03\x04')) {
    const message = `${JSON.stringify(path)} is a zip: for a report, unpack it and run node verify.mjs --key KEY`
    throw new SuretyError('INPUT_MALFORMED', message)
  }
  if (beginning.startsWith('c2sp.org/tlog-proof@')) return 'entry'
  return beginning.startsWith('{"checkpoint":') ? 'export' : undefined
}

/** @throws `FILE_*`. */
export async function verifyRecordFile(
  path: string,
  kind: RecordFileKind,
  trust: RecordTrust,
  { entry: entryFile, approval }: Pick<VerifyRecordOptions, 'entry' | 'approval'> = {},
): Promise<RecordReport> {
  if (kind === 'export') return verifyExportFile(chunksOf(path), trust)
  const entry = entryFile === undefined ? undefined : await readGiven(entryFile, MAX_ENTRY_BYTES + 1)
  return verifyEntryFile(
    await readText(path, 3 * MAX_PROOF_LENGTH),
    entry && withoutNewline(entry),
    trust,
    approval === undefined ? undefined : await actionIn(approval),
  )
}

/** In what `surety-directory approvals show --json` printed. */
async function actionIn(path: string): Promise<string> {
  const { approval } = asObject(
    parseJson(await readText(path, MAX_APPROVAL_BYTES), { maxBytes: MAX_APPROVAL_BYTES, maxDepth: 16 }),
  )
  const action = textOfMember(objectOf(asObject(approval), 'signed'), 'action')
  if (action !== undefined) return action
  throw new SuretyError('INPUT_MALFORMED', `${JSON.stringify(path)} is not what approvals show prints with --json`)
}

async function verifyWholeLog(
  target: string,
  isAddress: boolean,
  trust: RecordTrust,
  { since, save, entriesFrom, entry, approval, profile, ca }: VerifyRecordOptions,
): Promise<RecordReport> {
  if (approval !== undefined) throw new SuretyError('USAGE_INVALID', '--approval has a use for a proof only')
  if (entry !== undefined) throw new SuretyError('USAGE_INVALID', '--entry has a use for a proof only')
  if (!isAddress && (profile !== undefined || ca !== undefined)) {
    throw new SuretyError('USAGE_INVALID', '--profile and --ca have no use for a folder')
  }
  const earlier = since === undefined ? undefined : await readText(since, 3 * MAX_NOTE_LENGTH)
  const address = isAddress ? addressSource({ url: target, ...(await accessOf(target, { profile, ca })) }) : undefined
  using _ = address
  const { report, checkpoint } = await verifyLog(address ?? folderSource(target), trust, {
    since: earlier,
    entriesFrom,
  })
  if (save !== undefined && report.ok) await writeDurably(save, utf8(checkpoint), { mode: 0o600 })
  return report
}

/** @throws `USAGE_INVALID` if the token would go to another server than the profile is of, or in the clear. */
async function accessOf(target: string, { profile, ca }: Pick<VerifyRecordOptions, 'profile' | 'ca'>) {
  const pem = ca === undefined ? undefined : await readText(ca, MAX_PEM_BYTES)
  if (profile === undefined) return { ca: pem }
  const text = textOf(await readGiven(profile, MAX_PEM_BYTES, { ownerOnly: true }), JSON.stringify(profile))
  const { url, ca: ownCa, token } = administratorProfileReader.readJson(text)
  if (!target.startsWith('https:') || new URL(target).origin !== new URL(url).origin) {
    throw new SuretyError('USAGE_INVALID', `the token of the profile is for ${url}, and is sent nowhere else`)
  }
  return { ca: pem ?? ownCa, token }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw absent(path, cause)
  }
}

export async function* chunksOf(path: string, range: { end?: number } = {}): AsyncGenerator<Uint8Array, undefined> {
  try {
    for await (const chunk of createReadStream(path, range)) if (chunk instanceof Uint8Array) yield chunk
  } catch (cause) {
    throw absent(path, cause)
  }
  return undefined
}

function absent(path: string, cause: unknown): SuretyError {
  const [shown, errno] = [JSON.stringify(path), errnoOf(cause)]
  if (errno === 'ENOENT') return new SuretyError('FILE_ABSENT', `there is no file ${shown}`, { cause })
  if (errno !== 'EISDIR') return fileError(cause, path)
  return new SuretyError('FILE_NOT_REGULAR', `${shown} is a folder: give the file of an evidence export`, { cause })
}

async function readText(path: string, maxBytes: number): Promise<string> {
  return textOf(await readGiven(path, maxBytes), JSON.stringify(path))
}

async function readGiven(path: string, maxBytes: number, { ownerOnly = false } = {}): Promise<Uint8Array> {
  const bytes = await readIfPresent(path, { maxBytes, ownerOnly })
  if (bytes === undefined) throw new SuretyError('FILE_ABSENT', `there is no file ${JSON.stringify(path)}`)
  return bytes
}

/** Editors and shells add one. An entry has none. */
function withoutNewline(entry: Uint8Array): Uint8Array {
  return entry.at(-1) === 0x0a ? entry.subarray(0, -1) : entry
}
