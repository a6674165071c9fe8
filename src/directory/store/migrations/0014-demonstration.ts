/** Present in a directory of made-up data. One row at most. */
export const DEMONSTRATION = `
  CREATE TABLE demonstration (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    made_at INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    devices INTEGER NOT NULL
  ) STRICT;
`
