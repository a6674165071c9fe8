import { checksOf } from '../checks-of.ts'
import { checkFreeze } from '../freeze.ts'
import { checkElevation } from '../linux/access/elevation.ts'
import { checkAdministrators, checkAutomaticLogin, checkGuestAccount } from './accounts.ts'
import { checkMandatoryAccessControl, checkSecureBoot, checkSystemIntegrity } from './boot.ts'
import { checkFixedEncrypted, checkRootEncrypted } from './disk-encryption.ts'
import { checkManagement } from './management.ts'
import { checkFirewall, checkSmb1 } from './network.ts'
import { checkOsSupported } from './os-supported.ts'
import { checkAntivirus, checkApplicationOrigin } from './programs.ts'
import { checkRemoteLogin, checkSshRootLogin } from './remote-access.ts'
import { checkScreenLock } from './session-screen-lock.ts'
import { checkAutomaticUpdates, checkRebootPending, checkSecurityUpdates } from './updates.ts'

/** The checks on macOS. None was run on a Mac yet: what they read is known from documents and captures of others. */
export const DARWIN_CHECKS = checksOf('macos', {
  'disk.root-encrypted': { reads: 'commands', run: checkRootEncrypted },
  'disk.fixed-encrypted': { reads: 'commands', run: checkFixedEncrypted },
  'boot.secure-boot': { reads: 'commands', run: checkSecureBoot },
  'boot.system-integrity': { reads: 'commands', run: checkSystemIntegrity },
  'os.supported': { reads: 'files', run: checkOsSupported },
  'os.security-updates': { reads: 'commands', run: checkSecurityUpdates },
  'os.automatic-updates': { reads: 'files', run: checkAutomaticUpdates },
  'os.reboot-pending': { reads: 'commands', run: checkRebootPending },
  'os.application-origin': { reads: 'commands', run: checkApplicationOrigin },
  'protection.antivirus': { reads: 'files', run: checkAntivirus },
  'network.firewall': { reads: 'commands', run: checkFirewall },
  'network.smb1': { reads: 'files', run: checkSmb1 },
  'access.mandatory-access-control': { reads: 'commands', run: checkMandatoryAccessControl },
  'access.ssh-root-login': { reads: 'commands', run: checkSshRootLogin },
  'access.administrators': { reads: 'commands', run: checkAdministrators },
  'access.elevation': { reads: 'files', run: checkElevation },
  'access.guest-account': { reads: 'files', run: checkGuestAccount },
  'access.automatic-login': { reads: 'files', run: checkAutomaticLogin },
  'access.remote-login': { reads: 'commands', run: checkRemoteLogin },
  'session.screen-lock': { reads: 'commands', run: checkScreenLock },
  'management.mdm': { reads: 'commands', run: checkManagement },
  'enforcement.freeze': { reads: 'files', run: checkFreeze },
})
