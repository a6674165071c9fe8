import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Bytes } from '../../../src/base/bytes.ts'
import { utf8 } from '../../../src/base/bytes.ts'
import { checkpointText } from '../../../src/tlog/checkpoints.ts'
import { type NoteKey, type NoteSigner, noteKey, noteSigner, type SignatureType } from '../../../src/tlog/note-keys.ts'
import { signNote } from '../../../src/tlog/notes.ts'
import { type ReadSubtrees, treeRoot } from '../../../src/tlog/proofs.ts'
import { parseTilePath, tilePath } from '../../../src/tlog/tile-paths.ts'
import { growTiles, type ReadTile, subtreesFromTiles, TILE_WIDTH } from '../../../src/tlog/tiles.ts'
import { leafHash } from '../../../src/tlog/tree-hash.ts'

/** A log in memory, with a key of its own, whose tiles can be spoilt. */

export interface MadeKey {
  readonly key: NoteKey
  readonly signer: NoteSigner
  readonly privateKey: KeyObject
}

export function madeKey(
  name: string,
  type: SignatureType = 'note',
  now: () => number = Date.now,
  { privateKey }: { readonly privateKey: KeyObject } = generateKeyPairSync('ed25519'),
): MadeKey {
  const publicKey = createPublicKey(privateKey)
  const key = noteKey(type, name, Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
  return { key, privateKey, signer: noteSigner(key, (message) => sign(null, message, privateKey), now) }
}

export class MadeLog {
  readonly origin: string
  readonly key: MadeKey
  readonly entries: Bytes[] = []
  /** By their paths. */
  readonly tiles = new Map<string, Uint8Array>()

  constructor(origin: string, key = madeKey(origin)) {
    this.origin = origin
    this.key = key
  }

  get size(): number {
    return this.entries.length
  }

  readonly readTile: ReadTile = async ({ level, index, width }) => {
    const tile = this.tiles.get(tilePath(level, index, width)) ?? this.tiles.get(tilePath(level, index))
    if (tile === undefined) throw new Error(`no tile ${tilePath(level, index, width)}`)
    return tile
  }

  /** Adds entries `from` to before `to`, each with its number and `salt`. */
  async growTo(size: number, salt = ''): Promise<void> {
    const added = Array.from({ length: size - this.size }, (_, i) => utf8(`entry ${this.size + i}${salt}`))
    for (const { level, index, width, hashes } of await growTiles(this.size, added.map(leafHash), this.readTile)) {
      this.tiles.set(tilePath(level, index, width), hashes)
    }
    this.entries.push(...added)
  }

  /** Writes the partial tiles that a checkpoint of `size` entries has, which growing in larger steps left out. */
  keepTilesOf(size: number): void {
    for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
      const [index, width] = [Math.floor(count / TILE_WIDTH), count % TILE_WIDTH]
      const wider = [...this.tiles].find(([path]) => path.startsWith(tilePath(level, index)) && wideEnough(path, width))
      if (width > 0 && wider !== undefined) this.tiles.set(tilePath(level, index, width), wider[1].slice(0, width * 32))
    }
  }

  subtrees(size = this.size): ReadSubtrees {
    return subtreesFromTiles(size, this.readTile)
  }

  root(size = this.size): Promise<Bytes> {
    return treeRoot(size, this.subtrees(size))
  }

  async checkpoint(size = this.size): Promise<string> {
    return signNote(checkpointText({ origin: this.origin, size, root: await this.root(size) }), this.key.signer)
  }
}

function wideEnough(path: string, width: number): boolean {
  return (parseTilePath(path)?.width ?? 0) >= width
}
