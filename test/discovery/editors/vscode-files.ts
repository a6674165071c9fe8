import { DatabaseSync } from 'node:sqlite'
import type { FixtureHome } from '../../support/homes/fixture-home.ts'

/** Files as VS Code writes them. */

export const entry = (id: string, metadata: Record<string, unknown> = { source: 'gallery' }) => ({
  identifier: { id },
  version: '1.0.0',
  relativeLocation: `${id}-1.0.0`,
  metadata,
})

/** As VS Code writes it: one table of texts by key. */
export function writeState(home: FixtureHome, folder: string, disabled: unknown, { wal = false } = {}): void {
  home.folder(`${folder}/globalStorage`)
  using database = new DatabaseSync(home.at(`${folder}/globalStorage/state.vscdb`))
  if (wal) database.exec('PRAGMA journal_mode=WAL')
  database.exec('CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)')
  const insert = database.prepare('INSERT INTO ItemTable VALUES (?, ?)')
  insert.run('history.recentlyOpenedPathsList', '{"entries":[]}')
  insert.run('extensionsIdentifiers/disabled', typeof disabled === 'string' ? disabled : JSON.stringify(disabled))
}

export const ids = (...names: string[]) => names.map((id) => ({ id, uuid: 'x' }))
