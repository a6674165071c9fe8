import type { WarningQueries } from '../../devices/device-store.ts'
import type { Database } from '../../sql/database.ts'
import type { ReportStore } from '../evidence-store.ts'

export function reportStore(database: Database): ReportStore & WarningQueries {
  const upsert = (table: 'inventory' | 'health') =>
    database.prepare(
      `INSERT INTO ${table} (device, json, observed_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET json = excluded.json, observed_at = excluded.observed_at WHERE json <> excluded.json`,
    )
  const inventory = upsert('inventory')
  const health = upsert('health')
  const known = database.prepare('SELECT 1 FROM device_warnings WHERE code = ? LIMIT 1')
  return {
    async putInventory(device, value, at) {
      await inventory.run(device, JSON.stringify(value), at)
    },
    async putHealth(device, value, at) {
      await health.run(device, JSON.stringify(value), at)
    },
    knowsWarning: async (code) => (await known.get(code)) !== undefined,
  }
}
