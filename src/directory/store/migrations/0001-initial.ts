import { API } from './0001-api.ts'
import { CLAIMS } from './0001-claims.ts'
import { ENROLMENT } from './0001-enrolment.ts'
import { LISTS } from './0001-lists.ts'
import { REGISTER } from './0001-register.ts'
import { REVIEWS } from './0001-reviews.ts'
import { RULES } from './0001-rules.ts'
import { SCIM } from './0001-scim.ts'
import { SIGHTINGS } from './0001-sightings.ts'
import { STOP_SCOPES } from './0001-stop-scopes.ts'
import { STOPS } from './0001-stops.ts'
import { TAMPER } from './0001-tamper.ts'
import { ZOMBIES } from './0001-zombies.ts'

/** The tables. Times are milliseconds since 1970, hashes and keys base64url. A wire schema has read each `json` column. */

const PRINCIPALS = `
  CREATE TABLE principals (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE UNIQUE INDEX principals_by_name ON principals (kind, name COLLATE NOCASE) WHERE revoked_at IS NULL;
`

const DEVICES = `
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    -- NULL: whom the preregistration of the device names.
    owner TEXT,
    serial TEXT,
    preregistered INTEGER NOT NULL DEFAULT 0,
    minimum_tier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Which new devices wait for a human. NULL: none.
    pending TEXT CHECK (pending IN ('all', 'unlisted')),
    -- Devices without a TPM are not told apart by their serial numbers.
    unbound INTEGER NOT NULL DEFAULT 0,
    uses INTEGER NOT NULL CHECK (uses >= 1),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;

  -- Devices that tokens for preregistered devices take, each once. device: which one enrolled with it.
  CREATE TABLE preregistrations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    device TEXT,
    enrolled_at INTEGER,
    UNIQUE (kind, name_key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'retired')),
    tier TEXT NOT NULL,
    owner TEXT NOT NULL,
    -- The owner as a name of a human is compared. NULL: it can be no name.
    owner_key TEXT,
    token TEXT NOT NULL REFERENCES tokens (id),
    application_key TEXT NOT NULL UNIQUE,
    -- SHA-256 of the EK's SubjectPublicKeyInfo: one TPM is one device, for ever. NULL for keys outside a TPM.
    endorsement_hash TEXT UNIQUE,
    endorsement_json TEXT,
    attestation_public TEXT,
    counters_json TEXT,
    pcrs_json TEXT,
    label_json TEXT NOT NULL,
    notes_json TEXT NOT NULL DEFAULT '[]',
    enrolled_at INTEGER NOT NULL,
    -- When the device first attested or reported under its own id. After that its token cannot be retried.
    confirmed_at INTEGER,
    attested_at INTEGER,
    -- Code of the newest attestation if it failed. The next success clears it.
    attestation_failure TEXT,
    attestation_failed_at INTEGER,
    last_seen INTEGER,
    -- When all findings were last reported, perhaps unchanged.
    findings_at INTEGER,
    -- When the first full snapshot was complete: what appears later is new on the device.
    first_snapshot_at INTEGER,
    -- Head of the chain in this epoch: the highest contiguous sequence that is durable.
    sequence INTEGER NOT NULL DEFAULT 0,
    head TEXT NOT NULL,
    evidence_bytes INTEGER NOT NULL DEFAULT 0,
    last_order INTEGER NOT NULL DEFAULT 0,
    -- What administrators say of it: an object of texts.
    labels_json TEXT NOT NULL DEFAULT '{}',
    -- When two batches first appeared at one chain position. Only a new epoch clears it.
    forked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  -- A token may have enrolled a hundred thousand: each hello asks for those that did not speak yet.
  CREATE INDEX devices_unconfirmed ON devices (token) WHERE confirmed_at IS NULL AND status = 'active';
  CREATE INDEX devices_forked ON devices (status) WHERE forked_at IS NOT NULL;
  CREATE INDEX devices_retired ON devices (id) WHERE status = 'retired';
  CREATE INDEX devices_by_owner ON devices (owner);
  CREATE INDEX devices_by_owner_key ON devices (owner_key) WHERE owner_key IS NOT NULL;
  CREATE INDEX devices_by_host ON devices (lower(json_extract(label_json, '$.hostname')));
  CREATE INDEX devices_by_serial ON devices (json_extract(label_json, '$.serial'));
  CREATE INDEX devices_by_machine_id ON devices (json_extract(label_json, '$.machineId'));

  -- Key, TPM and token of every epoch: old evidence stays verifiable, and an old key or TPM still names its device.
  CREATE TABLE device_keys (
    device TEXT NOT NULL REFERENCES devices (id),
    epoch INTEGER NOT NULL,
    application_key TEXT NOT NULL,
    endorsement_hash TEXT,
    token TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    PRIMARY KEY (device, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_keys_by_key ON device_keys (application_key);
  CREATE INDEX device_keys_by_endorsement ON device_keys (endorsement_hash) WHERE endorsement_hash IS NOT NULL;
  CREATE INDEX device_keys_by_token ON device_keys (token, enrolled_at);

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
    decided_reason TEXT,
    UNIQUE (device, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX re_enrolments_by_token ON re_enrolments (token, created_at);
  CREATE INDEX re_enrolments_undecided ON re_enrolments (token) WHERE state = 'pending';
  CREATE INDEX re_enrolments_pending ON re_enrolments (device) WHERE state = 'pending';

  -- Results as they were appraised. Whether they have expired is computed at each read.
  CREATE TABLE results (
    device TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    verdict TEXT NOT NULL,
    appraised_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    -- Version of the policy that made it. 0: the default.
    policy INTEGER NOT NULL DEFAULT 0,
    -- When a grace or an exemption in it ends.
    changes_at INTEGER,
    -- Checks that do not count for now: an object of in-grace and exempt by name.
    excuses TEXT NOT NULL DEFAULT '{}'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX results_by_policy ON results (policy);
  CREATE INDEX results_changing ON results (changes_at) WHERE changes_at IS NOT NULL;

  -- Versions of the policy: YAML. The newest is in use.
  CREATE TABLE policies (
    version INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    forced INTEGER NOT NULL,
    restores INTEGER
  ) STRICT;

  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id),
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- The id of the stop that it is about, or of the drill.
    stop TEXT,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    not_after INTEGER NOT NULL,
    jws TEXT NOT NULL,
    -- Changed by a receipt. Whether a pending order has expired is computed at each read.
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'refused', 'expired', 'withdrawn')),
    UNIQUE (device, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX orders_pending ON orders (device, number) WHERE state = 'pending';
  CREATE TABLE receipts (
    order_id TEXT PRIMARY KEY REFERENCES orders (id),
    device TEXT NOT NULL,
    number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    time INTEGER NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The catalogue for devices: canonical JSON, or the JWS of its publisher. At most one row.
  CREATE TABLE catalogue (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL
  ) STRICT;
`

