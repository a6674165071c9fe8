import { foldedName } from '../../base/text/fold-name.ts'
import { beginsWith, type Place } from './listing.ts'

/** SQL of filters by a person, in any spelling: user name, e-mail address, id, or at least eight characters of its beginning. */

/** Ids of the people who may be meant. */
export function peopleNamed(named: string, value: Place): string {
  return `SELECT id FROM humans WHERE ${isNamed(named, value)}`
}

/** Ids of devices of that owner: who owns a device is a text, which may be any name of a person, or of nobody known. */
export function devicesOfOwner(owner: string, value: Place): string {
  return `SELECT id FROM devices WHERE owner = ${value(owner)}
    UNION SELECT id FROM devices WHERE owner_key IN (
      SELECT user_key FROM humans WHERE ${isNamed(owner, value)}
      UNION SELECT email_key FROM humans WHERE ${isNamed(owner, value)}
      UNION SELECT lower(id) FROM humans WHERE ${isNamed(owner, value)}
      UNION SELECT ${value(foldedName(owner) ?? '')})`
}

function isNamed(named: string, value: Place): string {
  const key = value(foldedName(named) ?? '')
  return `deleted_at IS NULL AND (user_key = ${key} OR email_key = ${key} OR ${beginsWith('id', value(named))})`
}
