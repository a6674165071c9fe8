import { IN_FORCE } from './0001-stops.ts'

/**
 * Agents as they are seen: one product of one user on one device. Its sightings come and go. Triggers note what has to be
 * matched again, so that no writer of sightings, registrations, accounts or stops can forget it.
 */

const TABLES = `
  CREATE TABLE seen_agents (
    number INTEGER PRIMARY KEY,
    -- Made from device, item and user.
    id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL REFERENCES devices (id),
    -- As in device_items.
    item TEXT NOT NULL,
    -- As a stop selects it.
    product TEXT NOT NULL,
    -- uid or SID. '': of no user.
    user_id TEXT NOT NULL,
    user_name TEXT,
    -- Whose account it is, confirmed or proposed.
    human TEXT REFERENCES humans (id),
    name TEXT NOT NULL,
    -- Folded, for search.
    name_key TEXT NOT NULL,
    -- A running sighting, else the newest.
    sighting TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unknown', 'registered', 'ignored', 'blocked')),
    registration TEXT REFERENCES registrations (id),
    -- Of the state: 'match', the id of a principal, a rule or a stop.
    decided_by TEXT,
    decided_at INTEGER,
    -- What a person said: no registration is needed here. It shows while no registration matches and no stop blocks.
    ignored_by TEXT,
    ignored_at INTEGER,
    ignored_reason TEXT,
    ignored_until INTEGER,
    -- Sightings of it now. 0 on a retired device.
    present INTEGER NOT NULL,
    running INTEGER NOT NULL,
    autonomous INTEGER NOT NULL,
    version TEXT,
    executable TEXT,
    workspace TEXT,
    -- Executables of running ones, without their versions, as first seen or registered: a JSON array.
    executables TEXT NOT NULL DEFAULT '[]',
    -- MCP servers that start something else than when it was first seen or registered: launch hash of that time by sighting.
    launches TEXT NOT NULL DEFAULT '{}',
    -- Words of DEVIATIONS, as a JSON array.
    deviations TEXT NOT NULL DEFAULT '[]',
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    UNIQUE (device, item, user_id),
    CHECK ((state = 'registered') = (registration IS NOT NULL)),
    CHECK ((ignored_at IS NULL) = (ignored_by IS NULL))
  ) STRICT;
  CREATE INDEX seen_agents_by_state ON seen_agents (state, first_seen, number) WHERE present > 0;
  CREATE INDEX seen_agents_by_item_and_state ON seen_agents (item, state, first_seen, number) WHERE present > 0;
  CREATE INDEX seen_agents_by_item ON seen_agents (item, number) WHERE present > 0;
  CREATE INDEX seen_agents_by_product ON seen_agents (product, number) WHERE present > 0 AND state <> 'registered';
  CREATE INDEX seen_agents_by_device ON seen_agents (device, first_seen, number);
  CREATE INDEX seen_agents_by_human ON seen_agents (human, first_seen, number) WHERE human IS NOT NULL;
  CREATE INDEX seen_agents_by_name ON seen_agents (name_key, number) WHERE present > 0;
  CREATE INDEX seen_agents_by_registration ON seen_agents (registration, first_seen, number) WHERE registration IS NOT NULL;
  CREATE INDEX seen_agents_running ON seen_agents (registration) WHERE registration IS NOT NULL AND running > 0;
  CREATE INDEX seen_agents_autonomous ON seen_agents (state, first_seen, number) WHERE present > 0 AND autonomous > 0;
  CREATE INDEX seen_agents_deviating ON seen_agents (first_seen, number) WHERE deviations <> '[]';
  CREATE INDEX seen_agents_ignored ON seen_agents (ignored_until) WHERE ignored_until IS NOT NULL;

  -- Seen agents whose sightings changed since they were last taken in.
  CREATE TABLE seen_touched (
    device TEXT NOT NULL,
    item TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (device, item, user_id)
  ) STRICT, WITHOUT ROWID;

  -- Seen agents that differ from their registration in a new way: the setting has not acted on it yet.
  CREATE TABLE seen_news (seen INTEGER PRIMARY KEY REFERENCES seen_agents (number) ON DELETE CASCADE) STRICT;

  -- Seen agents to match again, by what selects them; '': any. Those up to the number in after are done.
  CREATE TABLE seen_rematches (
    number INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    device TEXT NOT NULL,
    human TEXT NOT NULL,
    product TEXT NOT NULL,
    after INTEGER NOT NULL DEFAULT 0,
    UNIQUE (item, device, human, product)
  ) STRICT;
`

/** The sightings of a seen agent. Queries repeat the condition of the partial index word for word. */
const SIGHTINGS = `
  CREATE INDEX sightings_by_seen_agent ON sightings (device, item, user_id, state, autonomous, id)
    WHERE gone_at IS NULL AND kind = 'agent';
`

const touch = (row: 'OLD' | 'NEW') =>
  `INSERT INTO seen_touched SELECT ${row}.device, ${row}.item, ${row}.user_id
     WHERE ${row}.kind = 'agent' AND ${row}.item IS NOT NULL ON CONFLICT DO NOTHING;`

/** A sighting that is reported unchanged updates none of the named columns. */
const TOUCHED = `
  CREATE TRIGGER sightings_seen AFTER INSERT ON sightings WHEN NEW.kind = 'agent' BEGIN ${touch('NEW')} END;
  CREATE TRIGGER sightings_seen_again AFTER UPDATE OF json, kind, gone_at ON sightings
    WHEN OLD.kind = 'agent' OR NEW.kind = 'agent' BEGIN ${touch('OLD')} ${touch('NEW')} END;
  CREATE TRIGGER device_items_unseen AFTER DELETE ON device_items WHEN OLD.kind = 'agent' BEGIN
    DELETE FROM seen_agents WHERE device = OLD.device AND item = OLD.item;
  END;
`

