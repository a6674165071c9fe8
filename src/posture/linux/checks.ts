import { checksOf } from '../checks-of.ts'
import { checkFreeze } from '../freeze.ts'
import { checkAdministrators } from './administrators.ts'
import { checkAntivirus } from './antivirus.ts'
import { checkAutomaticLogin } from './automatic-login.ts'
import { checkAutomaticUpdates } from './automatic-updates.ts'
import { checkKernelLockdown, checkSecureBoot, checkSetupMode } from './boot.ts'
import { checkFixedEncrypted, checkRootEncrypted } from './disk-encryption.ts'
import { checkElevation } from './elevation.ts'
import { checkFirewall } from './firewall.ts'
import { checkGuestAccount } from './guest-account.ts'
import { checkMandatoryAccessControl } from './mandatory-access-control.ts'
import { checkOsSupported } from './os-supported.ts'
import { checkRebootPending } from './reboot-pending.ts'
import { checkRemoteLogin } from './remote-login.ts'
import { checkSecurityUpdates } from './security-updates.ts'
import { checkScreenLock } from './session-screen-lock.ts'
import { checkSmb1 } from './smb1.ts'
import { checkSshRootLogin } from './ssh-root-login.ts'
import { checkTpmPresent } from './tpm.ts'

/** The checks on Linux. Those of disks also run `zfs` and `zpool` if a ZFS is mounted. */
export const LINUX_CHECKS = checksOf('linux', {
  'disk.root-encrypted': { reads: 'files', run: checkRootEncrypted },
  'disk.fixed-encrypted': { reads: 'files', run: checkFixedEncrypted },
  'boot.secure-boot': { reads: 'files', run: checkSecureBoot },
  'boot.setup-mode': { reads: 'files', run: checkSetupMode },
  'boot.kernel-lockdown': { reads: 'files', run: checkKernelLockdown },
  'tpm.present': { reads: 'files', run: checkTpmPresent },
  'os.supported': { reads: 'files', run: checkOsSupported },
  'os.security-updates': { reads: 'commands', run: checkSecurityUpdates },
  'os.automatic-updates': { reads: 'commands', run: checkAutomaticUpdates },
  'os.reboot-pending': { reads: 'files', run: checkRebootPending },
  'protection.antivirus': { reads: 'commands', run: checkAntivirus },
  'network.firewall': { reads: 'commands', run: checkFirewall },
  'network.smb1': { reads: 'files', run: checkSmb1 },
  'access.mandatory-access-control': { reads: 'files', run: checkMandatoryAccessControl },
  'access.ssh-root-login': { reads: 'commands', run: checkSshRootLogin },
  'access.administrators': { reads: 'files', run: checkAdministrators },
  'access.elevation': { reads: 'files', run: checkElevation },
  'access.guest-account': { reads: 'files', run: checkGuestAccount },
  'access.automatic-login': { reads: 'files', run: checkAutomaticLogin },
  'access.remote-login': { reads: 'commands', run: checkRemoteLogin },
  'session.screen-lock': { reads: 'commands', run: checkScreenLock },
  'enforcement.freeze': { reads: 'files', run: checkFreeze },
})
