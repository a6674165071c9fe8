/** What SCIM keeps besides humans and groups. */
export const SCIM = `
  -- For pages that begin at a number of humans.
  CREATE INDEX humans_listed ON humans (number) WHERE deleted_at IS NULL;

  -- Those of the last hour.
  CREATE TABLE scim_deactivations (
    number INTEGER PRIMARY KEY,
    human TEXT NOT NULL REFERENCES humans (id),
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX scim_deactivations_by_time ON scim_deactivations (at);

  -- At most one row. A hold stands until an administrator allows deactivations.
  CREATE TABLE scim_guard (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    held_at INTEGER,
    held_for TEXT,
    allowed_at INTEGER,
    allowed_until INTEGER,
    allowed_by TEXT,
    CHECK ((allowed_at IS NULL) = (allowed_until IS NULL)),
    CHECK (held_at IS NULL OR allowed_at IS NULL)
  ) STRICT;
`
