/** Actions of agents that wait for a person, and what people answered. */
export const APPROVALS = `
  CREATE TABLE approvals (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL REFERENCES devices (id),
    -- SHA-256 of the action, which names its session: equal ones are listed as one while they wait.
    action_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    client TEXT NOT NULL,
    tool TEXT NOT NULL,
    -- As in device_items, and the registered agent that it was when it asked.
    item TEXT NOT NULL,
    registration TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
    received_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    decided_at INTEGER,
    -- For people.
    decided_by TEXT,
    reason TEXT,
    scope TEXT CHECK (scope IN ('once', 'session')),
    scope_until INTEGER,
    order_id TEXT REFERENCES orders (id),
    -- Denied as it came: no person looked at it.
    at_once INTEGER NOT NULL CHECK (at_once IN (0, 1)),
    -- The device does not know the decision yet.
    order_due INTEGER NOT NULL CHECK (order_due IN (0, 1)),
    -- The request as the device sent it.
    json TEXT NOT NULL,
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((state = 'approved') = (scope IS NOT NULL)),
    CHECK ((scope IS 'session') = (scope_until IS NOT NULL)),
    CHECK (at_once = 0 OR state = 'denied')
  ) STRICT;
  CREATE INDEX approvals_by_state ON approvals (state, number);
  CREATE INDEX approvals_by_device ON approvals (device, number);
  CREATE INDEX approvals_waiting ON approvals (device, action_hash, number) WHERE state = 'pending';
  CREATE INDEX approvals_ending ON approvals (ends_at) WHERE state = 'pending';
  CREATE INDEX approvals_of_registration ON approvals (registration, number);
  CREATE INDEX approvals_of_account ON approvals (device, user_id, number);
  CREATE INDEX approvals_to_order ON approvals (number) WHERE order_due = 1;
  CREATE INDEX approvals_at_once ON approvals (device, number) WHERE at_once = 1;

  CREATE TABLE approval_answers (
    approval TEXT NOT NULL REFERENCES approvals (id),
    -- Of the principal.
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('approved', 'denied')),
    as_whom TEXT CHECK (as_whom IN ('owner', 'approver')),
    answered_at INTEGER NOT NULL,
    -- From when the person could look at it.
    took_ms INTEGER NOT NULL,
    -- The person was flagged with this answer.
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    PRIMARY KEY (approval, by_id),
    CHECK ((outcome = 'approved') = (as_whom IS NOT NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX approval_answers_as ON approval_answers (approval, as_whom) WHERE as_whom IS NOT NULL;
  CREATE INDEX approval_answers_of ON approval_answers (by_id, answered_at);

  CREATE TRIGGER approvals_settled BEFORE UPDATE OF state ON approvals WHEN OLD.state <> 'pending'
    BEGIN SELECT RAISE(ABORT, 'an approval is decided once'); END;
  CREATE TRIGGER approvals_as_asked BEFORE UPDATE OF id, device, action_hash, user_id, received_at, ends_at, json ON approvals
    BEGIN SELECT RAISE(ABORT, 'what was asked is never changed'); END;
  CREATE TRIGGER approvals_kept BEFORE DELETE ON approvals WHEN OLD.at_once = 0
    BEGIN SELECT RAISE(ABORT, 'only what was denied at once is forgotten'); END;
  CREATE TRIGGER approval_answers_no_update BEFORE UPDATE ON approval_answers
    BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
  CREATE TRIGGER approval_answers_no_delete BEFORE DELETE ON approval_answers
    BEGIN SELECT RAISE(ABORT, 'answers are never deleted'); END;
`
