/** What users of devices say of their agents, and what became of it. */
export const CLAIMS = `
  CREATE TABLE claims (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL REFERENCES devices (id),
    user_id TEXT NOT NULL,
    -- As in device_items.
    item TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'refused')),
    received_at INTEGER NOT NULL,
    decided_at INTEGER,
    -- For people.
    decided_by TEXT,
    reason TEXT,
    registration TEXT REFERENCES registrations (id),
    -- The claim as the device sent it.
    json TEXT NOT NULL,
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((state = 'accepted') = (registration IS NOT NULL))
  ) STRICT;
  CREATE INDEX claims_by_state ON claims (state, number);
  CREATE INDEX claims_by_device ON claims (device, state, number);
  CREATE INDEX claims_decided ON claims (device, decided_at) WHERE decided_at IS NOT NULL;
  CREATE UNIQUE INDEX claims_waiting ON claims (device, user_id, item) WHERE state = 'pending';
  CREATE TRIGGER claims_settled BEFORE UPDATE OF state ON claims WHEN OLD.state <> 'pending'
    BEGIN SELECT RAISE(ABORT, 'a claim is decided once'); END;
  CREATE TRIGGER claims_kept BEFORE DELETE ON claims WHEN OLD.state <> 'refused'
    BEGIN SELECT RAISE(ABORT, 'only refused claims are forgotten'); END;
`
