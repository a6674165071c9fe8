/**
 * Counts of what is said of things in the fleet, so that products, servers and risks are listed without reading what devices
 * reported. Triggers keep them, as those of `fleet_items`.
 */

const reported = (member: string) => `json_extract(json, '$.${member}')`
const isYes = (member: string) => `coalesce(${reported(member)}, 0)`
const isEnded = `${reported('endOfLife')} IS NOT NULL`
/** The browser's word of an extension that no store has checked. */
const IS_FOREIGN = `coalesce(${reported('installSource')} IN ('sideloaded', 'unpacked'), 0)`
const ofFile = (risky: string, hook: 0 | 1) => `(${risky} AND coalesce(${reported('fileKind')} = 'hook', 0) = ${hook})`

type Conditions = Readonly<Record<string, string>>

/** As `risksIn` of `src/view/sightings/risks.ts`: the kinds that have a risk, and when. A test compares them. */
const RISKS_BY_KIND: Readonly<Record<string, Conditions>> = {
  'mcp-server': {
    'secret-in-file': isYes('plaintextSecret'),
    'configuration-writable': isYes('writableByOthers'),
    'program-writable': isYes('programWritableByOthers'),
    'no-tls': isYes('cleartext'),
    'started-by-shell': isYes('shell'),
    'not-pinned': isYes('unpinned'),
  },
  'agent-file': {
    'hook-runs-download': ofFile(isYes('runsDownload'), 1),
    'text-runs-download': ofFile(isYes('runsDownload'), 0),
    'invisible-text': isYes('invisibleUnicode'),
    'file-writable': isYes('writableByOthers'),
  },
  'model-runtime': {
    'open-to-network': `(instr(coalesce(${reported('listens')}, ''), '"loopback":false') > 0)`,
    discontinued: isEnded,
  },
  agent: { autonomous: `coalesce(${reported('autonomy.level')} = 'autonomous', 0)`, discontinued: isEnded },
  extension: {
    'reads-every-site': `(${isYes('ai')} AND ${isYes('broadHosts')})`,
    'drives-browser': `(${isYes('ai')} AND ${isYes('debugger')})`,
    'not-from-store': `(${isYes('ai')} AND ${IS_FOREIGN})`,
    discontinued: `(${isYes('ai')} AND ${isEnded})`,
  },
}

/** Risks by their bit in the column `risks`. In the order of `RISKS` of `src/protocol/risks.ts`. */
export const RISK_BITS: readonly string[] = [
  ...['secret-in-file', 'configuration-writable', 'program-writable', 'no-tls', 'started-by-shell', 'not-pinned'],
  ...['hook-runs-download', 'text-runs-download', 'invisible-text', 'file-writable', 'open-to-network', 'autonomous'],
  ...['discontinued', 'reads-every-site', 'drives-browser', 'not-from-store'],
]

/** What is switched off everywhere has none: its risks can wait. */
const IS_OFF = `(coalesce(${reported('enabled')} = 0, 0) AND coalesce(json_array_length(json, '$.enabledIn'), 0) = 0)`
const bits = (conditions: Conditions) =>
  Object.entries(conditions)
    .map(([risk, holds]) => `((${holds}) << ${RISK_BITS.indexOf(risk)})`)
    .join(' | ')
const RISKS = `iif(${IS_OFF}, 0, CASE kind ${Object.entries(RISKS_BY_KIND)
  .map(([kind, conditions]) => `WHEN '${kind}' THEN ${bits(conditions)}`)
  .join('\n      ')} ELSE 0 END)`

