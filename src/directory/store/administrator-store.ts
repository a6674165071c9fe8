import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import type { AdministratorStore } from '../api/administrators.ts'
import { textOf } from './columns.ts'

export function administratorStore(database: Database): AdministratorStore {
  const usable = database.prepare('SELECT id, name, token_hash FROM administrators WHERE revoked_at IS NULL')
  const any = database.prepare('SELECT 1 FROM administrators LIMIT 1')
  const insert = database.prepare('INSERT INTO administrators (id, name, token_hash, created_at) VALUES (?, ?, ?, ?)')
  const revoke = database.prepare('UPDATE administrators SET revoked_at = ? WHERE revoked_at IS NULL')
  return {
    administrators: () =>
      usable.all().map((row) => {
        const hash = fromBase64Url(textOf(row, 'token_hash'))
        if (hash === undefined) throw new SuretyError('STORE_CORRUPT', 'the hash of an administrator is no base64url')
        return { id: textOf(row, 'id'), name: textOf(row, 'name'), hash }
      }),
    hasHadAdministrator: () => any.get() !== undefined,
    replaceAdministrators({ id, name, hash }, at) {
      database.transaction(() => {
        revoke.run(at)
        insert.run(id, name, toBase64Url(hash), at)
      })
    },
  }
}
