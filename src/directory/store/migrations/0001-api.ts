/** What serves administrators and not devices: restores of backups, answers to idempotency keys. */

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

const IDEMPOTENCY = `
  -- First answers of requests that create. Exactly one of body and about.
  CREATE TABLE idempotency_keys (
    principal TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body TEXT,
    about TEXT,
    PRIMARY KEY (principal, key_hash),
    CHECK ((body IS NULL) <> (about IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_keys_by_time ON idempotency_keys (at);
  CREATE TABLE idempotency_use (
    principal TEXT PRIMARY KEY, keys INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER idempotency_keys_counted AFTER INSERT ON idempotency_keys BEGIN
    INSERT INTO idempotency_use VALUES (NEW.principal, 1, coalesce(length(NEW.body), 0))
      ON CONFLICT DO UPDATE SET keys = keys + 1, bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER idempotency_keys_discounted AFTER DELETE ON idempotency_keys BEGIN
    UPDATE idempotency_use SET keys = keys - 1, bytes = bytes - coalesce(length(OLD.body), 0)
      WHERE principal = OLD.principal;
  END;
`

export const API = [RESTORES, IDEMPOTENCY].join('\n')
