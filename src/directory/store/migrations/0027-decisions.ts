/** Questions of access are in the record. Until now there was a table of those of thirty days. */
export const DECISIONS = `
  DROP TABLE access_questions;
`
