const OTHERS = ['id', 'at', 'actor', 'act', 'subject', 'device'].map((column) => `NEW.${column} IS NOT OLD.${column}`)

/** What of the record may go: content whose time is over, and texts of people whose keys were destroyed. */
export const RETENTION = `
  -- Of an act, details may be removed, and nothing else.
  DROP TRIGGER audit_no_update;
  CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    WHEN ${OTHERS.join(' OR ')} OR NEW.details_json IS NOT '{"removed":true}'
    BEGIN SELECT RAISE(ABORT, 'audit is append only'); END;

  CREATE TABLE record_holds (
    number INTEGER PRIMARY KEY,
    -- Id of a person, a device, an agent or another object, or all.
    about TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    held_at INTEGER NOT NULL,
    held_by TEXT NOT NULL
  ) STRICT;

  -- Of entries before this time, content is removed, except what was held.
  CREATE TABLE record_retention (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    removed_before INTEGER NOT NULL
  ) STRICT;
  INSERT INTO record_retention VALUES (1, 0);

  -- Orders that expired without an answer are entered up to this time.
  CREATE TABLE record_attempts (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    entered_until INTEGER NOT NULL
  ) STRICT;
  INSERT INTO record_attempts VALUES (1, 0);
  CREATE INDEX orders_unanswered ON orders (not_after) WHERE state = 'pending';
`