/** Triggers keep these tables append only, so that a mistake in the code fails. */
const appendOnly = (table: 'audit' | 'activity' | 'policies') => `
  CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table}
    BEGIN SELECT RAISE(ABORT, '${table} is append only'); END;
  CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table}
    BEGIN SELECT RAISE(ABORT, '${table} is append only'); END;
`

/** `audit` and `activity` share one sequence of ids: the API reads them as one list. */
const EVENTS = `
  -- What people did, and what devices answered to stops.
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    device TEXT,
    details_json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_device ON audit (device, id);
  CREATE INDEX audit_by_act ON audit (act, id);
  CREATE INDEX audit_by_subject ON audit (subject, id);
  CREATE INDEX audit_by_device_and_act ON audit (device, act, id);
  ${appendOnly('audit')}
  -- News about devices. The code bounds how many rows one device may cause in a day.
  CREATE TABLE activity (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    device TEXT,
    detail_json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX activity_by_device ON activity (device, id);
  CREATE INDEX activity_by_kind ON activity (kind, id);
  CREATE INDEX activity_by_device_and_kind ON activity (device, kind, at);
  CREATE INDEX activity_by_token ON activity (json_extract(detail_json, '$.token'), at) WHERE kind = 'enrolment-refused';
  ${appendOnly('activity')}
  ${appendOnly('policies')}
`

/** How long past states of checks are kept, and how many of one device. */
export const PAST_DAYS = 31
export const PAST_CHANGES = 500

const EVIDENCE = `
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

  -- Current findings. since: first failure or unknown without a pass since. NULL while it passes or does not apply.
  CREATE TABLE findings (
    device TEXT NOT NULL,
    check_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pass', 'fail', 'unknown', 'not-applicable')),
    text TEXT NOT NULL,
    since INTEGER,
    observed_at INTEGER NOT NULL,
    PRIMARY KEY (device, check_name)
  ) STRICT, WITHOUT ROWID;

  -- States of checks until they changed, without their texts. Old ones go when another comes, so a device keeps few.
  CREATE TABLE past_findings (
    device TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    check_name TEXT NOT NULL,
    state TEXT NOT NULL,
    since INTEGER,
    PRIMARY KEY (device, ended_at, check_name)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER findings_past AFTER UPDATE ON findings WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO past_findings (device, ended_at, check_name, state, since)
      VALUES (OLD.device, NEW.observed_at, OLD.check_name, OLD.state, OLD.since) ON CONFLICT DO NOTHING;
    DELETE FROM past_findings WHERE device = OLD.device AND ended_at < max(
      NEW.observed_at - ${PAST_DAYS} * 86400000,
      coalesce((SELECT ended_at FROM past_findings WHERE device = OLD.device
        ORDER BY ended_at DESC LIMIT 1 OFFSET ${PAST_CHANGES}), 0));
  END;

  CREATE TABLE inventory (device TEXT PRIMARY KEY, json TEXT NOT NULL, observed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  -- json: an array of health warnings.
  CREATE TABLE health (device TEXT PRIMARY KEY, json TEXT NOT NULL, observed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- Stored evidence that is acknowledged but not yet applied completely. The next start finishes it.
  CREATE TABLE unfinished_batches (
    device TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, sequence)
  ) STRICT, WITHOUT ROWID;

  -- Stored evidence that could not be applied. While a device has a row, its verdict cannot be good.
  CREATE TABLE unprocessed (
    device TEXT NOT NULL,
    part TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    message TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (device, part)
  ) STRICT, WITHOUT ROWID;

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

  -- Sources that have failed ever since the first full snapshot: what the first success shows is not new. No path: the source.
  CREATE TABLE first_snapshot_gaps (
    device TEXT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    user TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (device, source, user, path, state)
  ) STRICT, WITHOUT ROWID;
`

const WATERMARK = `
  -- Transactions so far. The watermark beside the database says how many there must be.
  CREATE TABLE watermark (id INTEGER PRIMARY KEY CHECK (id = 1), commits INTEGER NOT NULL) STRICT;
  INSERT INTO watermark VALUES (1, 0);
`

const PARTS = [
  ...[PRINCIPALS, DEVICES, STOPS, EVENTS, EVIDENCE, SIGHTINGS, LISTS, REGISTER, CLAIMS, API, RULES, ENROLMENT],
  ...[SCIM, ZOMBIES, REVIEWS, STOP_SCOPES, TAMPER, WATERMARK],
]

export const INITIAL = PARTS.join('\n')
