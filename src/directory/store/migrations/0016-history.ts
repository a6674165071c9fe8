/** Counts of each hour. An hour in which nothing was counted has no row. */
export const HISTORY = `
  CREATE TABLE history (
    -- When it began, in UTC.
    hour INTEGER PRIMARY KEY CHECK (hour % 3600000 = 0),
    -- Of a day the hour with most of them is shown.
    connected INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
`
