/** Messages to people, what each of them was told, and who wants no mail. */
export const MESSAGES = `
  CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    medium TEXT NOT NULL,
    -- Id of a human or an administrator, or the medium.
    recipient TEXT NOT NULL,
    recipient_name TEXT NOT NULL,
    address TEXT,
    urgent INTEGER NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    next_attempt_at INTEGER,
    settled_at INTEGER,
    problem TEXT
  ) STRICT;

  CREATE INDEX messages_waiting ON messages (medium, urgent DESC, number) WHERE state = 'waiting';
  CREATE INDEX messages_by_state ON messages (state, number);
  CREATE INDEX messages_settled ON messages (settled_at) WHERE settled_at IS NOT NULL;

  -- A thing is told once to each recipient in each of its versions.
  CREATE TABLE told_things (
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    thing TEXT NOT NULL,
    version TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (recipient, kind, thing, version)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX told_things_by_time ON told_things (told_at);
  CREATE INDEX told_stops ON told_things (thing, recipient) WHERE kind = 'stop';

  CREATE TABLE message_digest (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    done_at INTEGER NOT NULL,
    after INTEGER
  ) STRICT;

  CREATE TABLE mail_turned_off (subject TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`
