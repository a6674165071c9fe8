import { textOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'

/** What waits for one human. */
export interface MineStore {
  /** Ids of claims that wait, newest first, of people whose confirmed manager this human is. */
  claimsToDecide(manager: string, limit: number): Promise<readonly string[]>
  /** Ids of registrations that have not ended, whose successor has not accepted. */
  successions(successor: string, limit: number): Promise<readonly string[]>
}

export function mineStore(database: Database): MineStore {
  const claims = database.prepare(
    `SELECT c.id FROM humans h
       JOIN accounts a ON a.human = h.id AND a.state = 'confirmed'
       JOIN claims c ON c.device = a.device AND c.user_id = a.user_id AND c.state = 'pending'
     WHERE h.manager = ? AND h.deleted_at IS NULL ORDER BY c.number DESC LIMIT CAST(? AS INTEGER)`,
  )
  const successions = database.prepare(
    `SELECT id FROM registrations WHERE successor IS NOT NULL AND successor = ? AND successor_accepted_at IS NULL
       AND state NOT IN ('retiring', 'retired') ORDER BY number DESC LIMIT CAST(? AS INTEGER)`,
  )
  return {
    claimsToDecide: async (manager, limit) => (await claims.all(manager, limit)).map((row) => textOf(row, 'id')),
    successions: async (successor, limit) => (await successions.all(successor, limit)).map((row) => textOf(row, 'id')),
  }
}
