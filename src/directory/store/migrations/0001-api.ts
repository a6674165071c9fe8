/** What serves administrators and not devices: restores of backups. */

const RESTORES = `
  -- Only in the copy that a backup holds: a directory that starts on it knows by this row what it is.
  CREATE TABLE backup_mark (id INTEGER PRIMARY KEY CHECK (id = 1), backup TEXT NOT NULL, made_at INTEGER NOT NULL) STRICT;
  -- Starts on a restored backup.
  CREATE TABLE restores (
    id INTEGER PRIMARY KEY,
    backup TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    restored_at INTEGER NOT NULL
  ) STRICT;
`

export const API = RESTORES
