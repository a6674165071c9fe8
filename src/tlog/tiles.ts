import { type Bytes, concatBytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import type { ReadSubtrees, Subtree } from './proofs.ts'
import { HASH_BYTES, nodeHash, requireSize } from './tree-hash.ts'

/** Hashes of the tree in tiles of 256: C2SP tlog-tiles, "Merkle Tree". */

export const TILE_WIDTH = 256

/** `width` hashes, from 1 to 256. Those of level 0 are leaf hashes, those above are the roots of full tiles one level below. */
export interface Tile {
  readonly level: number
  readonly index: number
  readonly width: number
}

export interface StoredTile extends Tile {
  /** `width * 32` bytes. */
  readonly hashes: Bytes
}

/**
 * Answers the hashes of a tile: `tile.width * 32` bytes, or the full tile of 8,192 bytes. Rejects when there is none.
 */
export type ReadTile = (tile: Tile) => Promise<Uint8Array>

/** Reads the hashes of subtrees of a log of `size` entries from its tiles, each tile once. What it reads is not verified. */
export function subtreesFromTiles(size: number, readTile: ReadTile): ReadSubtrees {
  requireSize(size)
  return async (subtrees) => {
    const tiles = new Map<string, Uint8Array>()
    const hashes: Bytes[] = []
    for (const subtree of subtrees) {
      const { tile, first, count } = placeOf(subtree, size)
      const key = `${tile.level}/${tile.index}`
      const bytes = tiles.get(key) ?? requireTile(tile, await readTile(tile))
      tiles.set(key, bytes)
      hashes.push(rootOf(bytes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES)))
    }
    return hashes
  }
}

/**
 * The tiles that change when `leaves` (leaf hashes) are added to a log of `size` entries: new ones, and wider ones in place of
 * partial ones. From level 0 up. Reads the partial tiles at the right edge.
 * @throws `INPUT_MALFORMED`, and what `readTile` throws.
 */
export async function growTiles(
  size: number,
  leaves: readonly Uint8Array[],
  readTile: ReadTile,
): Promise<readonly StoredTile[]> {
  requireSize(size + leaves.length)
  const grown: StoredTile[] = []
  let added: readonly Uint8Array[] = leaves
  for (let [level, count] = [0, size]; added.length > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const first = Math.floor(count / TILE_WIDTH)
    const edge = { level, index: first, width: count % TILE_WIDTH }
    const kept = edge.width === 0 ? [] : [requireTile(edge, await readTile(edge))]
    const hashes = concatBytes(...kept.map((bytes) => bytes.subarray(0, edge.width * HASH_BYTES)), ...added)
    const full: Bytes[] = []
    for (let at = 0, index = first; at < hashes.length; at += TILE_WIDTH * HASH_BYTES, index++) {
      const bytes = hashes.slice(at, at + TILE_WIDTH * HASH_BYTES)
      const width = bytes.length / HASH_BYTES
      grown.push({ level, index, width, hashes: bytes })
      if (width === TILE_WIDTH) full.push(rootOf(bytes))
    }
    added = full
  }
  return grown
}

/** How wide a tile of a log of `size` entries is, up to 256; 0 if there is none. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level)
  return Math.min(TILE_WIDTH, Math.max(0, hashes - index * TILE_WIDTH))
}

function placeOf({ level, index }: Subtree, size: number) {
  const tileLevel = Math.floor(level / 8)
  const count = 2 ** (level % 8)
  const first = index * count
  const tileIndex = Math.floor(first / TILE_WIDTH)
  const tile = { level: tileLevel, index: tileIndex, width: tileWidth(tileLevel, tileIndex, size) }
  return { tile, first: first % TILE_WIDTH, count }
}

/** @throws `INPUT_MALFORMED` for a tile that was cut. */
function requireTile({ level, index, width }: Tile, bytes: Uint8Array): Uint8Array {
  if (bytes.length === width * HASH_BYTES || bytes.length === TILE_WIDTH * HASH_BYTES) return bytes
  throw new SuretyError(
    'INPUT_MALFORMED',
    `tile ${index} of level ${level} has ${bytes.length} bytes; ${width} hashes have ${width * HASH_BYTES}`,
  )
}

/** The root over hashes of a complete tree. Their number is a power of two. */
function rootOf(hashes: Uint8Array): Bytes {
  const count = hashes.length / HASH_BYTES
  if (count === 1) return new Uint8Array(hashes)
  const half = (count / 2) * HASH_BYTES
  return nodeHash(rootOf(hashes.subarray(0, half)), rootOf(hashes.subarray(half)))
}
