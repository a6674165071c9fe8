import { closed, type Static, Type, text } from '../base/schema.ts'

/** The checks of this release. The directory keeps findings of checks that it does not know, and they count for nothing. */
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

/** The answer to one check. `unknown` never counts as a pass. */
export const findingSchema = Type.Union([
  closed({ check: checkNameSchema, state: Type.Literal('pass'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('fail'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('unknown'), reason: text(1000) }),
])
export type Finding = Static<typeof findingSchema>

/** The text of a finding for a person. */
export function explanationOf(finding: Finding): string {
  return finding.state === 'unknown' ? finding.reason : finding.detail
}
