/** Lists in other orders than that in which items came. */
export const LISTS = `
  CREATE INDEX registrations_by_state_and_name ON registrations (state, name_key);
  CREATE INDEX registrations_without_owner ON registrations (number) WHERE owner IS NULL AND state <> 'retired';
`
