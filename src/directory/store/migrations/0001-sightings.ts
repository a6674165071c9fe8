import { itemSql } from './item-key.ts'

/**
 * Sightings, and the counts that answer each question about the fleet from an index. What a query needs of a sighting is a
 * generated column, and triggers count, so no writer can forget either.
 */

const reported = (member: string) => `json_extract(json, '$.${member}')`
const home = (root: string) => `'${root}/' || coalesce(${reported('user.name')}, '') || '/'`

/** What an MCP server starts or reaches, comparable between homes and devices. `api-fleet.ts` takes 512 characters. */
const REACH = `CASE kind WHEN 'mcp-server' THEN substr(coalesce(
      nullif(ltrim(
        coalesce(${reported('package.ecosystem')} || ' ' || ${reported('package.name')}, '')
        || coalesce(' ' || ${reported('runs.kind')} || ' ' || ${reported('runs.name')}, '')
        || coalesce(' ' || ${reported('endpoint')}, '')), ''),
      replace(replace(${reported('command')}, ${home('/home')}, '~/'), ${home('/Users')}, '~/'),
      ''), 1, 512) END`

const anyOf = (...members: readonly string[]) => members.map((one) => `coalesce(${reported(one)}, 0)`).join(' OR ')

/** Others can read a secret of it or change what it does. */
const RISKY = `CASE kind
      WHEN 'mcp-server' THEN ${anyOf('plaintextSecret', 'cleartext', 'writableByOthers', 'programWritableByOthers')}
      WHEN 'agent-file' THEN ${anyOf('writableByOthers', 'invisibleUnicode')}
      ELSE 0 END`

const TABLES = `
  -- gone_at is NULL while the thing is there.
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
    item TEXT GENERATED ALWAYS AS (${itemSql('json', 'kind')}) VIRTUAL,
    state TEXT GENERATED ALWAYS AS (${reported('state')}) VIRTUAL,
    version TEXT GENERATED ALWAYS AS (${reported('version')}) VIRTUAL,
    unknown INTEGER GENERATED ALWAYS AS (
      kind = 'agent' AND (${reported('agentKind')} = 'unknown' OR ${reported('catalogueId')} IS NULL)) VIRTUAL,
    autonomous INTEGER GENERATED ALWAYS AS (coalesce(${reported('autonomy.level')} = 'autonomous', 0)) VIRTUAL,
    end_of_life TEXT GENERATED ALWAYS AS (${reported('endOfLife')}) VIRTUAL,
    last_used INTEGER GENERATED ALWAYS AS (${reported('lastUsedAt')}) VIRTUAL,
    ai INTEGER GENERATED ALWAYS AS (coalesce(${reported('ai')}, 0)) VIRTUAL,
    reach TEXT GENERATED ALWAYS AS (${REACH}) VIRTUAL,
    risky INTEGER GENERATED ALWAYS AS (${RISKY}) VIRTUAL,
    user_id TEXT GENERATED ALWAYS AS (coalesce(${reported('user.id')}, '')) VIRTUAL,
    PRIMARY KEY (device, id)
  ) STRICT;
  CREATE INDEX sightings_present ON sightings (kind, device, id) WHERE gone_at IS NULL;
  CREATE INDEX sightings_by_item ON sightings (kind, item, device, id, version) WHERE gone_at IS NULL;
  CREATE INDEX sightings_running ON sightings (kind, device, id) WHERE gone_at IS NULL AND state = 'running';
  CREATE INDEX sightings_unknown ON sightings (device, id) WHERE gone_at IS NULL AND unknown = 1;
  CREATE INDEX sightings_autonomous ON sightings (device, id) WHERE gone_at IS NULL AND autonomous = 1;
  CREATE INDEX sightings_end_of_life ON sightings (end_of_life, device, id)
    WHERE gone_at IS NULL AND end_of_life IS NOT NULL;
  CREATE INDEX sightings_ai ON sightings (device, id) WHERE gone_at IS NULL AND ai = 1;
  CREATE INDEX sightings_by_reach ON sightings (item, reach, device) WHERE gone_at IS NULL AND kind = 'mcp-server';

  -- A thing on a device, also after it has gone. present, running, autonomous: its sightings now.
  CREATE TABLE device_items (
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    present INTEGER NOT NULL,
    running INTEGER NOT NULL,
    autonomous INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    -- As first_seen. NULL if it was there at the device's first full snapshot.
    arrived_at INTEGER,
    -- When it last ran or left a trace, or since when the directory would know.
    used_at INTEGER NOT NULL,
    -- When it was last autonomous.
    autonomous_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (device, kind, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_items_new ON device_items (kind, arrived_at) WHERE arrived_at IS NOT NULL;
  CREATE INDEX device_items_idle ON device_items (kind, used_at) WHERE present > 0 AND running = 0;

  -- A thing in the fleet. devices, present, running: on devices that are not retired. holders: rows of device_items.
  CREATE TABLE fleet_items (
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    holders INTEGER NOT NULL,
    devices INTEGER NOT NULL,
    present INTEGER NOT NULL,
    running INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (kind, item)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX fleet_items_rare ON fleet_items (kind, devices) WHERE devices > 0;

  -- Present sightings on devices that are not retired.
  CREATE TABLE sighting_counts (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    unknown INTEGER NOT NULL,
    autonomous INTEGER NOT NULL,
    ai INTEGER NOT NULL,
    risky_mcp_servers INTEGER NOT NULL,
    risky_agent_files INTEGER NOT NULL
  ) STRICT;
  INSERT INTO sighting_counts VALUES (1, 0, 0, 0, 0, 0);
`