const TABLES = `
  ALTER TABLE sightings ADD COLUMN client TEXT GENERATED ALWAYS AS (${reported('client')}) VIRTUAL;
  ALTER TABLE sightings ADD COLUMN risks INTEGER GENERATED ALWAYS AS (${RISKS}) VIRTUAL;

  -- What is said of a thing, by its present sightings on devices that are not retired: fact and value are a version, the agent
  -- that an MCP server is configured for, a risk, or the state of a seen agent. item: '' for agent files, which have no key.
  CREATE TABLE item_facts (
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    fact TEXT NOT NULL,
    value TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, item, fact, value)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER item_facts_ended AFTER UPDATE OF number ON item_facts WHEN NEW.number = 0 BEGIN
    DELETE FROM item_facts WHERE kind = NEW.kind AND item = NEW.item AND fact = NEW.fact AND value = NEW.value;
  END;

  -- Present sightings with a risk on a device that is not retired.
  CREATE TABLE device_risks (
    risk TEXT NOT NULL,
    device TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (risk, device)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_risks_worst ON device_risks (risk, number);

  CREATE TABLE fleet_risks (
    risk TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    devices INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER device_risks_added AFTER INSERT ON device_risks BEGIN
    INSERT INTO fleet_risks VALUES (NEW.risk, NEW.number, 1)
      ON CONFLICT DO UPDATE SET number = number + NEW.number, devices = devices + 1;
  END;
  CREATE TRIGGER device_risks_counted AFTER UPDATE OF number ON device_risks BEGIN
    UPDATE fleet_risks SET number = number + NEW.number - OLD.number WHERE risk = NEW.risk;
    DELETE FROM device_risks WHERE risk = NEW.risk AND device = NEW.device AND NEW.number = 0;
  END;
  CREATE TRIGGER device_risks_ended AFTER DELETE ON device_risks BEGIN
    UPDATE fleet_risks SET number = number - OLD.number, devices = devices - 1 WHERE risk = OLD.risk;
  END;

  CREATE INDEX fleet_items_common ON fleet_items (kind, devices DESC, item) WHERE devices > 0;
  CREATE INDEX sightings_autonomous_by_item ON sightings (item, device, id) WHERE gone_at IS NULL AND autonomous = 1;
  CREATE INDEX seen_agents_unregistered ON seen_agents (device, item, user_id) WHERE present > 0 AND state <> 'registered';
`

const BITS = `json_each('${JSON.stringify(RISK_BITS)}')`

/** Selects the risks of a sighting. @param from of where it is, if that is no row of a trigger. */
const risksOf = (row: string, from?: string) =>
  `SELECT r.value AS risk FROM ${from === undefined ? '' : `${from}, `}${BITS} r WHERE (${row}.risks >> r.key) & 1`

/** Selects what is said of the thing that a sighting shows. */
const factsOf = (row: string, condition: string, from?: string) => {
  const thing = `${row}.kind AS kind, coalesce(${row}.item, '') AS item`
  const source = from === undefined ? '' : `FROM ${from}`
  return `SELECT ${thing}, 'version' AS fact, ${row}.version AS value ${source} WHERE ${row}.version IS NOT NULL AND ${condition}
    UNION ALL SELECT ${thing}, 'client', ${row}.client ${source} WHERE ${row}.client IS NOT NULL AND ${condition}
    UNION ALL SELECT ${thing}, 'risk', r.value FROM ${from === undefined ? '' : `${from}, `}${BITS} r
      WHERE (${row}.risks >> r.key) & 1 AND ${condition}`
}

const isCounted = (row: 'OLD' | 'NEW') =>
  `(${row}.gone_at IS NULL AND (SELECT status FROM devices WHERE id = ${row}.device) = 'active')`

const COUNT_NEW = `
  INSERT INTO item_facts SELECT kind, item, fact, value, 1 FROM (${factsOf('NEW', isCounted('NEW'))}) WHERE true
    ON CONFLICT DO UPDATE SET number = number + 1;
  INSERT INTO device_risks SELECT risk, NEW.device, 1 FROM (${risksOf('NEW')}) WHERE ${isCounted('NEW')}
    ON CONFLICT DO UPDATE SET number = number + 1;
`
const DISCOUNT_OLD = `
  UPDATE item_facts SET number = number - 1
    WHERE (kind, item, fact, value) IN (${factsOf('OLD', isCounted('OLD'))});
  UPDATE device_risks SET number = number - 1
    WHERE risk IN (${risksOf('OLD')}) AND device = OLD.device AND ${isCounted('OLD')};
`
const said = (row: 'OLD' | 'NEW') =>
  `(${row}.gone_at IS NULL, ${row}.kind, ${row}.item, ${row}.version, ${row}.client, ${row}.risks)`

