/**
 * A step of `schema.ts`: what is seen where, so that each question an administrator asks of the fleet is answered from an
 * index. Whatever can be told from a sighting is a generated column, whatever must be counted is kept by triggers:
 * nothing that writes sightings can forget it.
 */

/** What is the same thing on all devices, in SQL over the sighting's `json` and `kind`; a file of an agent is none. */
export function itemSql(json: string, kind: string): string {
  const member = (name: string) => `json_extract(${json}, '$.${name}')`
  return `CASE ${kind}
    WHEN 'agent' THEN coalesce(nullif(${member('catalogueId')}, ''), 'unknown/' || ${member('name')})
    WHEN 'model-runtime' THEN coalesce(nullif(${member('catalogueId')}, ''), ${member('name')})
    WHEN 'extension' THEN ${member('host')} || '/' || ${member('extensionId')}
    WHEN 'mcp-server' THEN ${member('name')}
  END`
}

const generated = (name: string, type: 'TEXT' | 'INTEGER', sql: string) =>
  `ALTER TABLE sightings ADD COLUMN ${name} ${type} GENERATED ALWAYS AS (${sql}) VIRTUAL;`

const home = (root: string) => `'${root}/' || coalesce(json_extract(json, '$.user.name'), '') || '/'`

const COLUMNS = [
  generated('item', 'TEXT', itemSql('json', 'kind')),
  generated('state', 'TEXT', `json_extract(json, '$.state')`),
  generated('version', 'TEXT', `json_extract(json, '$.version')`),
  generated(
    'unknown',
    'INTEGER',
    `kind = 'agent' AND (json_extract(json, '$.agentKind') = 'unknown' OR json_extract(json, '$.catalogueId') IS NULL)`,
  ),
  generated('autonomous', 'INTEGER', `coalesce(json_extract(json, '$.autonomy.level') = 'autonomous', 0)`),
  generated('end_of_life', 'TEXT', `json_extract(json, '$.endOfLife')`),
  generated('last_used', 'INTEGER', `json_extract(json, '$.lastUsedAt')`),
  generated('ai', 'INTEGER', `coalesce(json_extract(json, '$.ai'), 0)`),
  // What an MCP server starts or reaches, comparable between homes and devices: arguments never leave a device.
  generated(
    'reach',
    'TEXT',
    `CASE kind WHEN 'mcp-server' THEN coalesce(
       json_extract(json, '$.package.ecosystem') || ' ' || json_extract(json, '$.package.name'),
       json_extract(json, '$.endpoint'),
       replace(replace(json_extract(json, '$.command'), ${home('/home')}, '~/'), ${home('/Users')}, '~/'),
       '') END`,
  ),
]

const TABLES = `
  -- When all of the device was told for the first time: what comes later is new there.
  ALTER TABLE devices ADD COLUMN first_snapshot_at INTEGER;
  UPDATE devices SET first_snapshot_at = (SELECT max(last_seen) FROM sightings WHERE device = devices.id);

  -- A thing on a device, however often it is there and after it has gone. present, running, autonomous: sightings of it now.
  CREATE TABLE device_items (
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    present INTEGER NOT NULL,
    running INTEGER NOT NULL,
    autonomous INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    -- As first_seen, but NULL for what was there before the device was first told whole.
    arrived_at INTEGER,
    -- When it last ran or left a trace; else since when we would have seen that.
    used_at INTEGER NOT NULL,
    -- When it last could act without asking.
    autonomous_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (device, kind, item)
  ) STRICT, WITHOUT ROWID;

  -- A thing in the fleet: on how many devices it is, that are not retired. holders: rows of device_items.
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
`

