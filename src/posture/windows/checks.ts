import { notApplicableRow, type PostureChecks, unreadRow } from '../components.ts'

/** The checks on Windows. No file or program is read there yet. */
export const WINDOWS_CHECKS: PostureChecks = {
  'disk.root-encrypted': unreadRow('BitLocker is not read on Windows yet'),
  'disk.fixed-encrypted': unreadRow('BitLocker is not read on Windows yet'),
  'boot.secure-boot': unreadRow('variables of UEFI are not read on Windows yet'),
  'boot.setup-mode': unreadRow('variables of UEFI are not read on Windows yet'),
  'boot.kernel-lockdown': notApplicableRow('kernel lockdown is a feature of Linux'),
  'tpm.present': unreadRow('the TPM is not read on Windows yet'),
  'os.supported': unreadRow('the end of support is not known for Windows yet'),
  'os.security-updates': unreadRow('pending updates are not read on Windows yet'),
  'os.automatic-updates': unreadRow('settings of Windows Update are not read yet'),
  'network.firewall': unreadRow('Windows Firewall is not read yet'),
  'access.mandatory-access-control': unreadRow('application control is not read on Windows yet'),
  'access.ssh-root-login': notApplicableRow('Windows has no root account'),
  'access.administrators': unreadRow('members of the group Administrators are not read on Windows yet'),
  'session.screen-lock': unreadRow('settings of the screen lock are not read on Windows yet'),
  'enforcement.freeze': unreadRow('agents cannot be frozen on Windows yet'),
}
