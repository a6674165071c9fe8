/** Reviews of registered agents: who answered what, and what became of it. Triggers count. */

const TABLES = `
  CREATE TABLE reviews (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('starting', 'open', 'closing', 'closed')),
    -- What it covers, as JSON.
    scope TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    silence TEXT NOT NULL CHECK (silence IN ('keep', 'suspend', 'retire')),
    next_review_ms INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    started_by_name TEXT NOT NULL,
    -- The registration after which collecting goes on.
    after INTEGER NOT NULL DEFAULT 0,
    closed_at INTEGER,
    -- Who ended it before it was due.
    closed_by TEXT,
    closed_by_name TEXT,
    close_reason TEXT,
    discarded INTEGER NOT NULL DEFAULT 0,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
  ) STRICT;
  CREATE INDEX reviews_by_state ON reviews (state, number);
  CREATE INDEX reviews_open ON reviews (due_at) WHERE state = 'open';
  CREATE INDEX reviews_by_name ON reviews (name_key);

  CREATE TABLE review_items (
    -- Numbers of the review and the registration.
    review INTEGER NOT NULL REFERENCES reviews (number),
    registration INTEGER NOT NULL REFERENCES registrations (number),
    -- When the review began. Who owns it now may answer.
    owner TEXT NOT NULL REFERENCES humans (id),
    answer TEXT NOT NULL DEFAULT 'silent' CHECK (answer IN ('silent', 'keep', 'suspend', 'end')),
    note TEXT,
    answered_at INTEGER,
    answered_by TEXT,
    answered_by_name TEXT,
    -- An operator recorded it for the owner.
    on_behalf INTEGER,
    outcome TEXT NOT NULL DEFAULT 'waiting'
      CHECK (outcome IN ('waiting', 'kept', 'suspended', 'retired', 'ended', 'failed')),
    done_at INTEGER,
    -- Why it failed.
    code TEXT,
    PRIMARY KEY (review, registration),
    CHECK ((answer = 'silent') = (answered_at IS NULL)),
    CHECK ((outcome = 'waiting') = (done_at IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX review_items_by_answer ON review_items (review, answer, registration);
  CREATE INDEX review_items_by_both ON review_items (review, answer, outcome, registration);
  CREATE INDEX review_items_by_outcome ON review_items (review, outcome, registration);

  CREATE TABLE review_counts (
    review INTEGER NOT NULL,
    -- An answer or an outcome: no word is both.
    word TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (review, word)
  ) STRICT, WITHOUT ROWID;
`

const count = (row: 'OLD' | 'NEW', column: string, by: 1 | -1) =>
  `INSERT INTO review_counts VALUES (${row}.review, ${row}.${column}, ${by}) ON CONFLICT DO UPDATE SET count = count + (${by});`
const recounted = (column: string) => `
  CREATE TRIGGER review_${column}_recounted AFTER UPDATE OF ${column} ON review_items WHEN OLD.${column} <> NEW.${column} BEGIN
    ${count('OLD', column, -1)}
    ${count('NEW', column, 1)}
  END;
`

const RULES = `
  CREATE TRIGGER review_items_counted AFTER INSERT ON review_items BEGIN
    ${count('NEW', 'answer', 1)}
    ${count('NEW', 'outcome', 1)}
  END;
  ${recounted('answer')}
  ${recounted('outcome')}
  CREATE TRIGGER review_items_kept BEFORE DELETE ON review_items
    BEGIN SELECT RAISE(ABORT, 'what a review covers is never deleted'); END;
  CREATE TRIGGER reviews_kept BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews are never deleted'); END;
  CREATE TRIGGER reviews_over BEFORE UPDATE OF state ON reviews
    WHEN OLD.state = 'closed' OR (OLD.state = 'closing' AND NEW.state <> 'closed')
      OR (OLD.state = 'open' AND NEW.state = 'starting')
    BEGIN SELECT RAISE(ABORT, 'a review does not open again'); END;
`

export const REVIEWS = [TABLES, RULES].join('\n')
