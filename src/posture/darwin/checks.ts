import { notApplicableRow, type PostureChecks, unreadRow } from '../components.ts'

/** The checks on macOS. No file or program is read there yet. */
export const DARWIN_CHECKS: PostureChecks = {
  'disk.root-encrypted': unreadRow('FileVault is not read on macOS yet'),
  'disk.fixed-encrypted': unreadRow('encryption of other volumes is not read on macOS yet'),
  'boot.secure-boot': unreadRow('the startup security policy is not read on macOS yet'),
  'boot.setup-mode': notApplicableRow('macOS has no setup mode of UEFI'),
  'boot.kernel-lockdown': notApplicableRow('kernel lockdown is a feature of Linux'),
  'tpm.present': notApplicableRow('macOS does not use a TPM'),
  'os.supported': unreadRow('the end of support is not known for macOS yet'),
  'os.security-updates': unreadRow('pending updates are not read on macOS yet'),
  'os.automatic-updates': unreadRow('settings of Software Update are not read on macOS yet'),
  'network.firewall': unreadRow('the application firewall is not read on macOS yet'),
  'access.mandatory-access-control': unreadRow('System Integrity Protection is not read on macOS yet'),
  'access.ssh-root-login': unreadRow('settings of the SSH server are not read on macOS yet'),
  'access.administrators': unreadRow('members of the group admin are not read on macOS yet'),
  'session.screen-lock': unreadRow('settings of the screen lock are not read on macOS yet'),
  'enforcement.freeze': unreadRow('agents cannot be frozen on macOS yet'),
}
