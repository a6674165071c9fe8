/** The record: entries, which are never changed, and the tiles of their transparency log. */
export const RECORD = `
  CREATE TABLE record_entries (
    -- The order of their transactions.
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    act TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT,
    device TEXT,
    agent TEXT,
    -- Canonical JSON. NULL: removed when its time was over.
    bytes BLOB,
    leaf BLOB NOT NULL CHECK (length(leaf) = 32),
    -- Its index in the log. NULL: it waits for one.
    position INTEGER
  ) STRICT;

  CREATE UNIQUE INDEX record_by_position ON record_entries (position) WHERE position IS NOT NULL;
  CREATE INDEX record_waiting ON record_entries (number) WHERE position IS NULL;
  CREATE INDEX record_by_time ON record_entries (at);
  CREATE INDEX record_by_act ON record_entries (act, at);
  CREATE INDEX record_by_actor ON record_entries (actor, at);
  CREATE INDEX record_by_subject ON record_entries (subject, at) WHERE subject IS NOT NULL;
  CREATE INDEX record_by_device ON record_entries (device, at) WHERE device IS NOT NULL;
  CREATE INDEX record_by_agent ON record_entries (agent, at) WHERE agent IS NOT NULL;

  CREATE TRIGGER record_entries_no_update BEFORE UPDATE ON record_entries
    WHEN NEW.number IS NOT OLD.number OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.act IS NOT OLD.act OR NEW.leaf IS NOT OLD.leaf
      OR (NEW.bytes IS NOT OLD.bytes AND NEW.bytes IS NOT NULL)
      OR (OLD.position IS NOT NULL AND NEW.position IS NOT OLD.position)
    BEGIN SELECT RAISE(ABORT, 'entries of the record are never changed'); END;
  CREATE TRIGGER record_entries_no_delete BEFORE DELETE ON record_entries
    BEGIN SELECT RAISE(ABORT, 'entries of the record are never deleted'); END;

  -- Hashes, 32 bytes each. 256 make a full tile.
  CREATE TABLE record_tiles (
    level INTEGER NOT NULL,
    tile INTEGER NOT NULL,
    hashes BLOB NOT NULL CHECK (length(hashes) % 32 = 0 AND length(hashes) BETWEEN 32 AND 8192),
    PRIMARY KEY (level, tile)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER record_tiles_no_update BEFORE UPDATE ON record_tiles
    WHEN substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes
    BEGIN SELECT RAISE(ABORT, 'hashes of the record are never changed'); END;
  CREATE TRIGGER record_tiles_no_delete BEFORE DELETE ON record_tiles
    BEGIN SELECT RAISE(ABORT, 'hashes of the record are never deleted'); END;

  -- The newest checkpoint.
  CREATE TABLE record_checkpoint (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL
  ) STRICT;

  -- Keys of persons. A destroyed key has neither key nor person.
  CREATE TABLE record_keys (
    id TEXT PRIMARY KEY,
    person TEXT UNIQUE,
    key BLOB,
    destroyed_at INTEGER
  ) STRICT, WITHOUT ROWID;

  -- Acts of before the record: those up to the last are still to be entered.
  CREATE TABLE record_past (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    entered INTEGER NOT NULL,
    last INTEGER NOT NULL
  ) STRICT;
  INSERT INTO record_past SELECT 1, 0, coalesce(max(id), 0) FROM audit;
`
