/** In place of `src/directory/record/add-entry.ts`: a directory that records nothing, to measure what the record costs. */
export function adding(): () => Promise<void> {
  return async () => {}
}
