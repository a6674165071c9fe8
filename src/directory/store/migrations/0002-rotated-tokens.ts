/** Tokens that were rotated stay valid for a day beside the new one. */
export const ROTATED_TOKENS = `
  -- JSON: hash and end of each.
  ALTER TABLE principals ADD COLUMN old_tokens TEXT NOT NULL DEFAULT '[]';
  -- When another principal last rotated the token. NULL: never.
  ALTER TABLE principals ADD COLUMN token_given_at INTEGER;
`
