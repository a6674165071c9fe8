import { orAborted } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { decodeBundle } from '../../tlog/bundles.ts'
import { parseCheckpoint } from '../../tlog/checkpoints.ts'
import { parseNote } from '../../tlog/notes.ts'
import { formatExportHeader } from '../../tlog/proof-files.ts'
import { rangeProof } from '../../tlog/ranges.ts'
import { entriesPath, tilePath } from '../../tlog/tile-paths.ts'
import { subtreesFromTiles, TILE_WIDTH, tileWidth } from '../../tlog/tiles.ts'
import type { RecordSource } from './entry-pages.ts'

/** A range of the record as `surety audit verify` reads it: a header with the proof, then the bytes of each entry, one a line. */

export interface Range {
  /** Index of the first entry. */
  readonly from: number
  /** Index behind the last one. */
  readonly to: number
  /** The signed note that covers them. */
  readonly checkpoint: string
}

const ROOT = '/tlog'
const NEWLINE = Uint8Array.of(10)

/** One bundle is held at a time. @throws `NOT_FOUND` where the content of an entry was removed. */
export async function* rangeLines(source: RecordSource, range: Range): AsyncGenerator<Uint8Array> {
  const { from, to, checkpoint } = range
  const { size } = parseCheckpoint(parseNote(checkpoint).text)
  const subtrees = subtreesFromTiles(size, ({ level, index, width }) =>
    read(source, (wanted) => tilePath(level, index, wanted), width),
  )
  const proof = await rangeProof({ from, to, size }, subtrees)
  yield Buffer.from(`${formatExportHeader({ from, to, proof, checkpoint })}\n`)
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
    const first = index * TILE_WIDTH
    const bundle = decodeBundle(await read(source, (width) => entriesPath(index, width), tileWidth(0, index, size)))
    const wanted = bundle.slice(Math.max(0, from - first), to - first)
    const removed = wanted.findIndex(({ length }) => length === 0)
    if (removed !== -1) {
      const place = Math.max(from, first) + removed
      throw new SuretyError(
        'NOT_FOUND',
        `the content of entry ${place} was removed when its time was over: export from a later one`,
      )
    }
    yield Buffer.concat(wanted.flatMap((entry) => [entry, NEWLINE]))
  }
}

/** A partial tile may be gone once there is the full one. */
async function read(
  { readAtRoot, interrupted }: RecordSource,
  pathOf: (width: number) => string,
  width: number,
): Promise<Uint8Array> {
  const ask = (asked: number) => orAborted(readAtRoot(`${ROOT}/${pathOf(asked)}`), interrupted)
  try {
    return await ask(width)
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND' || width === TILE_WIDTH) throw error
    return ask(TILE_WIDTH)
  }
}
