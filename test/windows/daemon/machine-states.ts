import type { RegistryValues } from '../../support/windows/windows.ts'

/** Values of the registry that make a machine sound or not, by the settings that checks read. */

const HKLM = 'HKEY_LOCAL_MACHINE'
const POLICIES = `${HKLM}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System`
const LOGON = `${HKLM}\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon`
const TERMINAL = `${HKLM}\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server`
const EXPLORER = `${HKLM}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer`
export const UNSOUND: RegistryValues = {
  [POLICIES]: { EnableLUA: 0, InactivityTimeoutSecs: 0 },
  [LOGON]: { AutoAdminLogon: '1', DefaultUserName: 'kiosk' },
  [TERMINAL]: { fDenyTSConnections: 0 },
  [EXPLORER]: { SmartScreenEnabled: 'Off' },
}
export const SOUND: RegistryValues = {
  [POLICIES]: { EnableLUA: 1, ConsentPromptBehaviorAdmin: 5, InactivityTimeoutSecs: 600 },
  [LOGON]: { AutoAdminLogon: '0' },
  [TERMINAL]: { fDenyTSConnections: 1 },
  [EXPLORER]: { SmartScreenEnabled: 'Warn' },
}
/** As Group Policy leaves it. */
export const MANAGED: RegistryValues = {
  [`${HKLM}\\SOFTWARE\\Policies\\Surety`]: { 'support.owner': 'IT', 'log.level': 'info' },
}
