/** The orders of the list of tokens. */
export const TOKEN_LISTS = `
  CREATE INDEX tokens_by_created ON tokens (created_at, id);
  CREATE INDEX tokens_by_expires ON tokens (expires_at, id);
`
