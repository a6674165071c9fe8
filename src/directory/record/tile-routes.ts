import { SuretyError } from '../../base/errors.ts'
import { closed, Type } from '../../base/schema.ts'
import { encodeBundle } from '../../tlog/bundles.ts'
import { parseTilePath } from '../../tlog/tile-paths.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { RecordStore } from './record-store.ts'

/** The log as C2SP tlog-tiles has it, below `/tlog`. Hashes are for everybody, entries for those who may read the record. */

const PARAMS = closed({ '*': Type.String({ maxLength: 64 }) })
/** A full tile never changes, and neither does a partial one of a width. */
const FOR_EVER = 'public, max-age=31536000, immutable'

export interface TileRoutesComponents {
  readonly store: {
    readonly record: Pick<RecordStore, 'tile' | 'entries' | 'checkpoint' | 'size'>
    readonly witnesses: { cosigned(): Promise<{ readonly note: string } | undefined> }
  }
}

export function tileRoutes({ store: { record, witnesses } }: TileRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/tlog/checkpoint',
      operationId: 'getCheckpoint',
      summary: 'The newest checkpoint of the record: a signed note',
      response: Type.String(),
      open: true,
      async answer() {
        const checkpoint = await record.checkpoint()
        if (checkpoint === undefined) throw new SuretyError('NOT_FOUND', 'the record has no checkpoint yet: ask again')
        return text(checkpoint.note)
      },
    }),
    route({
      method: 'GET',
      path: '/tlog/cosigned-checkpoint',
      operationId: 'getCosignedCheckpoint',
      summary: 'The newest checkpoint of the record that witnesses cosigned',
      response: Type.String(),
      open: true,
      async answer() {
        const cosigned = await witnesses.cosigned()
        if (cosigned === undefined) throw new SuretyError('NOT_FOUND', 'no witness has cosigned the record yet')
        return text(cosigned.note)
      },
    }),
    route({
      method: 'GET',
      path: '/tlog/tile/*',
      operationId: 'getTile',
      summary: 'Hashes of the record',
      params: PARAMS,
      response: Type.Unknown(),
      open: true,
      async answer({ params }) {
        const tile = parseTilePath(`tile/${params['*']}`)
        if (tile === undefined || tile.level === 'entries') throw noSuchTile()
        const { level, index, width } = tile
        const hashes = await record.tile({ level, index })
        if (hashes === undefined || hashes.length < width * 32) throw noSuchTile()
        return bytes(hashes.subarray(0, width * 32), FOR_EVER)
      },
    }),
    route({
      method: 'GET',
      path: '/tlog/tile/entries/*',
      operationId: 'getEntryBundle',
      summary: 'Entries of the record',
      action: 'audit',
      params: PARAMS,
      response: Type.Unknown(),
      async answer({ params }) {
        const bundle = parseTilePath(`tile/entries/${params['*']}`)
        if (bundle === undefined) throw noSuchTile()
        const entries = await record.entries(bundle.index * 256, bundle.width)
        if (entries.length < bundle.width) throw noSuchTile()
        // Content may be removed later.
        return bytes(encodeBundle(entries), 'private, no-cache')
      },
    }),
  ]
}

function text(body: string): Reply {
  return new Reply({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body })
}

function bytes(body: Uint8Array, cache: string): Reply {
  const headers = { 'content-type': 'application/octet-stream', 'cache-control': cache }
  return new Reply({ status: 200, headers, body: Buffer.from(body) })
}

function noSuchTile(): SuretyError {
  return new SuretyError('NOT_FOUND', 'the record has no such tile')
}
