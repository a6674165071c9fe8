/** What serves administrators and not devices: restores of backups, answers to idempotency keys, webhooks. */

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

const WEBHOOKS = `
  -- json: what no query asks for. Secrets in it are encrypted by a key outside the database.
  CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    url TEXT NOT NULL,
    -- Events up to this id were delivered, or are of other kinds.
    position INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE webhook_deliveries (
    id INTEGER PRIMARY KEY,
    webhook TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, id);
`

export const API = [RESTORES, IDEMPOTENCY, WEBHOOKS].join('\n')