/** Most sightings that change say the same of their thing. */
const COUNTING = `
  CREATE TRIGGER sightings_said AFTER INSERT ON sightings WHEN NEW.gone_at IS NULL BEGIN ${COUNT_NEW} END;
  CREATE TRIGGER sightings_said_again AFTER UPDATE OF json, kind, gone_at ON sightings
    WHEN ${said('OLD')} IS NOT ${said('NEW')} BEGIN ${DISCOUNT_OLD} ${COUNT_NEW} END;
  CREATE TRIGGER sightings_unsaid AFTER DELETE ON sightings WHEN OLD.gone_at IS NULL BEGIN ${DISCOUNT_OLD} END;
`

const OF_DEVICE = 's.device = NEW.id AND s.gone_at IS NULL'
const PRESENT_ON_DEVICE = `(SELECT * FROM sightings s WHERE ${OF_DEVICE}) s`

/** Things on a retired device do not count, until it enrols again. */
const RETIRED = `
  CREATE TRIGGER devices_unsaid AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status AND NEW.status = 'retired'
  BEGIN
    UPDATE item_facts SET number = item_facts.number - d.said FROM (
      SELECT kind AS of_kind, item AS of_item, fact AS of_fact, value AS of_value, count(*) AS said
      FROM (${factsOf('s', 'true', PRESENT_ON_DEVICE)}) GROUP BY 1, 2, 3, 4) AS d
    WHERE kind = d.of_kind AND item = d.of_item AND fact = d.of_fact AND value = d.of_value;
    DELETE FROM device_risks WHERE device = NEW.id AND risk IN (SELECT value FROM ${BITS});
  END;
  CREATE TRIGGER devices_said AFTER UPDATE OF status ON devices WHEN OLD.status <> NEW.status AND NEW.status = 'active'
  BEGIN
    INSERT INTO item_facts SELECT kind, item, fact, value, count(*)
      FROM (${factsOf('s', 'true', PRESENT_ON_DEVICE)}) GROUP BY 1, 2, 3, 4
      ON CONFLICT DO UPDATE SET number = number + excluded.number;
    INSERT INTO device_risks SELECT risk, NEW.id, count(*) FROM (${risksOf('s', PRESENT_ON_DEVICE)}) GROUP BY 1;
  END;
`

const seenAs = (row: 'OLD' | 'NEW') =>
  `kind = 'agent' AND item = ${row}.item AND fact = 'seen' AND value = ${row}.state`
const countSeen = `INSERT INTO item_facts SELECT 'agent', NEW.item, 'seen', NEW.state, 1 WHERE NEW.present > 0
    ON CONFLICT DO UPDATE SET number = number + 1;`
const discountSeen = `UPDATE item_facts SET number = number - 1 WHERE OLD.present > 0 AND ${seenAs('OLD')};`

/** Seen agents of a retired device are not present. */
const SEEN = `
  CREATE TRIGGER seen_agents_said AFTER INSERT ON seen_agents BEGIN ${countSeen} END;
  CREATE TRIGGER seen_agents_said_again AFTER UPDATE OF state, present ON seen_agents
    WHEN OLD.state <> NEW.state OR (OLD.present > 0) <> (NEW.present > 0) BEGIN ${discountSeen} ${countSeen} END;
  CREATE TRIGGER seen_agents_unsaid AFTER DELETE ON seen_agents BEGIN ${discountSeen} END;
`

const OF_FLEET = `(SELECT s.* FROM sightings s JOIN devices d ON d.id = s.device
  WHERE s.gone_at IS NULL AND d.status = 'active') s`

/** Counts all there is: of a database of an earlier version. */
export const COUNT_THINGS = `
  INSERT INTO item_facts SELECT kind, item, fact, value, count(*) FROM (${factsOf('s', 'true', OF_FLEET)}) GROUP BY 1, 2, 3, 4;
  INSERT INTO item_facts SELECT 'agent', item, 'seen', state, count(*) FROM seen_agents WHERE present > 0 GROUP BY 2, 4;
  INSERT INTO device_risks SELECT r.value, s.device, count(*) FROM ${OF_FLEET}, ${BITS} r
    WHERE (s.risks >> r.key) & 1 GROUP BY 1, 2;
`

export const COUNTED_THINGS = [TABLES, COUNTING, RETIRED, SEEN, COUNT_THINGS].join('\n')
