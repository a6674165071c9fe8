import { foldedName } from '../../base/text/fold-name.ts'
import { beginsWith, type Place } from './listing.ts'

/** Conditions about a person in any spelling: user name, e-mail address, id, or at least eight characters of its beginning. */

/** Selects the ids of the people who may be meant. Each part has an index. */
export function peopleNamed(named: string, value: Place): string {
  const key = value(foldedName(named) ?? '')
  return `SELECT id FROM humans WHERE user_key = ${key} AND deleted_at IS NULL
    UNION SELECT id FROM humans WHERE email_key = ${key} AND deleted_at IS NULL
    UNION SELECT id FROM humans WHERE ${beginsWith('id', value(named))} AND deleted_at IS NULL`
}

/** Holds for an owner that is a text, in a table of few rows: it has no index. */
export function isOwner(column: string, owner: string, value: Place): string {
  return `(${column} = ${value(owner)} OR lower(${column}) = ${value(foldedName(owner) ?? '')} OR EXISTS (
    SELECT 1 FROM humans h WHERE h.id IN (${peopleNamed(owner, value)})
      AND (${column} IN (h.user_name, h.email) OR lower(${column}) IN (h.user_key, h.email_key, lower(h.id)))))`
}

/** Selects the ids of the devices of an owner. A device names its owner by a text: any name of a person, or one of nobody known. */
export function devicesOfOwner(owner: string, value: Place): string {
  return `SELECT id FROM devices WHERE owner = ${value(owner)}
    UNION SELECT id FROM devices WHERE owner_key = ${value(foldedName(owner) ?? '')}
    UNION SELECT d.id FROM humans h CROSS JOIN devices d ON d.owner_key IN (h.user_key, h.email_key, lower(h.id))
      WHERE h.id IN (${peopleNamed(owner, value)})`
}