/** Columns of `sighting_counts`, and what a row of `sightings` adds to them while it is present. */
export type Flags = Readonly<Record<string, (row: string) => string>>

export const FLAGS: Flags = {
  unknown: (row) => `coalesce(${row}.unknown, 0)`,
  autonomous: (row) => `${row}.autonomous`,
  ai: (row) => `${row}.ai`,
  risky_mcp_servers: (row) => `(${row}.kind = 'mcp-server' AND ${row}.risky)`,
  risky_agent_files: (row) => `(${row}.kind = 'agent-file' AND ${row}.risky)`,
}
const isActive = (row: string) => `(SELECT status FROM devices WHERE id = ${row}.device) = 'active'`
const present = (row: string, flag: (row: string) => string) => `(${row}.gone_at IS NULL) * ${flag(row)}`

/** Triggers that keep `sighting_counts`. @param counted columns of `sightings`: a row with none of them changes no count. */
export function flagTriggers(flags: Flags, counted: readonly string[]): string {
  const setFlags = (change: (column: string, flag: (row: string) => string) => string) =>
    Object.entries(flags)
      .map(([column, flag]) => `${column} = sighting_counts.${column} + ${change(column, flag)}`)
      .join(', ')
  const counts = (row: string) =>
    `(${row}.gone_at IS NULL AND (coalesce(${row}.unknown, 0) OR ${counted.map((column) => `${row}.${column}`).join(' OR ')}))`
  return `
  CREATE TRIGGER sightings_flagged AFTER INSERT ON sightings WHEN ${counts('NEW')} AND ${isActive('NEW')} BEGIN
    UPDATE sighting_counts SET ${setFlags((_, flag) => present('NEW', flag))};
  END;
  CREATE TRIGGER sightings_reflagged AFTER UPDATE OF json, kind, gone_at ON sightings
    WHEN (${counts('OLD')} OR ${counts('NEW')}) AND ${isActive('NEW')} BEGIN
    UPDATE sighting_counts SET ${setFlags((_, flag) => `${present('NEW', flag)} - ${present('OLD', flag)}`)};
  END;
  CREATE TRIGGER sightings_unflagged AFTER DELETE ON sightings WHEN ${counts('OLD')} AND ${isActive('OLD')} BEGIN
    UPDATE sighting_counts SET ${setFlags((_, flag) => `-${present('OLD', flag)}`)};
  END;
  CREATE TRIGGER devices_flagged AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status BEGIN
    UPDATE sighting_counts SET ${setFlags((column) => `iif(NEW.status = 'active', 1, -1) * d.${column}`)}
    FROM (SELECT ${Object.entries(flags)
      .map(([column, flag]) => `coalesce(sum(${flag('s')}), 0) AS ${column}`)
      .join(', ')} FROM sightings s WHERE s.device = NEW.id AND s.gone_at IS NULL) AS d;
  END;
`
}

const itemOf = (row: 'OLD' | 'NEW') => `${row}.device AND kind = ${row}.kind AND item = ${row}.item`
const isRunning = (row: 'OLD' | 'NEW') => `(${row}.state IS 'running')`
/** Nothing was used after it was reported. A device's clock, and the times of its files, may say otherwise. */
const USED_AT = 'min(NEW.last_used, NEW.last_seen)'