const BACKFILL = `
  INSERT INTO device_items
    SELECT device, kind, item, count(*) - count(gone_at), count(iif(gone_at IS NULL AND state = 'running', 1, NULL)),
      count(iif(gone_at IS NULL AND autonomous = 1, 1, NULL)), min(first_seen), NULL,
      max(max(coalesce(last_used, first_seen), iif(state = 'running', last_seen, 0))),
      max(iif(autonomous = 1, last_seen, NULL)),
      iif(count(*) = count(gone_at), max(gone_at), NULL)
    FROM sightings WHERE item IS NOT NULL GROUP BY device, kind, item;
  INSERT INTO fleet_items
    SELECT i.kind, i.item, count(*), count(iif(d.status = 'active' AND i.present > 0, 1, NULL)),
      sum(iif(d.status = 'active', i.present, 0)), sum(iif(d.status = 'active', i.running, 0)),
      min(i.first_seen)
    FROM device_items i LEFT JOIN devices d ON d.id = i.device GROUP BY i.kind, i.item;
`

const INDICES = `
  DROP INDEX sightings_by_kind;
  CREATE INDEX sightings_present ON sightings (kind, device, id) WHERE gone_at IS NULL;
  CREATE INDEX sightings_by_item ON sightings (kind, item, device, id, version) WHERE gone_at IS NULL;
  CREATE INDEX sightings_running ON sightings (kind, device, id) WHERE gone_at IS NULL AND state = 'running';
  CREATE INDEX sightings_unknown ON sightings (device, id) WHERE gone_at IS NULL AND unknown = 1;
  CREATE INDEX sightings_autonomous ON sightings (device, id) WHERE gone_at IS NULL AND autonomous = 1;
  CREATE INDEX sightings_end_of_life ON sightings (end_of_life, device, id)
    WHERE gone_at IS NULL AND end_of_life IS NOT NULL;
  CREATE INDEX sightings_ai ON sightings (device, id) WHERE gone_at IS NULL AND ai = 1;
  CREATE INDEX sightings_by_reach ON sightings (item, reach, device) WHERE gone_at IS NULL AND kind = 'mcp-server';
  CREATE INDEX device_items_new ON device_items (kind, arrived_at) WHERE arrived_at IS NOT NULL;
  CREATE INDEX device_items_idle ON device_items (kind, used_at) WHERE present > 0 AND running = 0;
  CREATE INDEX fleet_items_rare ON fleet_items (kind, devices) WHERE devices > 0;
`

const here = (row: 'OLD' | 'NEW') => `${row}.device AND kind = ${row}.kind AND item = ${row}.item`
const runs = (row: 'OLD' | 'NEW') => `(${row}.state IS 'running')`

const AS_SAID = 'NEW.last_used'
/** What is told was so when it was told, or before: a device's clock may say any time, and so may its files. */
const WHEN_TOLD = 'min(NEW.last_used, NEW.last_seen)'

/** @param since when the thing is first seen: a sighting may turn out to be of another thing than it was taken for. */
const count = (since: 'NEW.first_seen' | 'NEW.last_seen', used: string) => `
  INSERT INTO device_items (device, kind, item, present, running, autonomous, first_seen, arrived_at, used_at)
    SELECT NEW.device, NEW.kind, NEW.item, 0, 0, 0, ${since},
      iif((SELECT first_snapshot_at FROM devices WHERE id = NEW.device) IS NULL, NULL, ${since}),
      coalesce(${used}, ${since})
    WHERE NEW.gone_at IS NULL AND NEW.item IS NOT NULL
    ON CONFLICT DO NOTHING;
  UPDATE device_items SET
    present = present + 1, running = running + ${runs('NEW')}, autonomous = autonomous + NEW.autonomous,
    autonomous_at = iif(NEW.autonomous = 1, NEW.last_seen, autonomous_at),
    used_at = max(used_at, coalesce(${used}, 0), iif(${runs('NEW')}, NEW.last_seen, 0)), ended_at = NULL
  WHERE NEW.gone_at IS NULL AND device = ${here('NEW')};
`

const DISCOUNT = `
  UPDATE device_items SET
    present = present - 1, running = running - ${runs('OLD')}, autonomous = autonomous - OLD.autonomous,
    autonomous_at = iif(OLD.autonomous = 1, coalesce(NEW.gone_at, NEW.last_seen), autonomous_at),
    used_at = max(used_at, iif(${runs('OLD')}, coalesce(NEW.gone_at, NEW.last_seen), 0)),
    ended_at = iif(present = 1, coalesce(NEW.gone_at, NEW.last_seen), ended_at)
  WHERE OLD.gone_at IS NULL AND device = ${here('OLD')};
`

