import { DEFAULT_POLICY } from '../src/directory/policy/policy.ts'
import { CHECKS, type Check } from '../src/protocol/finding.ts'
import { checkText, remediesOf } from '../src/view/check-catalogue.ts'
import type { CheckText } from '../src/view/check-text.ts'

/** `docs/checks.md`: what each check asks, and the texts of `surety explain`. */

const HEAD = `# Checks

What each check asks, why, and how to pass it once it has failed. \`surety explain CHECK\` shows the same for your system.

Follow the steps only for a check that **failed**. One that is \`unknown\` could not be checked: the device may be in order, and
\`surety explain CHECK\` says why Surety could not see it.

A required check that fails or is unknown makes the device not compliant. An advisory one is shown and does not count. The policy of
your directory can weigh them otherwise ([policy](admin/policy.md)); \`surety status\` and \`surety explain\` say what counts on your device.

The table says what each system is asked. A dash means that the check does not apply there: it is reported as such and counts for
nothing.
`

type Sources = readonly [linux: string, macos: string, windows: string]

/** What each system is asked, in a few words. A test compares the dashes with the checks of the system. */
const SOURCES: Readonly<Record<Check, Sources>> = {
  'disk.root-encrypted': ['LUKS, ZFS', 'FileVault', 'BitLocker'],
  'disk.fixed-encrypted': ['LUKS, ZFS, swap', 'APFS volumes', 'BitLocker'],
  'boot.secure-boot': ['UEFI', 'startup security', 'UEFI'],
  'boot.setup-mode': ['UEFI', '–', 'UEFI'],
  'boot.kernel-lockdown': ['kernel', '–', '–'],
  'boot.system-integrity': ['–', 'SIP', '–'],
  'tpm.present': ['kernel', '–', 'TPM Base Services'],
  'os.supported': ['dated table', 'dated table', 'dated table'],
  'os.security-updates': ['apt, dnf', 'Software Update', 'Windows Update'],
  'os.automatic-updates': ['apt, dnf', 'Software Update', 'policies, services'],
  'os.reboot-pending': ['kernels, marks', 'Software Update', 'registry'],
  'os.memory-integrity': ['–', '–', 'HVCI'],
  'os.application-origin': ['–', 'Gatekeeper', 'SmartScreen'],
  'protection.antivirus': ['known products', 'XProtect', 'Security Center, Defender'],
  'network.firewall': ['nftables', 'application firewall', 'Windows Firewall'],
  'network.smb1': ['Samba', 'SMB server', 'SMB server'],
  'access.mandatory-access-control': ['AppArmor, SELinux', 'SIP', 'App Control'],
  'access.ssh-root-login': ['sshd', 'sshd', '–'],
  'access.administrators': ['groups, shadow', 'group admin', 'group Administrators'],
  'access.elevation': ['sudoers', 'sudoers', 'User Account Control'],
  'access.guest-account': ['accounts, LightDM', 'guest user', 'guest account'],
  'access.automatic-login': ['login screens', 'login window', 'Winlogon'],
  'access.remote-login': ['sshd', 'SSH, screen sharing', 'Remote Desktop'],
  'access.credential-guard': ['–', '–', 'Credential Guard'],
  'session.screen-lock': ['GNOME, KDE', 'screen saver', 'limit, screen saver'],
  'management.mdm': ['–', 'enrolment', 'enrolment'],
  'enforcement.freeze': ['drill', 'drill', 'drill'],
}

const TITLES = {
  any: 'Any other system',
  debian: 'Debian and its relatives',
  fedora: 'Fedora and its relatives',
  gnome: 'GNOME',
  kde: 'KDE Plasma',
  macos: 'macOS',
  windows: 'Windows',
} as const satisfies Record<keyof CheckText['steps'], string>

export function checkPage(): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = CHECKS.map((check) =>
    row([`[${check}](#${check.replace('.', '')})`, DEFAULT_POLICY.checks[check] ?? 'off', ...SOURCES[check]]),
  )
  const table = [row(['Check', 'By default', 'Linux', 'macOS', 'Windows']), '|---|---|---|---|---|', ...rows]
  return `${[HEAD, ...table].join('\n')}\n\n${CHECKS.map(sectionOf).join('\n')}`
}

/** The checks that the page says do not apply to a system. */
export function dashesOf(system: 0 | 1 | 2): readonly Check[] {
  return CHECKS.filter((check) => SOURCES[check][system] === '–')
}

function sectionOf(check: Check): string {
  const { title, why } = checkText(check, 'en')
  const { steps, minutes } = remediesOf({ check, state: 'fail' }, 'en')
  const names = Object.keys(TITLES) as (keyof typeof TITLES)[] // the keys of a constant of ours
  const lists = names.flatMap((name) => {
    const list = steps[name]
    if (list === undefined) return []
    return [`${TITLES[name]}:\n\n${list.map((step, index) => `${index + 1}. ${step}\n`).join('')}`]
  })
  return [`## ${check}\n`, `${title}. ${why} About ${minutes} minutes.\n`, ...lists].join('\n')
}
