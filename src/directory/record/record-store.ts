import { reader, Type } from '../../base/schema.ts'
import { growTiles, type Tile } from '../../tlog/tiles.ts'
import { bytesOf, jsonOf, numberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { adding } from './add-entry.ts'
import type { Happening } from './entry.ts'
import { type EntryQueries, entryQueries } from './entry-queries.ts'

export interface StoredCheckpoint {
  readonly size: number
  /** The signed note. */
  readonly note: string
  readonly at: number
}

export interface RecordStore extends EntryQueries {
  /** In the transaction of what happened. */
  add(happening: Happening): Promise<void>
  /** Entries that have an index: they are numbered from 0 without a gap. */
  size(): Promise<number>
  /** Gives an index to entries that wait for one, in the order of their transactions. @returns how many. */
  grow(limit: number): Promise<number>
  /** The hashes of a tile, as many as there are. */
  tile(tile: Pick<Tile, 'level' | 'index'>): Promise<Uint8Array | undefined>
  /** Entries from an index on. Empty where the content was removed. */
  entries(from: number, limit: number): Promise<readonly Uint8Array[]>
  checkpoint(): Promise<StoredCheckpoint | undefined>
  putCheckpoint(checkpoint: StoredCheckpoint): Promise<void>
  /** Another key signs from now on. */
  removeCheckpoint(): Promise<void>
  /** Enters acts of before there was a record. @returns how many. */
  enterPast(now: number, limit: number): Promise<number>
}

const detailsReader = reader(Type.Record(Type.String(), Type.Unknown()), { name: 'details of an act' })

export function recordStore(database: Database): RecordStore {
  const add = adding(database)
  return {
    ...entryQueries(database),
    add,
    enterPast: enteringPast(database, add),
    ...treeStore(database),
  }
}

function treeStore(
  database: Database,
): Pick<RecordStore, 'size' | 'grow' | 'tile' | 'entries' | 'checkpoint' | 'putCheckpoint' | 'removeCheckpoint'> {
  const size = database.prepare(
    'SELECT coalesce(max(position) + 1, 0) AS size FROM record_entries INDEXED BY record_by_position WHERE position IS NOT NULL',
  )
  const waiting = database.prepare(
    'SELECT number, leaf FROM record_entries INDEXED BY record_waiting WHERE position IS NULL ORDER BY number LIMIT ?',
  )
  const place = database.prepare('UPDATE record_entries SET position = ? WHERE number = ?')
  const readTile = database.prepare('SELECT hashes FROM record_tiles WHERE level = ? AND tile = ?')
  const putTile = database.prepare(
    'INSERT INTO record_tiles (level, tile, hashes) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes',
  )
  const entries = database.prepare(
    `SELECT bytes FROM record_entries INDEXED BY record_by_position
     WHERE position IS NOT NULL AND position >= ? ORDER BY position LIMIT ?`,
  )
  const checkpoint = database.prepare('SELECT size, note, at FROM record_checkpoint')
  const putCheckpoint = database.prepare('INSERT OR REPLACE INTO record_checkpoint VALUES (1, ?, ?, ?)')
  const removeCheckpoint = database.prepare('DELETE FROM record_checkpoint')
  const sizeNow = async () => numberOf((await size.get()) ?? {}, 'size')
  const tile: RecordStore['tile'] = async ({ level, index }) => {
    const row = await readTile.get(level, index)
    return row && bytesOf(row, 'hashes')
  }
  return {
    size: sizeNow,
    tile,
    grow: (limit) =>
      database.transaction(async () => {
        const rows = await waiting.all(limit)
        if (rows.length === 0) return 0
        const first = await sizeNow()
        const leaves = rows.map((row) => bytesOf(row, 'leaf'))
        const grown = await growTiles(first, leaves, async (edge) => (await tile(edge)) ?? new Uint8Array())
        for (const { level, index, hashes } of grown) await putTile.run(level, index, hashes)
        for (const [index, row] of rows.entries()) await place.run(first + index, numberOf(row, 'number'))
        return rows.length
      }),
    async entries(from, limit) {
      return (await entries.all(from, limit)).map((row) =>
        row.bytes === null ? new Uint8Array() : bytesOf(row, 'bytes'),
      )
    },
    async checkpoint() {
      const row = await checkpoint.get()
      return row && { size: numberOf(row, 'size'), note: textOf(row, 'note'), at: numberOf(row, 'at') }
    },
    async putCheckpoint({ size: signed, note, at }) {
      await putCheckpoint.run(signed, at, note)
    },
    async removeCheckpoint() {
      await removeCheckpoint.run()
    },
  }
}

function enteringPast(database: Database, add: RecordStore['add']): RecordStore['enterPast'] {
  const rows = database.prepare(
    `SELECT id, at, actor, act, subject, device, details_json FROM audit
     WHERE id > (SELECT entered FROM record_past) AND id <= (SELECT last FROM record_past) ORDER BY id LIMIT ?`,
  )
  const entered = database.prepare('UPDATE record_past SET entered = ?')
  return (now, limit) =>
    database.transaction(async () => {
      const past = await rows.all(limit)
      for (const row of past) await add(pastAct(row, now))
      const last = past.at(-1)
      if (last !== undefined) await entered.run(numberOf(last, 'id'))
      return past.length
    })
}

function pastAct(row: Row, enteredAt: number): Happening {
  return {
    at: numberOf(row, 'at'),
    act: textOf(row, 'act'),
    actor: textOf(row, 'actor'),
    subject: textOf(row, 'subject'),
    device: optionalTextOf(row, 'device'),
    details: jsonOf(row, 'details_json', detailsReader),
    enteredAt,
  }
}
