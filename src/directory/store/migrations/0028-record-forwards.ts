/** How far each outlet has followed the record. */
export const RECORD_FORWARDS = `
  CREATE TABLE record_forwards (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    delivered_at INTEGER,
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER,
    failing_since INTEGER,
    problem TEXT
  ) STRICT, WITHOUT ROWID;
`
