/** What the guard of SCIM counts: agents that ended by deactivations, and whoever and whatever is new. */
export const SCIM_AGENTS_ENDED = `
  ALTER TABLE scim_deactivations ADD COLUMN agents INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX humans_by_creation ON humans (created_at) WHERE status = 'active';
  CREATE INDEX registrations_by_creation ON registrations (created_at) WHERE state NOT IN ('retiring', 'retired');
`
