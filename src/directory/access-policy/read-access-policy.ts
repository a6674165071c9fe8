import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import { readPolicy } from '../../cedar/read-policy.ts'
import { ACCESS_VOCABULARY } from './access-vocabulary.ts'

/** Reads an access policy: see `readPolicy`. */
export function readAccessPolicy(text: string, options: { readonly withinMs?: number } = {}): Promise<CedarPolicy> {
  return readPolicy(text, ACCESS_VOCABULARY, options)
}
