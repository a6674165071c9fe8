/** As the search of people compares it. */
export const DISPLAY_NAME = 'lower(display_name)'

/** The search of everything looks for any part of a display name: in an index, which is read whole. */
export const SEARCH = `
  CREATE INDEX humans_by_display_name ON humans (${DISPLAY_NAME}) WHERE deleted_at IS NULL;
`
