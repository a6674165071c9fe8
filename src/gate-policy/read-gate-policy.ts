import type { CedarPolicy } from '../cedar/cedar-policy.ts'
import { readPolicy } from '../cedar/read-policy.ts'
import { GATE_VOCABULARY } from './gate-vocabulary.ts'

/** Reads a policy of the gate: see `readPolicy`. */
export function readGatePolicy(text: string, options: { readonly withinMs?: number } = {}): Promise<CedarPolicy> {
  return readPolicy(text, GATE_VOCABULARY, options)
}