/** @param since when the item is first seen. A changed sighting may turn out to show another item than before. */
const countNew = (since: 'NEW.first_seen' | 'NEW.last_seen') => `
  INSERT INTO device_items (device, kind, item, present, running, autonomous, first_seen, arrived_at, used_at)
    SELECT NEW.device, NEW.kind, NEW.item, 0, 0, 0, ${since},
      iif((SELECT first_snapshot_at FROM devices WHERE id = NEW.device) IS NULL, NULL, ${since}),
      coalesce(${USED_AT}, ${since})
    WHERE NEW.gone_at IS NULL AND NEW.item IS NOT NULL
    ON CONFLICT DO NOTHING;
  UPDATE device_items SET
    present = present + 1, running = running + ${isRunning('NEW')}, autonomous = autonomous + NEW.autonomous,
    autonomous_at = iif(NEW.autonomous = 1, NEW.last_seen, autonomous_at),
    used_at = max(used_at, coalesce(${USED_AT}, 0), iif(${isRunning('NEW')}, NEW.last_seen, 0)), ended_at = NULL
  WHERE NEW.gone_at IS NULL AND device = ${itemOf('NEW')};
`

const DISCOUNT_OLD = `
  UPDATE device_items SET
    present = present - 1, running = running - ${isRunning('OLD')}, autonomous = autonomous - OLD.autonomous,
    autonomous_at = iif(OLD.autonomous = 1, coalesce(NEW.gone_at, NEW.last_seen), autonomous_at),
    used_at = max(used_at, iif(${isRunning('OLD')}, coalesce(NEW.gone_at, NEW.last_seen), 0)),
    ended_at = iif(present = 1, coalesce(NEW.gone_at, NEW.last_seen), ended_at)
  WHERE OLD.gone_at IS NULL AND device = ${itemOf('OLD')};
`

/** A sighting that is reported unchanged updates none of the named columns and costs no count. */
const COUNTING = `
  CREATE TRIGGER sightings_counted AFTER INSERT ON sightings BEGIN ${countNew('NEW.first_seen')} END;
  CREATE TRIGGER sightings_recounted AFTER UPDATE OF json, kind, gone_at ON sightings
    BEGIN ${DISCOUNT_OLD} ${countNew('NEW.last_seen')} END;
  CREATE TRIGGER device_items_held AFTER INSERT ON device_items BEGIN
    INSERT INTO fleet_items VALUES (NEW.kind, NEW.item, 1, 0, 0, 0, NEW.first_seen)
      ON CONFLICT DO UPDATE SET holders = holders + 1;
  END;
  CREATE TRIGGER device_items_forgotten AFTER DELETE ON device_items BEGIN
    UPDATE fleet_items SET holders = holders - 1 WHERE kind = OLD.kind AND item = OLD.item;
    DELETE FROM fleet_items WHERE kind = OLD.kind AND item = OLD.item AND holders = 0;
  END;
  CREATE TRIGGER device_items_counted AFTER UPDATE OF present, running ON device_items
    WHEN (OLD.present <> NEW.present OR OLD.running <> NEW.running)
      AND (SELECT status FROM devices WHERE id = NEW.device) = 'active'
  BEGIN
    UPDATE fleet_items SET devices = devices + (NEW.present > 0) - (OLD.present > 0),
      present = present + NEW.present - OLD.present, running = running + NEW.running - OLD.running
    WHERE kind = NEW.kind AND item = NEW.item;
  END;
  -- Items of a retired device do not count, until it enrols again.
  CREATE TRIGGER devices_counted AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status BEGIN
    UPDATE fleet_items SET
      devices = devices + iif(NEW.status = 'active', 1, -1) * (i.present > 0),
      present = fleet_items.present + iif(NEW.status = 'active', 1, -1) * i.present,
      running = fleet_items.running + iif(NEW.status = 'active', 1, -1) * i.running
    FROM (SELECT kind AS of_kind, item AS of_item, present, running FROM device_items WHERE device = NEW.id) AS i
    WHERE kind = i.of_kind AND item = i.of_item;
  END;
`

export const SIGHTINGS = [TABLES, COUNTING, flagTriggers(FLAGS, ['autonomous', 'ai', 'risky'])].join('\n')
