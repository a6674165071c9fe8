import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { encodeBundle } from '../../../src/tlog/bundles.ts'
import { entriesPath } from '../../../src/tlog/tile-paths.ts'
import { TILE_WIDTH } from '../../../src/tlog/tiles.ts'
import type { MadeLog } from './made-log.ts'

/** Writes what a log serves: checkpoint, tiles, bundles. */
export async function writeLogFolder(log: MadeLog, folder: string): Promise<void> {
  const files = new Map<string, string | Uint8Array>(log.tiles)
  files.set('checkpoint', await log.checkpoint())
  for (let first = 0; first < log.size; first += TILE_WIDTH) {
    const entries = log.entries.slice(first, first + TILE_WIDTH)
    files.set(entriesPath(first / TILE_WIDTH, entries.length), encodeBundle(entries))
  }
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
}
