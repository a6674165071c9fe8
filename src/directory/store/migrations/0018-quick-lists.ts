/** Searches and names that a list finds without reading all rows. */
export const QUICK_LISTS = `
  -- Of the registration.
  ALTER TABLE zombies ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
  UPDATE zombies SET name_key = (SELECT r.name_key FROM registrations r WHERE r.id = registration);
  CREATE INDEX zombies_by_name ON zombies (name_key, number);
  CREATE TRIGGER zombies_renamed AFTER UPDATE OF name_key ON registrations WHEN OLD.name_key <> NEW.name_key BEGIN
    UPDATE zombies SET name_key = NEW.name_key WHERE registration = NEW.id;
  END;
  CREATE INDEX preregistrations_by_whole_name ON preregistrations (name);
  CREATE INDEX preregistrations_by_device ON preregistrations (device) WHERE device IS NOT NULL;
`
