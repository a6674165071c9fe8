/**
 * SQL for the verdict of row `l` of `listed_devices` at time ?1, as `readResult` computes it. It filters and counts without reading
 * a result. A test compares the two.
 */
export const VERDICT_NOW = `CASE
  WHEN l.verdict IS NULL THEN 'unknown'
  WHEN ?1 BETWEEN l.appraised_at - 60000 AND l.valid_until THEN l.verdict
  ELSE 'stale' END`
