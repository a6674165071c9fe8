/** Uses of fleet tokens, and new devices that wait. */
export const ENROLMENT = `
  -- What devices used a token of many uses with: each has one use. device: the first with this TPM or serial number.
  CREATE TABLE token_claims (
    token TEXT NOT NULL REFERENCES tokens (id),
    kind TEXT NOT NULL CHECK (kind IN ('endorsement-key', 'serial')),
    name_key TEXT NOT NULL,
    device TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (token, kind, name_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX token_claims_by_device ON token_claims (device);

  -- New devices that wait for a human. An accepted one is in devices as well.
  CREATE TABLE pending_devices (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'refused')),
    owner TEXT NOT NULL,
    token TEXT NOT NULL REFERENCES tokens (id),
    why TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    tier TEXT NOT NULL,
    application_key TEXT NOT NULL,
    endorsement_hash TEXT,
    endorsement_json TEXT,
    attestation_public TEXT,
    counters_json TEXT,
    pcrs_json TEXT,
    label_json TEXT NOT NULL,
    notes_json TEXT NOT NULL DEFAULT '[]',
    decided_at INTEGER,
    decided_by TEXT,
    decided_reason TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pending_devices_by_token ON pending_devices (token, created_at);
  CREATE INDEX pending_devices_by_key ON pending_devices (application_key);
  CREATE INDEX pending_devices_by_endorsement ON pending_devices (endorsement_hash)
    WHERE endorsement_hash IS NOT NULL;
  CREATE INDEX pending_devices_undecided ON pending_devices (token) WHERE state = 'pending';
  CREATE TRIGGER pending_devices_settled BEFORE UPDATE OF state ON pending_devices WHEN OLD.state <> 'pending'
    BEGIN SELECT RAISE(ABORT, 'a pending device is decided once'); END;
`
