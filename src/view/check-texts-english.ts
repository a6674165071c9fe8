import type { Check } from '../protocol/finding.ts'
import type { CheckText } from './check-text.ts'

/** The texts of all checks in English. `check-texts-german.ts` has the same members. */
export const ENGLISH_CHECKS: Readonly<Record<Check, CheckText>> = {
  'disk.root-encrypted': {
    title: 'The system disk is encrypted',
    why: 'Without encryption, anyone who takes the laptop or its disk can read all files.',
    steps: {
      any: [
        'An installed system cannot be encrypted in place with safety.',
        'Back up your files.',
        'Ask your support for a reinstallation with an encrypted disk.',
      ],
      debian: [
        'Back up your files.',
        'Reinstall, and choose "Guided - use entire disk and set up encrypted LVM" in the installer.',
        'Restore your files.',
      ],
      fedora: [
        'Back up your files.',
        'Reinstall, and choose "Encrypt my data" in the installer.',
        'Restore your files.',
      ],
    },
    minutes: 120,
  },
  'disk.fixed-encrypted': {
    title: 'All built-in disks and the swap are encrypted',
    why: 'Files and memory on a second disk or in the swap can be read like those on an unencrypted system disk.',
    steps: {
      any: [
        'Back up the files of the named volume.',
        'As root, format it: cryptsetup luksFormat DEVICE (this deletes everything on it).',
        'Add it to /etc/crypttab and /etc/fstab, and restore the files.',
      ],
    },
    minutes: 60,
  },
  'boot.secure-boot': {
    title: 'Secure Boot is on',
    why: 'Without Secure Boot, a changed boot loader or kernel can run before any protection starts.',
    steps: {
      any: [
        'Note the recovery key of an encrypted disk, because its TPM may refuse to unlock once.',
        'Open the firmware settings: systemctl reboot --firmware-setup',
        'Set "Secure Boot" to "Enabled", save and start again.',
      ],
    },
    minutes: 10,
  },
  'boot.setup-mode': {
    title: 'The firmware has its Secure Boot keys',
    why: 'In setup mode, any program with root rights can install its own boot keys.',
    steps: {
      any: [
        'Open the firmware settings: systemctl reboot --firmware-setup',
        'Choose "Restore factory keys" or "Install default keys" under "Secure Boot", save and start again.',
      ],
    },
    minutes: 10,
  },
  'boot.kernel-lockdown': {
    title: 'The kernel is locked down',
    why: 'Without lockdown, a program with root rights can change the running kernel and hide in it.',
    steps: {
      any: [
        'Turn on Secure Boot first: most distributions then lock the kernel by themselves.',
        'Otherwise add lockdown=integrity to GRUB_CMDLINE_LINUX in /etc/default/grub, update GRUB, and start again.',
      ],
      debian: [
        'Turn on Secure Boot first: Debian then locks the kernel by itself.',
        'Otherwise add lockdown=integrity to GRUB_CMDLINE_LINUX in /etc/default/grub.',
        'Run: sudo update-grub',
        'Start again.',
      ],
    },
    minutes: 10,
  },
  'boot.system-integrity': {
    title: 'System Integrity Protection is on',
    why: 'Without it, a program with root rights can change the system itself and hide in it.',
    steps: {
      any: ['Ask your support: only macOS has System Integrity Protection.'],
    },
    minutes: 15,
  },
  'tpm.present': {
    title: 'A TPM 2.0 is present',
    why: 'Only keys in a TPM prove that a report comes from this laptop.',
    steps: {
      any: [
        'Open the firmware settings: systemctl reboot --firmware-setup',
        'Turn on "TPM", "Intel PTT" or "AMD fTPM" under "Security", save and start again.',
        'If there is no such setting, ask your support: this laptop may have no TPM.',
      ],
    },
    minutes: 10,
  },
  'os.supported': {
    title: 'The system still gets updates',
    why: 'After the end of support, known security holes stay open.',
    steps: {
      any: ['Back up your files.', 'Upgrade to a supported release of your distribution.'],
      debian: [
        'Back up your files.',
        'Read the release notes of the next release: https://www.debian.org/releases/stable/releasenotes',
        'Follow their chapter on upgrades.',
      ],
      fedora: [
        'Back up your files.',
        'Follow: https://docs.fedoraproject.org/en-US/quick-docs/upgrading-fedora-offline/',
      ],
    },
    minutes: 90,
  },
  'os.security-updates': {
    title: 'Security updates are installed',
    why: 'Attackers use holes whose updates are published but not installed.',
    steps: {
      any: ['Install all updates with the package manager.', 'Start again if the kernel was updated.'],
      debian: ['Run: sudo apt update', 'Run: sudo apt upgrade', 'Start again if the kernel was updated.'],
      fedora: ['Run: sudo dnf upgrade --refresh', 'Start again if the kernel was updated.'],
    },
    minutes: 15,
  },
  'os.automatic-updates': {
    title: 'Security updates install automatically',
    why: 'Updates that wait for a person often arrive too late.',
    steps: {
      any: ['Turn on automatic security updates in the package manager of this system.'],
      debian: ['Run: sudo apt install unattended-upgrades', 'Run: sudo surety fix os.automatic-updates --yes'],
      fedora: [
        'Run: sudo dnf install dnf-automatic',
        'Set apply_updates = yes in /etc/dnf/automatic.conf.',
        'Run: sudo systemctl enable --now dnf-automatic.timer',
      ],
    },
    minutes: 5,
  },
  'os.reboot-pending': {
    title: 'No update waits for a restart',
    why: 'An installed update protects only after the restart that it asks for.',
    steps: {
      any: ['Save your work.', 'Start again.'],
    },
    minutes: 5,
  },
  'os.memory-integrity': {
    title: 'Memory integrity is on',
    why: 'Without it, a driver that is taken over can change the code of the kernel.',
    steps: {
      any: ['Ask your support: only Windows has memory integrity.'],
    },
    minutes: 10,
  },
  'os.application-origin': {
    title: 'Programs from elsewhere are checked before they run',
    why: 'Most malware is a program that a person downloads and opens.',
    steps: {
      any: ['Ask your support: only Windows and macOS check the origin of programs.'],
    },
    minutes: 5,
  },
  'protection.antivirus': {
    title: 'An antivirus program runs and is up to date',
    why: 'Known malware is stopped only by a program that runs and knows it.',
    steps: {
      any: [
        'Start the installed antivirus program, and set it to start with the system.',
        'If there is none, ask your support which one your company uses.',
      ],
    },
    minutes: 10,
  },
  'network.firewall': {
    title: 'A firewall filters incoming connections',
    why: 'Without a firewall, everyone in the same network can reach every program that listens.',
    steps: {
      any: [
        'Check which services others must reach, such as SSH.',
        'Turn on the firewall of this system, and allow only these services.',
      ],
      debian: [
        'Run: sudo apt install ufw',
        'If you work on this laptop over SSH, run first: sudo ufw allow OpenSSH',
        'Run: sudo ufw default deny incoming',
        'Run: sudo ufw enable',
      ],
      fedora: ['Run: sudo systemctl enable --now firewalld'],
    },
    minutes: 5,
  },
  'network.smb1': {
    title: 'No server speaks SMB 1',
    why: 'SMB 1 has known holes through which worms spread in networks.',
    steps: {
      any: [
        'Remove "server min protocol" from /etc/samba/smb.conf, or set it to SMB2.',
        'Run: sudo systemctl restart smbd (or smb)',
      ],
    },
    minutes: 5,
  },
  'access.mandatory-access-control': {
    title: 'The system confines programs',
    why: 'A confined program that is taken over can reach only what it needs.',
    steps: {
      any: ['Turn on the access control of your distribution: AppArmor or SELinux.'],
      debian: [
        'Run: sudo apt install apparmor apparmor-profiles',
        'Run: sudo systemctl enable --now apparmor',
        'Start again.',
      ],
      fedora: ['Set SELINUX=enforcing in /etc/selinux/config.', 'Start again.'],
    },
    minutes: 10,
  },
  'access.ssh-root-login': {
    title: 'Root cannot log in over SSH with a password',
    why: 'A password of root can be guessed from the network, and opens the whole laptop.',
    steps: {
      any: [
        'Make sure that you can log in as another user or with a key.',
        'Set PermitRootLogin prohibit-password in /etc/ssh/sshd_config, and in its Match blocks.',
        'Run: sudo systemctl reload ssh (or sshd)',
      ],
    },
    minutes: 5,
  },
  'access.administrators': {
    title: 'Administrators need a password, and only root is root',
    why: 'An administrator without a password gives the laptop to anyone who can type.',
    steps: {
      any: [
        'Set a password for each named account: sudo passwd NAME',
        'Give a second account with user id 0 another id, or remove it.',
        'Remove people who need no administrator rights: sudo gpasswd --delete NAME sudo',
      ],
    },
    minutes: 5,
  },
  'access.elevation': {
    title: 'Becoming an administrator takes a password',
    why: 'Without it, every program that you start can change the whole laptop.',
    steps: {
      any: [
        'Find the named rule in /etc/sudoers or /etc/sudoers.d.',
        'Run: sudo visudo',
        'Remove NOPASSWD and !authenticate from that rule.',
      ],
    },
    minutes: 5,
  },
  'access.guest-account': {
    title: 'No guest can use this device',
    why: 'A guest uses the laptop and its network without anyone knowing who it was.',
    steps: {
      any: [
        'Remove the named account: sudo userdel NAME',
        'For LightDM, set allow-guest=false under [Seat:*] in /etc/lightdm/lightdm.conf.',
      ],
    },
    minutes: 5,
  },
  'access.automatic-login': {
    title: 'No one is logged in without a password',
    why: 'With automatic log-in, anyone who starts the laptop has your files and accounts.',
    steps: {
      any: [
        'Make sure that you know your password.',
        'Turn off automatic log-in in the settings of your user account.',
        'Remove the named user from the settings of the named display manager.',
      ],
    },
    minutes: 5,
  },
  'access.remote-login': {
    title: 'No one can log in from the network with a password',
    why: 'Passwords can be guessed from the network.',
    steps: {
      any: [
        'Make sure that you can log in with a key, if you work on this laptop over SSH.',
        'Set PasswordAuthentication no and KbdInteractiveAuthentication no in /etc/ssh/sshd_config.',
        'Run: sudo systemctl reload ssh (or sshd)',
      ],
    },
    minutes: 5,
  },
  'access.credential-guard': {
    title: 'Credential Guard is on',
    why: 'Without it, an administrator can take the passwords and tickets of others from memory.',
    steps: {
      any: ['Ask your support: only Windows has Credential Guard.'],
    },
    minutes: 10,
  },
  'session.screen-lock': {
    title: 'The screen locks by itself',
    why: 'An open screen gives your files and accounts to anyone who passes by.',
    steps: {
      any: [
        'Turn on the automatic screen lock in the settings of your desktop.',
        'Lock after 10 minutes or less, with a password to unlock.',
      ],
      gnome: ['Run: surety fix session.screen-lock --yes'],
      kde: [
        'Open "Screen Locking" in the system settings.',
        'Lock automatically after 10 minutes or less, and require the password at once.',
      ],
    },
    minutes: 2,
  },
  'management.mdm': {
    title: 'The device is enrolled with a device management',
    why: 'A managed device gets the settings of your company, which can protect its data when it is lost.',
    steps: {
      any: ['Ask your support how to enrol this device.'],
    },
    minutes: 15,
  },
  'enforcement.freeze': {
    title: 'Agents on this device can be stopped',
    why: 'An agent that the kernel cannot freeze may go on while people try to stop it.',
    steps: {
      any: ['Ask an administrator of the directory for a new drill. If it fails again, ask your support.'],
    },
    minutes: 15,
  },
}