/** What was told again word for word changes neither column, and costs no count. */
const counting = (used: string) => `
  CREATE TRIGGER sightings_counted AFTER INSERT ON sightings BEGIN ${count('NEW.first_seen', used)} END;
  CREATE TRIGGER sightings_recounted AFTER UPDATE OF json, kind, gone_at ON sightings BEGIN ${DISCOUNT} ${count('NEW.last_seen', used)} END;
`

const TRIGGERS = `${counting(AS_SAID)}
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
  -- What is on a retired device counts for nothing, until it is let back.
  CREATE TRIGGER devices_counted AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status BEGIN
    UPDATE fleet_items SET
      devices = devices + iif(NEW.status = 'active', 1, -1) * (i.present > 0),
      present = fleet_items.present + iif(NEW.status = 'active', 1, -1) * i.present,
      running = fleet_items.running + iif(NEW.status = 'active', 1, -1) * i.running
    FROM (SELECT kind AS of_kind, item AS of_item, present, running FROM device_items WHERE device = NEW.id) AS i
    WHERE kind = i.of_kind AND item = i.of_item;
  END;
`

export const REGISTER_OF_SIGHTINGS = [...COLUMNS, TABLES, BACKFILL, INDICES, TRIGGERS].join('\n')

/** By what `told` says of a server and, where that is nothing, by its command. */
function reachedBy(told: string): string {
  return `
  DROP INDEX sightings_by_reach;
  ALTER TABLE sightings DROP COLUMN reach;
  ${generated(
    'reach',
    'TEXT',
    `CASE kind WHEN 'mcp-server' THEN substr(coalesce(
       ${told},
       replace(replace(json_extract(json, '$.command'), ${home('/home')}, '~/'), ${home('/Users')}, '~/'),
       ''), 1, 512) END`,
  )}
  CREATE INDEX sightings_by_reach ON sightings (item, reach, device) WHERE gone_at IS NULL AND kind = 'mcp-server';
`
}

/**
 * A later step: what an interpreter, a shell or a bridge is given counts as well, so that two scripts of one interpreter, and two
 * hosts behind one bridge, are two things. `api-fleet.ts` takes 512 characters.
 */
export const REACH_OF_WHAT_RUNS =
  reachedBy(`coalesce(json_extract(json, '$.package.ecosystem') || ' ' || json_extract(json, '$.package.name'),
           json_extract(json, '$.runs.kind') || ' ' || json_extract(json, '$.runs.name'))
         || coalesce(' ' || json_extract(json, '$.endpoint'), ''),
       json_extract(json, '$.endpoint')`)

/**
 * A later step: nothing was used after it was told of, as the directory's clock has it. Where the register says so, what the
 * sightings say counts anew: of a time more than a day after it was told nothing is believed.
 */
export const USED_WHEN_TOLD = `
  DROP TRIGGER sightings_counted;
  DROP TRIGGER sightings_recounted;
  ${counting(WHEN_TOLD)}
  UPDATE device_items SET used_at = coalesce(
    (SELECT max(max(
       iif(s.last_used <= s.last_seen + 86400000, min(s.last_used, s.last_seen), s.first_seen),
       iif(s.state = 'running', coalesce(s.gone_at, s.last_seen), 0)))
     FROM sightings s
     WHERE s.device = device_items.device AND s.kind = device_items.kind AND s.item = device_items.item),
    ended_at, first_seen)
  WHERE used_at > (SELECT last_seen FROM devices WHERE id = device_items.device);
`

/**
 * A later step: what runs beside a package, and which other registry it is fetched from, counts as well. Of what was told before
 * nothing changes: nothing stood beside a package.
 */
export const REACH_OF_ALL_THAT_RUNS = reachedBy(`nullif(ltrim(
         coalesce(json_extract(json, '$.package.ecosystem') || ' ' || json_extract(json, '$.package.name'), '')
         || coalesce(' ' || json_extract(json, '$.runs.kind') || ' ' || json_extract(json, '$.runs.name'), '')
         || coalesce(' ' || json_extract(json, '$.endpoint'), '')), '')`)
