import { accessAdministrators } from './access-administrators.ts'
import { accessAutomaticLogin } from './access-automatic-login.ts'
import { accessCredentialGuard } from './access-credential-guard.ts'
import { accessElevation } from './access-elevation.ts'
import { accessGuestAccount } from './access-guest-account.ts'
import { accessMandatoryAccessControl } from './access-mandatory-access-control.ts'
import { accessRemoteLogin } from './access-remote-login.ts'
import { accessSshRootLogin } from './access-ssh-root-login.ts'
import { bootKernelLockdown } from './boot-kernel-lockdown.ts'
import { bootSecureBoot } from './boot-secure-boot.ts'
import { bootSetupMode } from './boot-setup-mode.ts'
import { bootSystemIntegrity } from './boot-system-integrity.ts'
import type { CheckCard, CheckedSystem } from './check.ts'
import { diskFixedEncrypted } from './disk-fixed-encrypted.ts'
import { diskRootEncrypted } from './disk-root-encrypted.ts'
import { enforcementFreeze } from './enforcement-freeze.ts'
import { managementMdm } from './management-mdm.ts'
import { networkFirewall } from './network-firewall.ts'
import { networkSmb1 } from './network-smb1.ts'
import { osApplicationOrigin } from './os-application-origin.ts'
import { osAutomaticUpdates } from './os-automatic-updates.ts'
import { osMemoryIntegrity } from './os-memory-integrity.ts'
import { osRebootPending } from './os-reboot-pending.ts'
import { osSecurityUpdates } from './os-security-updates.ts'
import { osSupported } from './os-supported.ts'
import { protectionAntivirus } from './protection-antivirus.ts'
import { sessionScreenLock } from './session-screen-lock.ts'
import { tpmPresent } from './tpm-present.ts'

/** The checks of this release, each with all that is said about it. The order is that of lists and pages. */
export const CARDS = [
  diskRootEncrypted,
  diskFixedEncrypted,
  bootSecureBoot,
  bootSetupMode,
  bootKernelLockdown,
  bootSystemIntegrity,
  tpmPresent,
  osSupported,
  osSecurityUpdates,
  osAutomaticUpdates,
  osRebootPending,
  osMemoryIntegrity,
  osApplicationOrigin,
  protectionAntivirus,
  networkFirewall,
  networkSmb1,
  accessMandatoryAccessControl,
  accessSshRootLogin,
  accessAdministrators,
  accessElevation,
  accessGuestAccount,
  accessAutomaticLogin,
  accessRemoteLogin,
  accessCredentialGuard,
  sessionScreenLock,
  managementMdm,
  enforcementFreeze,
] as const

export type Card = (typeof CARDS)[number]
export type Check = Card['name']
/** The checks that a system has. */
export type CheckOn<System extends CheckedSystem> = Extract<
  Card,
  { readonly systems: Readonly<Record<System, string>> }
>['name']

/** The directory keeps findings of checks that it does not know, and they count for nothing. */
export const CHECKS = CARDS.map(({ name }) => name)
const BY_NAME: ReadonlyMap<string, CheckCard> = new Map(CARDS.map((card) => [card.name, card]))

export function isCheck(name: string): name is Check {
  return BY_NAME.has(name)
}

/** @returns undefined for a check of another version. */
export function cardOf(check: Check): CheckCard
export function cardOf(check: string): CheckCard | undefined
export function cardOf(check: string): CheckCard | undefined {
  return BY_NAME.get(check)
}
