import {
  REACH_OF_ALL_THAT_RUNS,
  REACH_OF_WHAT_RUNS,
  REGISTER_OF_SIGHTINGS,
  USED_WHEN_TOLD,
} from './register-of-sightings.ts'
import { UNFINISHED_BATCHES } from './unfinished-store.ts'

/**
 * The directory's tables, as steps: step n takes a database from `user_version` n to n + 1. A step that shipped never
 * changes. Times are milliseconds since 1970, hashes and keys base64url, `json` columns were read by a wire schema.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    owner TEXT NOT NULL,
    serial TEXT,
    minimum_tier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses INTEGER NOT NULL CHECK (uses >= 1),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'retired')),
    tier TEXT NOT NULL,
    owner TEXT NOT NULL,
    token TEXT NOT NULL REFERENCES tokens (id),
    application_key TEXT NOT NULL UNIQUE,
    -- SHA-256 of the EK's TPMT_PUBLIC: one TPM is one device, for ever. NULL for keys that are in no TPM.
    endorsement_hash TEXT UNIQUE,
    endorsement_json TEXT,
    attestation_public TEXT,
    counters_json TEXT,
    pcrs_json TEXT,
    label_json TEXT NOT NULL,
    notes_json TEXT NOT NULL DEFAULT '[]',
    enrolled_at INTEGER NOT NULL,
    -- When the device first spoke under its own id: from then on its token cannot be tried again.
    confirmed_at INTEGER,
    attested_at INTEGER,
    -- Code of the newest attestation, when it did not hold; a passing one clears it.
    attestation_failure TEXT,
    attestation_failed_at INTEGER,
    last_seen INTEGER,
    evidence_at INTEGER,
    -- Head of the evidence chain in this epoch: the highest contiguous sequence that is durable.
    sequence INTEGER NOT NULL DEFAULT 0,
    head TEXT NOT NULL,
    evidence_bytes INTEGER NOT NULL DEFAULT 0,
    last_order INTEGER NOT NULL DEFAULT 0,
    -- Two batches at one place of the chain: two machines speak with one key. Ends with a new epoch only.
    forked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX devices_by_token ON devices (token);
  CREATE INDEX devices_by_machine_id ON devices (json_extract(label_json, '$.machineId'));

  -- A known TPM that asks to enrol again waits here for a human: same device, new epoch.
  CREATE TABLE re_enrolments (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id),
    epoch INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied')),
    tier TEXT NOT NULL,
    owner TEXT NOT NULL,
    token TEXT NOT NULL REFERENCES tokens (id),
    application_key TEXT NOT NULL,
    endorsement_hash TEXT,
    endorsement_json TEXT,
    attestation_public TEXT,
    counters_json TEXT,
    pcrs_json TEXT,
    label_json TEXT NOT NULL,
    notes_json TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT,
    UNIQUE (device, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX re_enrolments_by_token ON re_enrolments (token);

  CREATE TABLE evidence (
    device TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL,
    previous TEXT NOT NULL,
    jws TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, sequence)
  ) STRICT;

  -- Current findings. since: first failure or unknown without a pass since then; NULL while it passes or does not apply.
  CREATE TABLE findings (
    device TEXT NOT NULL,
    check_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pass', 'fail', 'unknown', 'not-applicable')),
    text TEXT NOT NULL,
    since INTEGER,
    observed_at INTEGER NOT NULL,
    PRIMARY KEY (device, check_name)
  ) STRICT, WITHOUT ROWID;

  -- What was seen on devices. gone_at is NULL while it is there.
  CREATE TABLE sightings (
    device TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    json TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    gone_at INTEGER,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (device, id)
  ) STRICT;
  CREATE INDEX sightings_by_kind ON sightings (kind, name);
  CREATE TABLE snapshot_parts (
    device TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    part INTEGER NOT NULL,
    PRIMARY KEY (device, snapshot, part)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sources (
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    user TEXT NOT NULL,
    state TEXT NOT NULL,
    json TEXT NOT NULL,
    observed_at INTEGER NOT NULL,
    PRIMARY KEY (device, source, path, user)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE inventory (device TEXT PRIMARY KEY, json TEXT NOT NULL, observed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  -- json: array of health warnings.
  CREATE TABLE health (device TEXT PRIMARY KEY, json TEXT NOT NULL, observed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- Evidence that is kept but could not be taken in: while a row stands here the verdict cannot be good.
  CREATE TABLE projection_failures (
    device TEXT NOT NULL,
    part TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    message TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (device, part)
  ) STRICT, WITHOUT ROWID;

  -- Attestation results as they were made; whether they still hold is computed when read.
  CREATE TABLE results (
    device TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    verdict TEXT NOT NULL,
    appraised_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id),
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    not_after INTEGER NOT NULL,
    jws TEXT NOT NULL,
    -- pending until a receipt comes; expired is computed when read.
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'refused', 'expired')),
    UNIQUE (device, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE receipts (
    order_id TEXT PRIMARY KEY REFERENCES orders (id),
    device TEXT NOT NULL,
    number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    time INTEGER NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE administrators (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;

  -- What happened, append only: held by triggers, so that a mistake of ours shows.
  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    device TEXT,
    actor TEXT,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_device ON events (device, id);
  CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append only'); END;
  CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append only'); END;
  `,
  `
  -- The application key of every epoch a device has had: what was signed with an old one can be verified for ever.
  CREATE TABLE device_keys (
    device TEXT NOT NULL REFERENCES devices (id),
    epoch INTEGER NOT NULL,
    application_key TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    PRIMARY KEY (device, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_keys_by_key ON device_keys (application_key);
  -- A first key that was replaced before this step is gone; those of re-enrolments are still there.
  INSERT INTO device_keys SELECT device, epoch, application_key, decided_at FROM re_enrolments WHERE state = 'approved';
  INSERT OR IGNORE INTO device_keys SELECT id, epoch, application_key, enrolled_at FROM devices;

  CREATE INDEX events_by_kind ON events (device, kind, at);
  CREATE INDEX events_by_token ON events (json_extract(json, '$.token'), at) WHERE kind = 'enrolment-refused';
  `,
  `
  -- When all findings of the device were last told: one row to write, where they are the same again.
  ALTER TABLE devices ADD COLUMN findings_at INTEGER;
  UPDATE devices SET findings_at = (SELECT max(observed_at) FROM findings WHERE device = id);
  `,
  `
  -- How many transactions there have been: what is beside the register says how many there must be.
  CREATE TABLE tally (id INTEGER PRIMARY KEY CHECK (id = 1), commits INTEGER NOT NULL) STRICT;
  INSERT INTO tally VALUES (1, 0);
  `,
  REGISTER_OF_SIGHTINGS,
  `
  -- The catalogue of agents that is handed out: one, or none. Its text is its canonical JSON, or what a publisher signed.
  CREATE TABLE catalogue (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- The EK of every epoch, too: a device whose key left its TPM is still the device of that TPM.
  ALTER TABLE device_keys ADD COLUMN endorsement_hash TEXT;
  -- A first one that was replaced before this step is gone; those of re-enrolments are still there.
  UPDATE device_keys SET endorsement_hash = coalesce(
    (SELECT endorsement_hash FROM re_enrolments d
     WHERE d.device = device_keys.device AND d.epoch = device_keys.epoch AND d.state = 'approved'),
    (SELECT endorsement_hash FROM devices d WHERE d.id = device_keys.device AND d.epoch = device_keys.epoch));
  CREATE INDEX device_keys_by_endorsement ON device_keys (endorsement_hash) WHERE endorsement_hash IS NOT NULL;
  `,
  REACH_OF_WHAT_RUNS,
  `
  -- The token of every epoch: whom one let in is known for ever. What a device came with first is on the record.
  ALTER TABLE device_keys ADD COLUMN token TEXT;
  UPDATE device_keys SET token = coalesce(
    (SELECT token FROM re_enrolments d
     WHERE d.device = device_keys.device AND d.epoch = device_keys.epoch AND d.state = 'approved'),
    (SELECT token FROM devices d WHERE d.id = device_keys.device AND d.epoch = device_keys.epoch),
    (SELECT json_extract(json, '$.token') FROM events e
     WHERE e.device = device_keys.device AND e.kind = 'enrolled' AND device_keys.epoch = 1));
  CREATE INDEX device_keys_by_token ON device_keys (token);
  `,
  USED_WHEN_TOLD,
  `
  -- Places that have failed ever since the device was first told whole: what shows when one is read is not new. No path: the whole source.
  CREATE TABLE never_read (
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    user TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (device, source, user, path, state)
  ) STRICT, WITHOUT ROWID;
  -- Of devices from before, whether they were ever read is not known.
  INSERT INTO never_read
    SELECT device, source, iif(reports = 1, '', path), user, state
    FROM (SELECT *, count(*) OVER (PARTITION BY device, source, user) AS reports FROM sources)
    WHERE state NOT IN ('parsed', 'absent') AND device IN (SELECT id FROM devices WHERE first_snapshot_at IS NOT NULL);
  `,
  REACH_OF_ALL_THAT_RUNS,
  `
  -- The record by kind, newest first.
  CREATE INDEX events_of_kind ON events (kind, id);
  -- Results go by when findings were told: evidence of anything else confirms none of them.
  ALTER TABLE devices DROP COLUMN evidence_at;
  `,
  UNFINISHED_BATCHES,
]
