/**
 * Stops, and the devices in their scope. Triggers count and bring devices that enrol into scope, so no writer can forget either.
 */

/** The condition of the partial index, word for word. */
export const IN_FORCE = `state IN ('standing', 'release-waiting')`

const TABLES = `
  CREATE TABLE stops (
    -- In the order of creation.
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('freeze', 'retire', 'drill')),
    -- The only device in scope. NULL: all.
    device TEXT REFERENCES devices (id),
    -- What of the register it selects by.
    registration TEXT,
    human TEXT,
    people_group TEXT,
    -- The register says which devices are in scope. Set as it spreads.
    narrow INTEGER NOT NULL DEFAULT 0,
    -- The register made it: it holds a registration.
    by_register INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'withdrawn', 'standing', 'release-waiting', 'released', 'ended')),
    created_at INTEGER NOT NULL,
    -- When it ends by itself, or lapses while it waits.
    ends_at INTEGER,
    -- Devices up to this id have been brought to the present state. NULL: all of them.
    spread_after TEXT,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX stops_in_force ON stops (ends_at) WHERE ${IN_FORCE};
  CREATE INDEX stops_by_state ON stops (state, number);
  CREATE INDEX stops_of_people ON stops (state) WHERE by_register = 0;
  CREATE INDEX stops_by_registration ON stops (registration) WHERE registration IS NOT NULL;
  CREATE INDEX stops_by_human ON stops (human) WHERE human IS NOT NULL;
  CREATE INDEX stops_by_group ON stops (people_group) WHERE people_group IS NOT NULL;
  CREATE INDEX stops_spreading ON stops (number) WHERE spread_after IS NOT NULL;

  CREATE TABLE stop_devices (
    stop INTEGER NOT NULL REFERENCES stops (number),
    device TEXT NOT NULL REFERENCES devices (id),
    state TEXT NOT NULL CHECK (state IN
      ('waiting', 'frozen', 'nothing-matched', 'failed', 'releasing', 'released', 'release-failed')),
    -- From when on another order is due. NULL: none will be.
    due_at INTEGER,
    -- The newest order.
    order_id TEXT,
    ordered_at INTEGER,
    -- What the newest order selects on this device, of a stop that selects by the register.
    selector_json TEXT,
    answered_at INTEGER,
    code TEXT,
    agents INTEGER NOT NULL DEFAULT 0,
    processes INTEGER NOT NULL DEFAULT 0,
    frozen_later INTEGER NOT NULL DEFAULT 0,
    ended_later INTEGER NOT NULL DEFAULT 0,
    escaped INTEGER NOT NULL DEFAULT 0,
    -- The stop receipt of the newest answer to a freeze, retire or drill.
    receipt_json TEXT,
    PRIMARY KEY (stop, device)
  ) STRICT;
  CREATE INDEX stop_devices_by_state ON stop_devices (stop, state, device);
  CREATE INDEX stop_devices_due ON stop_devices (device, due_at, stop) WHERE due_at IS NOT NULL;

  CREATE TABLE stop_states (
    stop INTEGER NOT NULL,
    state TEXT NOT NULL,
    devices INTEGER NOT NULL,
    agents INTEGER NOT NULL,
    processes INTEGER NOT NULL,
    PRIMARY KEY (stop, state)
  ) STRICT, WITHOUT ROWID;
`

const COUNT_NEW = `
  INSERT INTO stop_states VALUES (NEW.stop, NEW.state, 1, NEW.agents, NEW.processes)
    ON CONFLICT DO UPDATE SET devices = devices + 1, agents = agents + NEW.agents, processes = processes + NEW.processes;
`
const DISCOUNT_OLD = `
  UPDATE stop_states SET devices = devices - 1, agents = agents - OLD.agents, processes = processes - OLD.processes
    WHERE stop = OLD.stop AND state = OLD.state;
`
const COUNTING = `
  CREATE TRIGGER stop_devices_counted AFTER INSERT ON stop_devices BEGIN ${COUNT_NEW} END;
  CREATE TRIGGER stop_devices_recounted AFTER UPDATE OF state, agents, processes ON stop_devices
    WHEN OLD.state <> NEW.state OR OLD.agents <> NEW.agents OR OLD.processes <> NEW.processes
    BEGIN ${DISCOUNT_OLD} ${COUNT_NEW} END;
  CREATE TRIGGER stop_devices_discounted AFTER DELETE ON stop_devices BEGIN ${DISCOUNT_OLD} END;
`

const STANDING = `SELECT number, NEW.id, 'waiting', 0 FROM stops WHERE ${IN_FORCE} AND kind <> 'drill' AND narrow = 0`

/** A device with a new key starts from nothing: it gets every order again. */
const ENROLLING = `
  CREATE TRIGGER devices_stopped AFTER INSERT ON devices WHEN NEW.status = 'active' BEGIN
    INSERT INTO stop_devices (stop, device, state, due_at) ${STANDING} AND device IS NULL;
  END;
  CREATE TRIGGER devices_stopped_again AFTER UPDATE OF epoch ON devices WHEN OLD.epoch <> NEW.epoch BEGIN
    INSERT INTO stop_devices (stop, device, state, due_at) ${STANDING} AND (device IS NULL OR device = NEW.id)
      ON CONFLICT DO UPDATE SET state = 'waiting', due_at = 0;
    UPDATE stop_devices SET state = 'waiting', due_at = 0
      WHERE device = NEW.id AND state IN ('frozen', 'nothing-matched', 'failed')
        AND stop IN (SELECT number FROM stops WHERE ${IN_FORCE} AND narrow = 1);
    UPDATE stop_devices SET due_at = 0 WHERE device = NEW.id AND due_at IS NOT NULL;
  END;
  CREATE TRIGGER devices_unstopped AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status AND NEW.status = 'retired'
  BEGIN
    DELETE FROM stop_devices WHERE device = NEW.id AND due_at IS NOT NULL;
  END;
`

export const STOPS = [TABLES, COUNTING, ENROLLING].join('\n')