const counted = (column: string) =>
  `(SELECT ${column} FROM sightings s INDEXED BY sightings_by_seen_agent
    WHERE s.device = seen_agents.device AND s.item = seen_agents.item AND s.user_id = seen_agents.user_id
      AND s.gone_at IS NULL AND s.kind = 'agent')`

/** Nothing is in the inbox for a retired device, until it enrols again. */
const RETIRED = `
  CREATE TRIGGER devices_unseen AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status AND NEW.status = 'retired'
  BEGIN
    UPDATE seen_agents SET present = 0, running = 0, autonomous = 0, deviations = '[]' WHERE device = NEW.id;
  END;
  CREATE TRIGGER devices_seen AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status AND NEW.status = 'active'
  BEGIN
    UPDATE seen_agents SET present = ${counted('count(*)')} WHERE device = NEW.id;
    ${rematch(`'', NEW.id, '', ''`)}
  END;
`

/** @param selected SQL for item, device, human and product. */
function rematch(selected: string, where = 'true'): string {
  return `INSERT INTO seen_rematches (item, device, human, product) SELECT ${selected} WHERE ${where}
    ON CONFLICT DO UPDATE SET after = 0;`
}

/** States in which a registration matches nothing. */
export const UNMATCHED_STATES = ['provisioning', 'retired'] as const
const isUnmatched = (row: 'OLD' | 'NEW') =>
  `(${row}.state IN (${UNMATCHED_STATES.map((one) => `'${one}'`).join(', ')}))`
const ofRegistration = (row: 'OLD' | 'NEW') => `${row}.item, ${row}.device, ${row}.human, ''`

const REMATCHES = `
  CREATE TRIGGER registrations_matched AFTER INSERT ON registrations WHEN NOT ${isUnmatched('NEW')} BEGIN
    ${rematch(ofRegistration('NEW'))}
  END;
  CREATE TRIGGER registrations_rematched AFTER UPDATE ON registrations
    WHEN NOT (${isUnmatched('OLD')} AND ${isUnmatched('NEW')}) AND (
      OLD.json <> NEW.json OR ${isUnmatched('OLD')} <> ${isUnmatched('NEW')} OR OLD.single <> NEW.single
      OR OLD.autonomy_ceiling IS NOT NEW.autonomy_ceiling
      OR (OLD.item, OLD.device, OLD.human) IS NOT (NEW.item, NEW.device, NEW.human))
  BEGIN
    ${rematch(ofRegistration('OLD'), `NOT ${isUnmatched('OLD')}`)}
    ${rematch(ofRegistration('NEW'), `NOT ${isUnmatched('NEW')}`)}
  END;
  CREATE TRIGGER accounts_matched AFTER INSERT ON accounts WHEN NEW.human IS NOT NULL BEGIN
    ${rematch(`'', NEW.device, '', ''`)}
  END;
  CREATE TRIGGER accounts_rematched AFTER UPDATE OF human ON accounts WHEN OLD.human IS NOT NEW.human BEGIN ${rematch(`'', NEW.device, '', ''`)} END;
`

const inForce = (row: 'OLD' | 'NEW') => `(${IN_FORCE.replaceAll('state', `${row}.state`)})`

/** A stop of a product blocks what no registration matches. */
const BLOCKS = `
  ALTER TABLE stops ADD COLUMN product TEXT GENERATED ALWAYS AS (json_extract(json, '$.selector.product')) VIRTUAL;
  CREATE INDEX stops_by_product ON stops (product, device) WHERE product IS NOT NULL AND ${IN_FORCE};
  CREATE TRIGGER stops_blocking AFTER INSERT ON stops WHEN NEW.product IS NOT NULL AND ${inForce('NEW')} BEGIN
    ${rematch(`'', coalesce(NEW.device, ''), '', NEW.product`)}
  END;
  CREATE TRIGGER stops_blocking_no_more AFTER UPDATE OF state ON stops
    WHEN NEW.product IS NOT NULL AND ${inForce('OLD')} <> ${inForce('NEW')}
  BEGIN ${rematch(`'', coalesce(NEW.device, ''), '', NEW.product`)} END;
`

const deviates = (row: 'OLD' | 'NEW') => `(${row}.deviations <> '[]')`
const countDeviating = (by: string) =>
  `INSERT INTO register_counts VALUES ('deviating_agents', 'now', ${by}) ON CONFLICT DO UPDATE SET count = count + (${by});`

const DEVIATING = `
  CREATE TRIGGER seen_agents_deviate AFTER UPDATE OF deviations ON seen_agents WHEN ${deviates('OLD')} <> ${deviates('NEW')}
    BEGIN ${countDeviating(`iif(${deviates('NEW')}, 1, -1)`)} END;
  CREATE TRIGGER seen_agents_came_deviating AFTER INSERT ON seen_agents WHEN ${deviates('NEW')}
    BEGIN ${countDeviating('1')} END;
  CREATE TRIGGER seen_agents_went_deviating AFTER DELETE ON seen_agents WHEN ${deviates('OLD')}
    BEGIN ${countDeviating('-1')} END;
  CREATE TRIGGER devices_enrolled AFTER INSERT ON devices BEGIN
    INSERT INTO register_counts VALUES ('devices', NEW.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER devices_moved AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status BEGIN
    UPDATE register_counts SET count = count - 1 WHERE noun = 'devices' AND state = OLD.status;
    INSERT INTO register_counts VALUES ('devices', NEW.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  END;
`

export const SEEN = [TABLES, SIGHTINGS, TOUCHED, RETIRED, REMATCHES, BLOCKS, DEVIATING].join('\n')
