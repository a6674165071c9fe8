import type { Log } from '../../base/log.ts'
import type { ActComponents } from '../audit/act-components.ts'

/** Recognises a database that was restored from a backup, at the first start on it. */

/** A start on a restored backup. Times are milliseconds since 1970. */
export interface Restore {
  readonly backup: string
  readonly backupAt: number
  readonly at: number
}

export interface RestoreStore {
  /** The mark of the backup that this database is a copy of. */
  mark(): Promise<Omit<Restore, 'at'> | undefined>
  /** It is removed. */
  takeMark(): Promise<Omit<Restore, 'at'> | undefined>
  add(restore: Restore): Promise<void>
  newest(): Promise<Restore | undefined>
  /** Makes an order due for every device in the scope of every stop in force, as if none had answered. */
  orderStopsAgain(): Promise<{ readonly stops: number; readonly devices: number }>
}

export interface RestoreComponents
  extends ActComponents<{
    readonly restores: RestoreStore
  }> {
  readonly log: Pick<Log, 'warn'>
}

/**
 * Records the restore, and orders every standing stop again: a device may have let go of what the directory believes frozen. The
 * numbers of these orders are above what each device has seen, because its next welcome raises them first.
 */
export async function recogniseRestore({ store, clock, log }: RestoreComponents): Promise<void> {
  const restored = await store.transaction(async () => {
    const mark = await store.restores.takeMark()
    if (mark === undefined) return undefined
    const at = clock.now()
    await store.restores.add({ ...mark, at })
    const again = await store.restores.orderStopsAgain()
    const details = { backupAt: mark.backupAt, stops: again.stops, stopDevices: again.devices }
    await store.audit.add({ at, actor: 'directory', act: 'directory-restored', subject: mark.backup, details })
    return { backup: mark.backup, backupAt: new Date(mark.backupAt).toISOString(), ...again }
  })
  if (restored === undefined) return
  log.warn('the directory was restored from a backup: what happened since then is forgotten', restored)
}
