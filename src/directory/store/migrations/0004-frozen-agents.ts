import { FLAGS, flagTriggers } from './0001-sightings.ts'

/** Agents that a stop holds, as their devices report them. */
export const FROZEN_AGENTS = `
  ALTER TABLE sightings ADD COLUMN frozen INTEGER
    GENERATED ALWAYS AS (json_extract(json, '$.frozenBy') IS NOT NULL) VIRTUAL;
  CREATE INDEX sightings_frozen ON sightings (device, id) WHERE gone_at IS NULL AND frozen = 1;
  CREATE INDEX sightings_frozen_by_item ON sightings (item, device, id) WHERE gone_at IS NULL AND frozen = 1;

  ALTER TABLE sighting_counts ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;
  DROP TRIGGER sightings_flagged;
  DROP TRIGGER sightings_reflagged;
  DROP TRIGGER sightings_unflagged;
  DROP TRIGGER devices_flagged;
  ${flagTriggers({ ...FLAGS, frozen: (row) => `${row}.frozen` }, ['autonomous', 'frozen', 'ai', 'risky'])}
`
