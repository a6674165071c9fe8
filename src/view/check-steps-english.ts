import type { Check } from '../protocol/finding.ts'
import type { CheckText } from './check-text.ts'

/** Steps on Windows and macOS, beside those of `check-texts-english.ts`. Empty where a check is of Linux alone. */
export const ENGLISH_STEPS: Readonly<Record<Check, Pick<CheckText['steps'], 'windows' | 'macos'>>> = {
  'disk.root-encrypted': {
    windows: [
      'Open Settings > Privacy & security > Device encryption, or "Manage BitLocker" in the Control Panel.',
      'Turn it on, and store the recovery key where your support says.',
      'Leave the laptop on until the encryption is complete.',
    ],
    macos: [
      'Open System Settings > Privacy & Security > FileVault.',
      'Turn it on, and store the recovery key where your support says.',
      'Leave the Mac connected to power until the encryption is complete.',
    ],
  },
  'disk.fixed-encrypted': {
    windows: [
      'Open "Manage BitLocker" in the Control Panel.',
      'Turn on BitLocker for each named drive, and store its recovery key.',
    ],
    macos: [
      'Open the Finder, and click the named volume with the right button.',
      'Choose "Encrypt", and store the password.',
    ],
  },
  'boot.secure-boot': {
    windows: [
      'Store the BitLocker recovery key, because Windows may ask for it once.',
      'Open Settings > System > Recovery > Advanced startup > Restart now.',
      'Choose Troubleshoot > Advanced options > UEFI Firmware Settings.',
      'Set "Secure Boot" to "Enabled", save and start again.',
    ],
    macos: [
      'Shut down, and start the recovery system: hold the power button on Apple silicon, or Command-R on Intel.',
      'Open Utilities > Startup Security Utility.',
      'Choose "Full Security", and start again.',
    ],
  },
  'boot.setup-mode': {
    windows: [
      'Open Settings > System > Recovery > Advanced startup > Restart now.',
      'Choose Troubleshoot > Advanced options > UEFI Firmware Settings.',
      'Choose "Restore factory keys" or "Install default keys" under "Secure Boot", save and start again.',
    ],
  },
  'boot.kernel-lockdown': {},
  'boot.system-integrity': {
    macos: [
      'Shut down, and start the recovery system: hold the power button on Apple silicon, or Command-R on Intel.',
      'Open Utilities > Terminal.',
      'Run: csrutil enable',
      'Start again.',
    ],
  },
  'tpm.present': {
    windows: [
      'Open Settings > System > Recovery > Advanced startup > Restart now.',
      'Choose Troubleshoot > Advanced options > UEFI Firmware Settings.',
      'Turn on "TPM", "Intel PTT" or "AMD fTPM" under "Security", save and start again.',
    ],
  },
  'os.supported': {
    windows: [
      'Back up your files.',
      'Open Settings > Windows Update, and install the newest feature update.',
      'If none is offered, ask your support: this laptop may be too old for it.',
    ],
    macos: [
      'Back up your files with Time Machine.',
      'Open System Settings > General > Software Update, and install the newest macOS.',
      'If none is offered, ask your support: this Mac may be too old for it.',
    ],
  },
  'os.security-updates': {
    windows: [
      'Open Settings > Windows Update.',
      'Choose "Check for updates", and install all of them.',
      'Start again when Windows asks for it.',
    ],
    macos: [
      'Open System Settings > General > Software Update.',
      'Install all updates, and start again when macOS asks for it.',
    ],
  },
  'os.automatic-updates': {
    windows: [
      'Open Settings > Windows Update.',
      'Choose "Resume updates" if updates are paused.',
      'If the settings say that your organisation manages them, ask your support.',
    ],
    macos: [
      'Open System Settings > General > Software Update.',
      'Click the (i) beside "Automatic Updates".',
      'Turn on all settings there.',
    ],
  },
  'os.reboot-pending': {
    windows: ['Save your work.', 'Open the Start menu, and choose Power > Update and restart, or Restart.'],
    macos: ['Save your work.', 'Choose Restart in the Apple menu.'],
  },
  'os.memory-integrity': {
    windows: [
      'Open Windows Security > Device security > Core isolation details.',
      'Turn on "Memory integrity".',
      'If Windows names drivers that do not fit, update or remove them first.',
      'Start again.',
    ],
  },
  'os.application-origin': {
    windows: [
      'Open Windows Security > App & browser control > Reputation-based protection settings.',
      'Turn on "Check apps and files".',
    ],
    macos: [
      'Open System Settings > Privacy & Security.',
      'Under "Allow applications from", choose "App Store & Known Developers".',
    ],
  },
  'protection.antivirus': {
    windows: [
      'Open Windows Security > Virus & threat protection.',
      'Turn on real-time protection, or open the named product and turn it on.',
      'Choose "Protection updates", and check for updates.',
    ],
    macos: [
      'Open System Settings > General > Software Update.',
      'Click the (i) beside "Automatic Updates".',
      'Turn on "Install Security Responses and system files".',
    ],
  },
  'network.firewall': {
    windows: [
      'Open Windows Security > Firewall & network protection.',
      'Turn on the firewall of each network: domain, private and public.',
    ],
    macos: ['Open System Settings > Network > Firewall.', 'Turn it on.'],
  },
  'network.smb1': {
    windows: [
      'Search for "Turn Windows features on or off" in the Start menu.',
      'Clear "SMB 1.0/CIFS File Sharing Support".',
      'Start again.',
    ],
    macos: ['Ask your support: macOS itself has no setting that turns on a server for SMB 1.'],
  },
  'access.mandatory-access-control': {
    windows: ['Ask your support: rules of App Control for Business are set by your company.'],
    macos: [
      'Shut down, and start the recovery system: hold the power button on Apple silicon, or Command-R on Intel.',
      'Open Utilities > Terminal.',
      'Run: csrutil enable',
      'Start again.',
    ],
  },
  'access.ssh-root-login': {
    macos: [
      'Open System Settings > General > Sharing.',
      'Click the (i) beside "Remote Login", and allow only users who need it.',
      'Set PermitRootLogin prohibit-password in /etc/ssh/sshd_config.',
    ],
  },
  'access.administrators': {
    windows: [
      'Open Settings > Accounts > Other users.',
      'Change the account type of people who need no administrator rights to "Standard User".',
      'Set a password for each named account.',
    ],
    macos: [
      'Open System Settings > Users & Groups.',
      'Click the (i) beside each person who needs no administrator rights.',
      'Turn off "Allow this user to administer this computer".',
    ],
  },
  'access.elevation': {
    windows: [
      'Search for "Change User Account Control settings" in the Start menu.',
      'Move the slider to the second highest position, or higher.',
      'Start again.',
    ],
    macos: [
      'Find the named rule in /etc/sudoers or /etc/sudoers.d.',
      'Run: sudo visudo',
      'Remove NOPASSWD and !authenticate from that rule.',
    ],
  },
  'access.guest-account': {
    windows: ['Open a terminal as administrator.', 'Run: net user Guest /active:no'],
    macos: [
      'Open System Settings > Users & Groups.',
      'Click the (i) beside "Guest User".',
      'Turn off "Allow guests to log in to this computer".',
    ],
  },
  'access.automatic-login': {
    windows: [
      'Make sure that you know your password.',
      'Run: netplwiz',
      'Tick "Users must enter a user name and password to use this computer".',
      'If that box is not there, ask your support to remove AutoAdminLogon from the registry.',
    ],
    macos: [
      'Make sure that you know your password.',
      'Open System Settings > Users & Groups.',
      'Set "Automatically log in as" to "Off".',
    ],
  },
  'access.remote-login': {
    windows: ['Open Settings > System > Remote Desktop.', 'Turn it off, unless your company needs it.'],
    macos: [
      'Open System Settings > General > Sharing.',
      'Turn off "Remote Login", "Screen Sharing" and "Remote Management", unless you need them.',
    ],
  },
  'access.credential-guard': {
    windows: [
      'Ask your support: your company turns on Credential Guard by a policy.',
      'It needs Windows Enterprise or Education, Secure Boot and a restart.',
    ],
  },
  'session.screen-lock': {
    windows: [
      'Open Settings > Personalisation > Lock screen > Screen saver.',
      'Wait 10 minutes or less, and tick "On resume, display log-on screen".',
      'If your company sets a machine inactivity limit, ask your support to set it to 600 seconds.',
    ],
    macos: [
      'Open System Settings > Lock Screen.',
      'Turn the display off after 10 minutes or less.',
      'Require the password immediately after that.',
    ],
  },
  'management.mdm': {
    windows: [
      'Open Settings > Accounts > Access work or school.',
      'Choose "Connect", and sign in with the account of your company.',
    ],
    macos: [
      'Open the enrolment page or profile that your support names.',
      'Open System Settings > General > Device Management, and install the profile.',
    ],
  },
  'enforcement.freeze': {
    windows: ['Ask an administrator of the directory for a new drill. If it fails again, ask your support.'],
    macos: ['Ask an administrator of the directory for a new drill. If it fails again, ask your support.'],
  },
}
