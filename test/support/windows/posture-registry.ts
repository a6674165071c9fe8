import type { RegistryValues } from './windows.ts'

const HKLM = 'HKEY_LOCAL_MACHINE'
const POLICIES = `${HKLM}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System`
const CURRENT = `${HKLM}\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion`
const SERVICES = `${HKLM}\\SYSTEM\\CurrentControlSet\\Services`
const FIREWALL = `${SERVICES}\\SharedAccess\\Parameters\\FirewallPolicy`
const SERVICING = `${HKLM}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing`
const UPDATE = `${HKLM}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update`
const SECURE_BOOT = `${HKLM}\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State`
const TERMINAL = `${HKLM}\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server`
const EXPLORER = `${HKLM}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer`
const ENROLMENT = `${HKLM}\\SOFTWARE\\Microsoft\\Enrollments\\{1}`
const TEST = `${HKLM}\\SOFTWARE\\Surety Test`

/** A registry with which a check passes wherever Wine answers it. */
export const SOUND_REGISTRY: RegistryValues = {
  [CURRENT]: { CurrentBuild: '26200', UBR: 7171, DisplayVersion: '25H2', EditionID: 'Enterprise' },
  [`${CURRENT}\\Winlogon`]: { AutoAdminLogon: '0' },
  [SECURE_BOOT]: { UEFISecureBootEnabled: 1 },
  [`${SERVICES}\\wuauserv`]: { Start: 3 },
  [`${SERVICES}\\UsoSvc`]: { Start: 2 },
  [`${SERVICES}\\LanmanServer`]: { Start: 2 },
  [`${FIREWALL}\\DomainProfile`]: { EnableFirewall: 1 },
  [`${FIREWALL}\\StandardProfile`]: { EnableFirewall: 1 },
  [`${FIREWALL}\\PublicProfile`]: { EnableFirewall: 1 },
  [SERVICING]: { Version: 1 },
  [POLICIES]: { EnableLUA: 1, ConsentPromptBehaviorAdmin: 5, InactivityTimeoutSecs: 600 },
  [EXPLORER]: { SmartScreenEnabled: 'Warn' },
  [TERMINAL]: { fDenyTSConnections: 1 },
  [ENROLMENT]: {
    EnrollmentState: 1,
    ProviderID: 'MS DM Server',
    DiscoveryServiceFullURL: 'https://enrollment.manage.microsoft.com/discovery.svc',
  },
  [TEST]: {
    words: 'Größe “1” 😀',
    many: 'x'.repeat(70_000),
    short: { type: 4, bytes: Uint8Array.of(1, 0, 0) },
    large: { type: 11, bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) },
    odd: { type: 1, bytes: Uint8Array.of(0x41, 0, 0x42) },
    unended: { type: 1, bytes: Uint8Array.of(0x41, 0, 0x42, 0) },
  },
}

/** Written over `SOUND_REGISTRY`, it makes the same checks fail. */
export const UNSOUND_REGISTRY: RegistryValues = {
  [CURRENT]: { CurrentBuild: '22621', EditionID: 'Professional' },
  [`${CURRENT}\\Winlogon`]: { AutoAdminLogon: '1', DefaultUserName: 'kiosk' },
  [SECURE_BOOT]: { UEFISecureBootEnabled: 0 },
  [`${SERVICES}\\wuauserv`]: { Start: 4 },
  [`${SERVICES}\\mrxsmb10`]: { Start: 2 },
  [`${SERVICES}\\LanmanServer\\Parameters`]: { SMB1: 1 },
  [`${FIREWALL}\\PublicProfile`]: { EnableFirewall: 0 },
  [`${UPDATE}\\RebootRequired`]: { X: 1 },
  [POLICIES]: { EnableLUA: 0, InactivityTimeoutSecs: 0 },
  [EXPLORER]: { SmartScreenEnabled: 'Off' },
  [TERMINAL]: { fDenyTSConnections: 0 },
  [ENROLMENT]: { EnrollmentState: 3 },
}

/** By the registry alone, so both ways can be seen under Wine. */
export const BY_REGISTRY = [
  ...['boot.secure-boot', 'os.supported', 'os.automatic-updates', 'os.reboot-pending', 'os.application-origin'],
  ...['network.smb1', 'access.elevation', 'access.automatic-login', 'access.remote-login', 'session.screen-lock'],
  'management.mdm',
]
