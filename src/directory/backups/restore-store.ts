import { numberOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { IN_FORCE } from '../store/migrations/0001-stops.ts'
import type { BackupMark } from './create-backup.ts'
import type { DirectoryProgress } from './manifest.ts'
import type { RestoreStore } from './restores.ts'

export function restoreStore(database: Database): RestoreStore {
  const take = database.prepare('DELETE FROM backup_mark RETURNING backup, made_at')
  const mark = database.prepare('SELECT backup, made_at FROM backup_mark')
  const add = database.prepare('INSERT INTO restores (backup, made_at, restored_at) VALUES (?, ?, ?)')
  const newest = database.prepare('SELECT backup, made_at, restored_at FROM restores ORDER BY id DESC LIMIT 1')
  const inForce = `${IN_FORCE} AND kind <> 'drill'`
  const stops = database.prepare(`SELECT count(*) AS n FROM stops WHERE ${inForce}`)
  const orderAgain = database.prepare(
    `UPDATE stop_devices SET state = 'waiting', due_at = 0
     WHERE stop IN (SELECT number FROM stops WHERE ${inForce}) AND EXISTS
       (SELECT 1 FROM devices d WHERE d.id = device AND d.status = 'active')`,
  )
  const markOf = (row: Row | undefined) => row && { backup: textOf(row, 'backup'), backupAt: numberOf(row, 'made_at') }
  return {
    mark: async () => markOf(await mark.get()),
    takeMark: async () => markOf(await take.get()),
    async add({ backup, backupAt, at }) {
      await add.run(backup, backupAt, at)
    },
    async newest() {
      const row = await newest.get()
      return (
        row && {
          backup: textOf(row, 'backup'),
          backupAt: numberOf(row, 'made_at'),
          at: numberOf(row, 'restored_at'),
        }
      )
    },
    orderStopsAgain: async () => ({
      stops: numberOf((await stops.get()) ?? {}, 'n'),
      devices: (await orderAgain.run()).changes,
    }),
  }
}

/** Marks the copy of a backup. */
export async function putBackupMark(database: Database, { id, time }: BackupMark): Promise<void> {
  await database.prepare('INSERT OR REPLACE INTO backup_mark VALUES (1, ?, ?)').run(id, time)
}

/** How far the directory had come, for the manifest of a backup. */
export async function progressOf(database: Database): Promise<DirectoryProgress> {
  const row =
    (await database
      .prepare(
        `SELECT (SELECT commits FROM watermark) AS commits,
           max(coalesce((SELECT max(id) FROM audit), 0), coalesce((SELECT max(id) FROM activity), 0)) AS last_event,
           (SELECT count(*) FROM devices WHERE status = 'active') AS devices,
           (SELECT count(*) FROM orders) AS orders,
           (SELECT coalesce(max(last_order), 0) FROM devices) AS highest_order,
           (SELECT count(*) FROM stops WHERE ${IN_FORCE} AND kind <> 'drill') AS standing`,
      )
      .get()) ?? {}
  return {
    commits: numberOf(row, 'commits'),
    lastEvent: numberOf(row, 'last_event'),
    devices: numberOf(row, 'devices'),
    orders: numberOf(row, 'orders'),
    highestOrder: numberOf(row, 'highest_order'),
    standingStops: numberOf(row, 'standing'),
  }
}
