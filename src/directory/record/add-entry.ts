import { randomBytes } from 'node:crypto'
import { type Bytes, toBase64Url } from '../../base/bytes.ts'
import { pooledRandom } from '../../crypto/pooled-random.ts'
import { newId } from '../../protocol/ids.ts'
import { leafHash } from '../../tlog/tree-hash.ts'
import { actingNow } from '../acting/acting.ts'
import { bytesOf, textOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'
import { type Happening, makeEntry } from './entry.ts'
import { type Seal, sealText } from './personal.ts'

/** Adds an entry in the transaction of what happened. `npm run bench -- record-cost` builds a directory without it. */
export function adding(database: Database): (happening: Happening) => Promise<void> {
  const seal = sealing(database)
  const insert = database.prepare(
    'INSERT INTO record_entries (id, at, act, actor, subject, device, agent, bytes, leaf) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  return async (happening) => {
    const { at, act, actor, subject = null } = happening
    const device = happening.device ?? (subject?.startsWith('dev_') ? subject : null)
    const id = newId('ent', (bytes) => orderedBytes(at, bytes))
    const { bytes, agent = null } = await makeEntry(id, happening, actingNow(), seal)
    await insert.run(id, at, act, actor, subject, device, agent, bytes, leafHash(bytes))
  }
}

/**
 * Six bytes of time and ten random ones. Ids of one second are then near each other in their index: with random bytes only, an entry took
 * 7 µs more.
 */
function orderedBytes(at: number, bytes: number): Bytes {
  const result = pooledRandom(bytes)
  result.writeUIntBE(at, 0, 6)
  return result
}

/** Seals with the key of a person, and makes one for a person who has none. */
function sealing(database: Database): Seal {
  const find = database.prepare('SELECT id, key FROM record_keys WHERE person = ?')
  const insert = database.prepare('INSERT INTO record_keys (id, person, key) VALUES (?, ?, ?)')
  return async (person, text) => {
    const name = nameOf(person)
    const row = await find.get(name)
    if (row !== undefined) return sealText({ id: textOf(row, 'id'), key: bytesOf(row, 'key') }, text)
    const made = { id: `key_${toBase64Url(randomBytes(16))}`, key: randomBytes(32) }
    await insert.run(made.id, name, made.key)
    return sealText(made, text)
  }
}

/** Ids are not names: their letters count. */
function nameOf(person: string): string {
  return /^[a-z]{3}_/.test(person) ? person : person.toLowerCase()
}
