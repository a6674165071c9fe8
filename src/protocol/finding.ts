import { closed, type Static, Type, text } from '../base/schema.ts'

/** The checks of this release. The directory keeps findings of checks that it does not know, and they count for nothing. */
export const CHECKS = [
  'disk.root-encrypted',
  'disk.fixed-encrypted',
  'boot.secure-boot',
  'boot.setup-mode',
  'boot.kernel-lockdown',
  'boot.system-integrity',
  'tpm.present',
  'os.supported',
  'os.security-updates',
  'os.automatic-updates',
  'os.reboot-pending',
  'os.memory-integrity',
  'os.application-origin',
  'protection.antivirus',
  'network.firewall',
  'network.smb1',
  'access.mandatory-access-control',
  'access.ssh-root-login',
  'access.administrators',
  'access.elevation',
  'access.guest-account',
  'access.automatic-login',
  'access.remote-login',
  'access.credential-guard',
  'session.screen-lock',
  'management.mdm',
  'enforcement.freeze',
] as const
export type Check = (typeof CHECKS)[number]

export const checkNameSchema = Type.String({ pattern: '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)+$', maxLength: 64 })

/**
 * What one check found. `unknown` never counts as a pass. `not-applicable` says that the system has no such thing, as macOS has
 * no setup mode: it counts for nothing, unless the policy requires the check everywhere.
 */
export const findingSchema = Type.Union([
  closed({ check: checkNameSchema, state: Type.Literal('pass'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('fail'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('unknown'), reason: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('not-applicable'), reason: text(1000) }),
])
export type Finding = Static<typeof findingSchema>
export type FindingState = Finding['state']

/** Worst first. */
export const FINDING_STATES = ['fail', 'unknown', 'not-applicable', 'pass'] as const satisfies readonly FindingState[]

/** The detail of a pass or fail, the reason of the others: what a person reads. */
export function explanationOf(finding: Finding): string {
  return 'reason' in finding ? finding.reason : finding.detail
}
