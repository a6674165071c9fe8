import { closed, type Static, Type, text } from '../base/schema.ts'

/** Names of the checks of the first set. The directory keeps findings of checks it does not know; they count for nothing. */
export const CHECKS = [
  'disk.root-encrypted',
  'disk.fixed-encrypted',
  'boot.secure-boot',
  'boot.setup-mode',
  'boot.kernel-lockdown',
  'tpm.present',
  'os.supported',
  'os.security-updates',
  'os.automatic-updates',
  'network.firewall',
  'access.mandatory-access-control',
  'access.ssh-root-login',
  'access.administrators',
  'session.screen-lock',
] as const
export type Check = (typeof CHECKS)[number]

export const checkNameSchema = Type.String({ pattern: '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)+$', maxLength: 64 })

/** What one check found. `unknown` is a finding of its own and never counts as a pass. */
export const findingSchema = Type.Union([
  closed({ check: checkNameSchema, state: Type.Literal('pass'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('fail'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('unknown'), reason: text(1000) }),
])
export type Finding = Static<typeof findingSchema>

/** The detail of a pass or fail, the reason of an unknown: what a person reads. */
export function explanationOf(finding: Finding): string {
  return finding.state === 'unknown' ? finding.reason : finding.detail
}
