import { checksOf } from '../checks-of.ts'
import { checkFreeze } from '../freeze.ts'
import { checkAdministrators } from './access/administrators.ts'
import { checkAutomaticLogin } from './access/automatic-login.ts'
import { checkElevation } from './access/elevation.ts'
import { checkGuestAccount } from './access/guest-account.ts'
import { checkMandatoryAccessControl } from './access/mandatory-access-control.ts'
import { checkRemoteLogin } from './access/remote-login.ts'
import { checkSshRootLogin } from './access/ssh-root-login.ts'
import { checkKernelLockdown, checkSecureBoot, checkSetupMode } from './boot/boot.ts'
import { checkTpmPresent } from './boot/tpm.ts'
import { checkFixedEncrypted, checkRootEncrypted } from './disk/disk-encryption.ts'
import { checkFirewall } from './network/firewall.ts'
import { checkSmb1 } from './network/smb1.ts'
import { checkAutomaticUpdates } from './os/automatic-updates.ts'
import { checkOsSupported } from './os/os-supported.ts'
import { checkRebootPending } from './os/reboot-pending.ts'
import { checkSecurityUpdates } from './os/security-updates.ts'
import { checkAntivirus } from './programs/antivirus.ts'
import { checkScreenLock } from './session/session-screen-lock.ts'

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
