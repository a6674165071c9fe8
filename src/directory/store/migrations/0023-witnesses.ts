/** Witnesses of the record that are not devices, and the newest checkpoint with their cosignatures. */
export const WITNESSES = `
  CREATE TABLE record_witnesses (
    name TEXT PRIMARY KEY,
    -- Of the newest checkpoint that it cosigned.
    size INTEGER NOT NULL,
    cosigned_at INTEGER,
    problem TEXT,
    failing_since INTEGER
  ) STRICT;

  CREATE TABLE record_cosigned (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
`
