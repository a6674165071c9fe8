/** An entry about a device is in the index of devices only: each index adds 10 µs to the entries of 1,000 devices. */
export const RECORD_INDEXES = `
  UPDATE record_entries SET device = subject WHERE device IS NULL AND subject GLOB 'dev_*';
  DROP INDEX record_by_subject;
  CREATE INDEX record_by_subject ON record_entries (subject, at) WHERE subject IS NOT device;
`
