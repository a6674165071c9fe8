/** `surety-directory` with a policy that asks nothing of a device but to attest: in a container, hardly a check passes. */
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'

Object.assign(DEFAULT_POLICY, { checks: {} })
await import('../../../src/main-directory.ts')
