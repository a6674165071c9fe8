import { IN_FORCE } from './0001-stops.ts'

/** What one person does alone, and what a stop reaches now, from indexes. */
export const TWO_PERSONS = `
  -- Folded name of the person who put it in force alone. NULL: two persons did, or nobody.
  ALTER TABLE stops ADD COLUMN alone_by TEXT;
  UPDATE stops SET alone_by = lower(json_extract(json, '$.created.by.name'))
    WHERE kind <> 'drill' AND json_extract(json, '$.created.by.id') GLOB 'adm_*'
      AND json_extract(json, '$.confirmed') IS NULL;
  CREATE INDEX stops_alone_in_force ON stops (alone_by, device) WHERE alone_by IS NOT NULL AND ${IN_FORCE};
  CREATE INDEX stops_alone_lately ON stops (alone_by, created_at) WHERE alone_by IS NOT NULL;

  ALTER TABLE sightings ADD COLUMN user_name TEXT GENERATED ALWAYS AS (json_extract(json, '$.user.name')) VIRTUAL;
  CREATE INDEX sightings_by_user ON sightings (user_name, item, device)
    WHERE gone_at IS NULL AND kind = 'agent' AND user_name IS NOT NULL;
  CREATE INDEX accounts_by_name ON accounts (user_name, device);
`
