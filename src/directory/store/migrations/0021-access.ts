import { IN_FORCE } from './0001-stops.ts'

/** Versions of the access policy; what was asked lately; and which stops in force are of no single device. */
export const ACCESS = `
  CREATE TABLE access_policies (
    version INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    forced INTEGER NOT NULL,
    restores INTEGER,
    reason TEXT,
    text TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER access_policies_no_update BEFORE UPDATE ON access_policies
    BEGIN SELECT RAISE(ABORT, 'access_policies is append only'); END;
  CREATE TRIGGER access_policies_no_delete BEFORE DELETE ON access_policies
    BEGIN SELECT RAISE(ABORT, 'access_policies is append only'); END;

  -- Different questions, to try another policy on them. Not a record of decisions: each is kept once, and the oldest are dropped.
  CREATE TABLE access_questions (
    key TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    times INTEGER NOT NULL,
    asked_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX access_questions_by_time ON access_questions (asked_at);

  CREATE INDEX stops_in_force_everywhere ON stops (device) WHERE device IS NULL AND ${IN_FORCE};
`
