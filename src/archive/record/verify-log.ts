import { equalBytes } from '../../base/bytes.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { decodeBundle, MAX_BUNDLE_BYTES } from '../../tlog/bundles.ts'
import { type OpenedCheckpoint, openCheckpoint } from '../../tlog/checkpoints.ts'
import { toBase64 } from '../../tlog/lines.ts'
import { MAX_NOTE_LENGTH } from '../../tlog/notes.ts'
import { RangeCheck, rangeProof } from '../../tlog/ranges.ts'
import { entriesPath, tilePath } from '../../tlog/tile-paths.ts'
import { subtreesFromTiles, TILE_WIDTH, tileWidth } from '../../tlog/tiles.ts'
import { EMPTY_ROOT, foldRight, HASH_BYTES, leafHash } from '../../tlog/tree-hash.ts'
import type { RecordReport } from './record-report.ts'
import { openTrusted, originOfTrust, type RecordTrust, type ReportDraft, reported, textOf } from './trust.ts'
import { isApprovalEntry, verifyApproval } from './verify-approval.ts'

/** What a log serves below its address: C2SP tlog-tiles. */
export interface LogSource {
  /** @throws `NOT_FOUND`, `INPUT_TOO_LARGE`, and when it cannot be reached. */
  readonly read: (path: string, options: { readonly maxBytes: number }) => Promise<Uint8Array>
  /** Whether it serves entries too. */
  readonly hasEntries: boolean
}

export interface LogOptions {
  /** An earlier checkpoint, signed. Only what came after it is read. */
  readonly since?: string | undefined
  /** Entries of bundles that begin before this index are not asked for, only their hashes: their time may be over. */
  readonly entriesFrom?: number | undefined
}

/**
 * Verifies a whole log, or what was added since an earlier checkpoint: each entry against its hash, and all hashes against the root.
 * @returns `checkpoint` is the signed one, for the next time.
 */
export async function verifyLog(
  source: LogSource,
  trust: RecordTrust,
  { since, entriesFrom = 0 }: LogOptions = {},
): Promise<{ readonly report: RecordReport; readonly checkpoint: string }> {
  let note = ''
  const report = await reported('log', trust, async (draft) => {
    // Before anything is asked for: a file that is wrong is not the log's fault.
    const earlier =
      since === undefined ? undefined : await openCheckpoint(since, { ...trust, origin: originOfTrust(trust) })
    note = textOf(await source.read('checkpoint', { maxBytes: MAX_NOTE_LENGTH }), 'the checkpoint')
    const now = await openTrusted(note, trust, draft)
    if (earlier !== undefined) draft.since = { size: earlier.size, root: toBase64(earlier.root) }
    const firstBundle = Math.ceil(entriesFrom / TILE_WIDTH)
    const from = earlier === undefined ? 0 : sizeOfEarlier(earlier, now)
    if (from < now.size) await verifyAdded({ source, from, earlier, now, firstBundle }, draft)
    else if (!equalBytes(now.root, earlier?.root ?? EMPTY_ROOT)) throw splitAt(from)
    draft.hashes = { from, to: now.size }
    const firstEntry = Math.max(from, firstBundle * TILE_WIDTH)
    if (source.hasEntries && firstEntry <= now.size) draft.entries = { from: firstEntry, to: now.size }
  })
  return { report, checkpoint: note }
}

function sizeOfEarlier(earlier: OpenedCheckpoint, now: OpenedCheckpoint): number {
  if (earlier.size <= now.size) return earlier.size
  throw new SuretyError('LOG_INCONSISTENT', `the log has ${now.size} entries, and had ${earlier.size}: it went back`)
}

function splitAt(size: number): SuretyError {
  return new SuretyError('LOG_INCONSISTENT', `the first ${size} entries of the log are not what they were`)
}

interface Added {
  readonly source: LogSource
  readonly from: number
  readonly earlier: OpenedCheckpoint | undefined
  readonly now: OpenedCheckpoint
  readonly firstBundle: number
}

async function verifyAdded({ source, from, earlier, now, firstBundle }: Added, report: ReportDraft): Promise<void> {
  const { size, root } = now
  const readTile = (tile: { level: number; index: number; width: number }) =>
    readOrWider(source, ({ width }) => tilePath(tile.level, tile.index, width), tile.width, TILE_WIDTH * HASH_BYTES)
  const proof = await rangeProof({ from, to: size, size }, subtreesFromTiles(size, readTile))
  if (earlier !== undefined && from > 0 && !equalBytes(foldRight(proof), earlier.root)) throw splitAt(from)
  const check = new RangeCheck({ from, to: size, size }, proof)
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size; index++) {
    const first = index * TILE_WIDTH
    const width = tileWidth(0, index, size)
    const leaves = leavesIn(await readTile({ level: 0, index, width }), width)
    const hasEntries = source.hasEntries && index >= firstBundle
    const entries = hasEntries ? await readEntries(source, index, width) : undefined
    for (const [at, leaf] of leaves.entries()) {
      const entry = entries?.[at]
      if (entry !== undefined && !equalBytes(leafHash(entry), leaf)) {
        throw new SuretyError('PROOF_INVALID', `entry ${first + at} is not what its hash is of`)
      }
      if (first + at >= from) check.add(leaf)
      if (entry === undefined || first + at < from || !isApprovalEntry(entry)) continue
      verifyApproval(entry)
      report.approvals = (report.approvals ?? 0) + 1
    }
  }
  check.finish(root)
}

async function readEntries(source: LogSource, index: number, width: number): Promise<readonly Uint8Array[]> {
  const path = (tile: { width: number }) => entriesPath(index, tile.width)
  const entries = decodeBundle(await readOrWider(source, path, width, MAX_BUNDLE_BYTES))
  if (entries.length >= width) return entries
  throw new SuretyError('INPUT_MALFORMED', `bundle ${index} has ${entries.length} entries, and ${width} are expected`)
}

/** A partial tile may be gone once there is the full one. */
async function readOrWider(
  source: LogSource,
  pathOf: (tile: { width: number }) => string,
  width: number,
  maxBytes: number,
): Promise<Uint8Array> {
  try {
    return await source.read(pathOf({ width }), { maxBytes })
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND' || width === TILE_WIDTH) throw error
    return source.read(pathOf({ width: TILE_WIDTH }), { maxBytes })
  }
}

function leavesIn(tile: Uint8Array, width: number): readonly Uint8Array[] {
  if (tile.length !== width * HASH_BYTES && tile.length !== TILE_WIDTH * HASH_BYTES) {
    throw new SuretyError('INPUT_MALFORMED', `a tile of ${width} hashes has ${tile.length} bytes`)
  }
  return Array.from({ length: width }, (_, at) => tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}
