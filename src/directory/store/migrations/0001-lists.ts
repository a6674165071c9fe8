import { versionNumberSql } from './version-number.ts'

/**
 * What lists of devices filter and sort by, in narrow rows: a page and its total read no JSON of a device. Triggers keep the rows,
 * so no writer can forget them.
 */

const hostOf = (row: string) => `lower(json_extract(${row}.label_json, '$.hostname'))`

const LISTED = `
  CREATE TABLE listed_devices (
    device TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    tier TEXT NOT NULL,
    owner TEXT NOT NULL,
    -- In lower case, as the device says them. os: name and version.
    host TEXT NOT NULL,
    platform TEXT NOT NULL,
    os TEXT,
    -- Of its daemon, as the inventory says. daemon_version: see versionNumberSql.
    daemon_version INTEGER,
    updates TEXT,
    channel TEXT,
    labels TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    last_seen INTEGER,
    -- Of the result as it was appraised. NULL before the first.
    verdict TEXT,
    appraised_at INTEGER,
    valid_until INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX listed_by_host ON listed_devices (status, host);
  CREATE INDEX listed_by_owner ON listed_devices (status, owner);
  CREATE INDEX listed_by_daemon ON listed_devices (status, updates, daemon_version);
  CREATE INDEX listed_by_verdict ON listed_devices (status, tier, verdict, valid_until, appraised_at);

  -- Codes of the health warnings that each device reports.
  CREATE TABLE device_warnings (
    device TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (device, code)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX device_warnings_by_code ON device_warnings (code, device);

  CREATE TRIGGER devices_listed AFTER INSERT ON devices BEGIN
    INSERT INTO listed_devices
      (device, status, tier, owner, host, platform, labels, enrolled_at, last_seen)
    VALUES (NEW.id, NEW.status, NEW.tier, NEW.owner, ${hostOf('NEW')}, json_extract(NEW.label_json, '$.platform'),
      NEW.labels_json, NEW.enrolled_at, NEW.last_seen);
  END;
  CREATE TRIGGER devices_relisted AFTER UPDATE OF status, tier, owner, label_json, labels_json ON devices BEGIN
    UPDATE listed_devices SET status = NEW.status, tier = NEW.tier, owner = NEW.owner, host = ${hostOf('NEW')},
      platform = json_extract(NEW.label_json, '$.platform'), labels = NEW.labels_json
    WHERE device = NEW.id;
  END;
  CREATE TRIGGER devices_heard AFTER UPDATE OF last_seen ON devices BEGIN
    UPDATE listed_devices SET last_seen = NEW.last_seen WHERE device = NEW.id;
  END;
  ${['INSERT', 'UPDATE']
    .map(
      (event) => `
  CREATE TRIGGER results_listed_${event.toLowerCase()} AFTER ${event} ON results BEGIN
    UPDATE listed_devices SET verdict = NEW.verdict, appraised_at = NEW.appraised_at, valid_until = NEW.valid_until
    WHERE device = NEW.device;
  END;
  CREATE TRIGGER inventory_listed_${event.toLowerCase()} AFTER ${event} ON inventory BEGIN
    UPDATE listed_devices
    SET os = lower(json_extract(NEW.json, '$.osName') || ' ' || json_extract(NEW.json, '$.osVersion')),
      daemon_version = ${versionNumberSql("json_extract(NEW.json, '$.daemon.version')")},
      updates = json_extract(NEW.json, '$.daemon.updates'), channel = json_extract(NEW.json, '$.daemon.channel')
    WHERE device = NEW.device;
  END;
  CREATE TRIGGER health_listed_${event.toLowerCase()} AFTER ${event} ON health BEGIN
    DELETE FROM device_warnings WHERE device = NEW.device;
    INSERT INTO device_warnings SELECT DISTINCT NEW.device, json_extract(value, '$.code') FROM json_each(NEW.json);
  END;`,
    )
    .join('')}

  CREATE INDEX findings_failing ON findings (check_name, device) WHERE state = 'fail';
`

const isActive = (device: string) => `(SELECT status FROM devices WHERE id = ${device}) = 'active'`
const CHANGED = 'ON CONFLICT DO UPDATE SET devices = devices + excluded.devices'

/** `in-grace` and `exempt` are of results: such checks are among those that fail or are unknown. */
const COUNTED = `
  -- Checks of devices that are not retired, by state.
  CREATE TABLE check_counts (
    check_name TEXT NOT NULL,
    state TEXT NOT NULL,
    devices INTEGER NOT NULL,
    PRIMARY KEY (check_name, state)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER findings_counted AFTER INSERT ON findings WHEN ${isActive('NEW.device')} BEGIN
    INSERT INTO check_counts VALUES (NEW.check_name, NEW.state, 1) ${CHANGED};
  END;
  CREATE TRIGGER findings_recounted AFTER UPDATE OF state ON findings
    WHEN OLD.state <> NEW.state AND ${isActive('NEW.device')} BEGIN
    INSERT INTO check_counts VALUES (OLD.check_name, OLD.state, -1) ${CHANGED};
    INSERT INTO check_counts VALUES (NEW.check_name, NEW.state, 1) ${CHANGED};
  END;
  CREATE TRIGGER findings_discounted AFTER DELETE ON findings WHEN ${isActive('OLD.device')} BEGIN
    INSERT INTO check_counts VALUES (OLD.check_name, OLD.state, -1) ${CHANGED};
  END;
  CREATE TRIGGER excuses_counted AFTER INSERT ON results WHEN NEW.excuses <> '{}' AND ${isActive('NEW.device')} BEGIN
    INSERT INTO check_counts SELECT key, value, 1 FROM json_each(NEW.excuses) WHERE true ${CHANGED};
  END;
  CREATE TRIGGER excuses_recounted AFTER UPDATE OF excuses ON results
    WHEN OLD.excuses <> NEW.excuses AND ${isActive('NEW.device')} BEGIN
    INSERT INTO check_counts SELECT key, value, -1 FROM json_each(OLD.excuses) WHERE true ${CHANGED};
    INSERT INTO check_counts SELECT key, value, 1 FROM json_each(NEW.excuses) WHERE true ${CHANGED};
  END;
  CREATE TRIGGER devices_checks_counted AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status BEGIN
    INSERT INTO check_counts
      SELECT check_name, state, iif(NEW.status = 'active', 1, -1) FROM findings WHERE device = NEW.id ${CHANGED};
    INSERT INTO check_counts
      SELECT e.key, e.value, iif(NEW.status = 'active', 1, -1) FROM results r, json_each(r.excuses) e
      WHERE r.device = NEW.id ${CHANGED};
  END;
`

export const LISTS = [LISTED, COUNTED].join('\n')
