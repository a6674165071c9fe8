/**
 * What lists look for a person by: folded names, each with an index. The code writes them from now on. Rows from before get names in
 * lower case, which is the same for names of ASCII.
 */
export const PEOPLE = `
  ALTER TABLE preregistrations ADD COLUMN owner_key TEXT NOT NULL DEFAULT '';
  UPDATE preregistrations SET owner_key = lower(trim(owner));
  DROP INDEX preregistrations_by_owner;
  CREATE INDEX preregistrations_by_owner ON preregistrations (owner_key, id);
  CREATE INDEX preregistrations_of_owner ON preregistrations (owner);

  ALTER TABLE pending_devices ADD COLUMN owner_key TEXT NOT NULL DEFAULT '';
  UPDATE pending_devices SET owner_key = lower(trim(owner));
  CREATE INDEX pending_devices_by_owner ON pending_devices (owner_key, id);
  CREATE INDEX pending_devices_of_owner ON pending_devices (owner);

  ALTER TABLE re_enrolments ADD COLUMN owner_key TEXT NOT NULL DEFAULT '';
  UPDATE re_enrolments SET owner_key = lower(trim(owner));
  CREATE INDEX re_enrolments_by_owner ON re_enrolments (owner_key, id);
  CREATE INDEX re_enrolments_of_owner ON re_enrolments (owner);

  -- Stops of people are found by the names of those who made them.
  ALTER TABLE principals ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
  UPDATE principals SET name_key = lower(trim(name));
  CREATE INDEX principals_by_name_key ON principals (name_key);
  CREATE INDEX stops_by_creator ON stops (json ->> '$.created.by.id', number);
  CREATE INDEX stops_by_device ON stops (device, number) WHERE device IS NOT NULL;
`
