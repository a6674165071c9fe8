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

/** Tables with a text for an owner, and its key: any name of a person, or one of nobody known. Each part has an index. */
type OwnedTable = 'devices' | 'pending_devices' | 're_enrolments' | 'preregistrations'

/** Selects the ids of what an owner has. */
export function ofOwner(table: OwnedTable, owner: string, value: Place): string {
  return `SELECT id FROM ${table} WHERE owner = ${value(owner)}
    UNION SELECT id FROM ${table} WHERE owner_key = ${value(foldedName(owner) ?? null)}
    UNION SELECT t.id FROM humans h CROSS JOIN ${table} t ON t.owner_key IN (h.user_key, h.email_key, lower(h.id))
      WHERE h.id IN (${peopleNamed(owner, value)})`
}

/** Selects the ids of the devices of an owner. */
export function devicesOfOwner(owner: string, value: Place): string {
  return ofOwner('devices', owner, value)
}

/** Selects the ids of the devices whose owner is one of the names of a person. @param human the SQL of an id. */
export function devicesOfPerson(human: string): string {
  return `SELECT d.id FROM humans h CROSS JOIN devices d ON d.owner_key IN (h.user_key, h.email_key, lower(h.id)) WHERE h.id = ${human}`
}

/** Selects the ids of the administrators, revoked ones too, whose name is the user name of a person, or an address of nobody else. */
export function principalsOf(human: string, value: Place): string {
  const others = `SELECT 1 FROM humans o WHERE o.email_key IS NOT NULL AND o.email_key = h.email_key AND o.id <> h.id AND o.deleted_at IS NULL`
  return `SELECT p.id FROM humans h CROSS JOIN principals p ON p.name_key IN (h.user_key, h.email_key)
    WHERE h.id = ${value(human)} AND p.kind = 'administrator' AND (p.name_key = h.user_key OR NOT EXISTS (${others}))`
}
