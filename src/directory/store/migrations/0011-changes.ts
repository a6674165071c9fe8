/** What is asked of a span of time, by indexes that cover the question: the rows of events hold JSON of any length. */

const detail = (member: string) => `CAST(json_extract(detail_json, '$.${member}') AS TEXT)`

export const CHANGES = `
  ALTER TABLE activity ADD COLUMN verdict TEXT GENERATED ALWAYS AS (${detail('to')}) VIRTUAL;
  ALTER TABLE activity ADD COLUMN verdict_before TEXT GENERATED ALWAYS AS (${detail('from')}) VIRTUAL;
  -- The key of an agent, as in device_items.
  ALTER TABLE activity ADD COLUMN product TEXT
    GENERATED ALWAYS AS (coalesce(nullif(${detail('agent')}, ''), 'unknown/' || ${detail('name')})) VIRTUAL;
  ALTER TABLE activity ADD COLUMN version TEXT GENERATED ALWAYS AS (${detail('version')}) VIRTUAL;

  CREATE INDEX activity_by_kind_and_time ON activity (kind, at, device);
  CREATE INDEX activity_verdicts ON activity (at, device, verdict, verdict_before) WHERE kind = 'verdict-changed';
  CREATE INDEX activity_products ON activity (kind, at, product, device, version) WHERE product IS NOT NULL;
  CREATE INDEX audit_by_act_and_time ON audit (act, at, subject);
`
