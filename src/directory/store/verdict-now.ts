/**
 * SQL for the verdict of row `r` of `results` at time ?1, as `readResult` computes it. It filters and counts without reading
 * every result. A test compares the two.
 */
export const VERDICT_NOW = `CASE
  WHEN r.device IS NULL THEN 'unknown'
  WHEN ?1 <= r.valid_until AND ?1 >= r.appraised_at - 60000 THEN r.verdict
  ELSE 'stale' END`
