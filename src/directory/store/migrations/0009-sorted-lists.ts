/** Orders and searches that a list offers, so that a page reads as many rows as it shows. */
export const SORTED_LISTS = `
  CREATE INDEX preregistrations_by_name ON preregistrations (name_key);
  CREATE INDEX preregistrations_by_owner ON preregistrations (lower(owner));
  CREATE INDEX preregistrations_by_added ON preregistrations (added_at);
  CREATE INDEX zombies_by_since ON zombies (since, number);
`
