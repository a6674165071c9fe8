/** Why a version of the policy or of the rules was set. */
export const REASONS_OF_VERSIONS = `
  ALTER TABLE policies ADD COLUMN reason TEXT;
  ALTER TABLE rule_sets ADD COLUMN reason TEXT;
`
