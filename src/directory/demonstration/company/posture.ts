import { CARDS, type Card, type Check } from '../../../checks/checks.ts'
import type { Finding } from '../../../protocol/finding.ts'
import type { DeviceLabel } from '../../../protocol/messages/frames.ts'
import type { Draw } from './draw.ts'

/** Findings of made-up devices. */

type Platform = DeviceLabel['platform']

interface Fault {
  /** Of the devices that have the check. */
  readonly share: number
  readonly detail: string | { readonly [P in Platform]?: string }
}

const FAULTS: { readonly [C in Check]?: Fault } = {
  'disk.root-encrypted': {
    share: 0.059,
    detail: {
      linux: '/ is on nvme0n1p2, which is not encrypted',
      darwin: 'FileVault is off',
      windows: 'BitLocker protects no key of C:',
    },
  },
  'disk.fixed-encrypted': { share: 0.018, detail: 'a second built-in disk of 1 TB is not encrypted' },
  'boot.secure-boot': {
    share: 0.027,
    detail: { linux: 'Secure Boot is off', windows: 'Secure Boot is off', darwin: 'startup security is reduced' },
  },
  'boot.kernel-lockdown': { share: 0.3, detail: 'the kernel is not locked down' },
  'os.supported': { share: 1, detail: 'its vendor ended this release' },
  'os.security-updates': {
    share: 0.071,
    detail: {
      linux: '7 security updates wait, the oldest for 16 days',
      windows: 'KB5071959 is missing',
      darwin: 'macOS 26.1.1 waits',
    },
  },
  'os.automatic-updates': { share: 0.12, detail: 'security updates are not installed automatically' },
  'os.reboot-pending': { share: 0.14, detail: 'a restart is pending since an update 6 days ago' },
  'os.memory-integrity': { share: 0.11, detail: 'memory integrity is off' },
  'protection.antivirus': { share: 0.04, detail: 'the signatures are 12 days old' },
  'network.firewall': {
    share: 0.024,
    detail: {
      linux: 'no rule of nftables refuses incoming connections',
      darwin: 'the application firewall is off',
      windows: 'the firewall of the public profile is off',
    },
  },
  'access.ssh-root-login': { share: 0.05, detail: 'sshd lets root in with a password' },
  'access.administrators': { share: 0.16, detail: '4 accounts are administrators' },
  'access.elevation': {
    share: 0.09,
    detail: {
      linux: 'sudo asks no password of the group wheel',
      darwin: 'sudo asks no password of admin',
      windows: 'User Account Control does not ask',
    },
  },
  'access.automatic-login': { share: 0.011, detail: 'the system logs a user in without a password' },
  'access.guest-account': { share: 0.004, detail: 'the guest account is on' },
  'access.remote-login': {
    share: 0.08,
    detail: { linux: 'sshd listens on all addresses', darwin: 'remote login is on', windows: 'Remote Desktop is on' },
  },
  'session.screen-lock': { share: 0.029, detail: 'the screen locks after 60 minutes' },
  'management.mdm': { share: 0.06, detail: 'not enrolled in a device management' },
  'enforcement.freeze': { share: 0.02, detail: 'the canary of the last drill ran on for 3 s' },
}

/** Checks that could not be answered, and why. */
const UNANSWERED: { readonly [C in Check]?: { readonly share: number; readonly reason: string } } = {
  'os.security-updates': { share: 0.012, reason: 'the package manager did not answer within 60 s' },
  'disk.fixed-encrypted': { share: 0.006, reason: 'lsblk could not be read' },
  'enforcement.freeze': { share: 0.4, reason: 'no drill yet' },
}

export const CHECKS_THAT_CHANGE: readonly Check[] = [
  'os.security-updates',
  'network.firewall',
  'session.screen-lock',
  'boot.secure-boot',
]

/** All findings of a device. @param failing checks that fail in any case; @param passing checks that do not. */
export function findingsOf(
  draw: Draw,
  {
    platform,
    isOld,
    failing = [],
    passing = [],
  }: {
    readonly platform: Platform
    readonly isOld: boolean
    readonly failing?: readonly Check[]
    readonly passing?: readonly Check[]
  },
): readonly Finding[] {
  return CARDS.map((card) => {
    const check = card.name
    // Drawn in any case, so that one check does not change what another one draws.
    const [fails, unanswered] = [draw.part(), draw.part()]
    const absent = absentOn(card, platform)
    if (absent !== undefined) return { check, state: 'not-applicable' as const, reason: absent }
    const fault = FAULTS[check]
    const share = check === 'os.supported' && !isOld ? 0 : (fault?.share ?? 0)
    if (failing.includes(check) || (fails < share && !passing.includes(check))) {
      return { check, state: 'fail' as const, detail: detailOf(fault, platform) ?? card.english.problem }
    }
    const doubt = UNANSWERED[check]
    if (doubt !== undefined && unanswered < doubt.share && !passing.includes(check)) {
      return { check, state: 'unknown' as const, reason: doubt.reason }
    }
    return { check, state: 'pass' as const, detail: card.passes }
  })
}

function detailOf(fault: Fault | undefined, platform: Platform): string | undefined {
  return typeof fault?.detail === 'string' ? fault.detail : fault?.detail[platform]
}

function absentOn({ systems }: Card, platform: Platform): string | undefined {
  const asked: string | { readonly absent: string } = systems[platform === 'darwin' ? 'macos' : platform]
  return typeof asked === 'string' ? undefined : asked.absent
}
