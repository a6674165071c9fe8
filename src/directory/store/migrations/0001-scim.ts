/** What SCIM keeps besides humans and groups. */
export const SCIM = `
  -- For pages that begin at a number of humans.
  CREATE INDEX humans_listed ON humans (number) WHERE deleted_at IS NULL;

  -- Agents that came by SCIM. Their registrations have everything else.
  CREATE TABLE scim_agents (
    registration TEXT PRIMARY KEY REFERENCES registrations (id),
    -- That of the registration.
    number INTEGER NOT NULL UNIQUE,
    user_name TEXT NOT NULL,
    user_key TEXT NOT NULL,
    external_id TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    deleted_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX scim_agents_by_name ON scim_agents (user_key) WHERE deleted_at IS NULL;
  CREATE UNIQUE INDEX scim_agents_by_external_id ON scim_agents (external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;
  CREATE INDEX scim_agents_listed ON scim_agents (number) WHERE deleted_at IS NULL;

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
