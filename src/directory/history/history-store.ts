import { reader } from '../../base/schema.ts'
import { countedHourSchema } from '../../protocol/nouns/directory/history.ts'
import { jsonOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { DAY_MS, type HistoryStore } from './history.ts'

const hourReader = reader(countedHourSchema, { name: 'stored hour' })

export function historyStore(database: Database): HistoryStore {
  const put = database.prepare('INSERT INTO history (hour, connected, json) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const has = database.prepare('SELECT 1 FROM history WHERE hour = ?')
  const remove = database.prepare('DELETE FROM history WHERE hour < ?')
  const hours = database.prepare('SELECT json FROM history WHERE hour >= ? ORDER BY hour')
  const days = database.prepare(
    `SELECT json FROM (
       SELECT hour, json, row_number() OVER (PARTITION BY hour / ${DAY_MS} ORDER BY connected DESC, hour DESC) AS rank
       FROM history WHERE hour >= ?)
     WHERE rank = 1 ORDER BY hour`,
  )
  const read = (row: Row) => jsonOf(row, 'json', hourReader)
  return {
    async put(hour, counted) {
      await put.run(hour, counted.devices.connected, JSON.stringify(counted))
    },
    has: async (hour) => (await has.get(hour)) !== undefined,
    async removeBefore(hour) {
      await remove.run(hour)
    },
    hours: async (since) => (await hours.all(since)).map(read),
    days: async (since) => (await days.all(since)).map(read),
  }
}
