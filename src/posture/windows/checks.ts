import { checksOf } from '../checks-of.ts'
import { checkFreeze } from '../freeze.ts'
import { checkAdministrators, checkGuestAccount } from './accounts.ts'
import { checkFixedEncrypted, checkRootEncrypted } from './bitlocker.ts'
import { checkApplicationControl, checkCredentialGuard, checkMemoryIntegrity } from './device-guard.ts'
import { checkSecureBoot, checkSetupMode, checkTpmPresent } from './firmware.ts'
import { checkMdm } from './mdm.ts'
import { checkFirewall, checkSmb1 } from './network.ts'
import { checkAntivirus, checkApplicationOrigin } from './programs.ts'
import { checkScreenLock } from './screen-lock.ts'
import { checkAutomaticLogin, checkElevation, checkRemoteLogin } from './sign-in.ts'
import { checkAutomaticUpdates, checkOsSupported, checkRebootPending, checkSecurityUpdates } from './updates.ts'
import { quick, slow } from './windows-check.ts'

/** The checks on Windows. */
export const WINDOWS_CHECKS = checksOf('windows', {
  'disk.root-encrypted': slow(checkRootEncrypted),
  'disk.fixed-encrypted': slow(checkFixedEncrypted),
  'boot.secure-boot': quick(checkSecureBoot),
  'boot.setup-mode': quick(checkSetupMode),
  'tpm.present': quick(checkTpmPresent),
  'os.supported': quick(checkOsSupported),
  'os.security-updates': slow(checkSecurityUpdates),
  'os.automatic-updates': quick(checkAutomaticUpdates),
  'os.reboot-pending': quick(checkRebootPending),
  'os.memory-integrity': slow(checkMemoryIntegrity),
  'os.application-origin': quick(checkApplicationOrigin),
  'protection.antivirus': slow(checkAntivirus),
  'network.firewall': slow(checkFirewall),
  'network.smb1': slow(checkSmb1),
  'access.mandatory-access-control': slow(checkApplicationControl),
  'access.administrators': slow(checkAdministrators),
  'access.elevation': quick(checkElevation),
  'access.guest-account': slow(checkGuestAccount),
  'access.automatic-login': quick(checkAutomaticLogin),
  'access.remote-login': slow(checkRemoteLogin),
  'access.credential-guard': slow(checkCredentialGuard),
  'session.screen-lock': quick(checkScreenLock),
  'management.mdm': quick(checkMdm),
  'enforcement.freeze': { reads: 'files', run: checkFreeze },
})
