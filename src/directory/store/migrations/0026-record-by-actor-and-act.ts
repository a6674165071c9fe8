/** What a person did of one kind. Most entries are of the directory: they are not in it, and cost nothing more. */
export const RECORD_BY_ACTOR_AND_ACT = `
  CREATE INDEX record_by_actor_and_act ON record_entries (actor, act, at) WHERE actor IS NOT 'directory';
`
