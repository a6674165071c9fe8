import type { Check } from '../../../src/checks/checks.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import { type Change, recordedMachine } from '../../support/platforms/recorded-windows.ts'

/** What is otherwise than on the sound machine: the check, what it is, the change, the state, and a part of the text. */
export type Case = readonly [check: Check, what: string, change: Change, state: Finding['state'], text: string]

export const SOUND = recordedMachine('managed-laptop')
export const SERVICES = 'HKLM\\SYSTEM\\CurrentControlSet\\Services'
export const FIREWALL = `${SERVICES}\\SharedAccess\\Parameters\\FirewallPolicy`
export const FIREWALL_POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall'
export const CURRENT = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'
export const WINLOGON = `${CURRENT}\\Winlogon`
export const SYSTEM_POLICY = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'
export const SCREEN_POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\System'
export const EXPLORER = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer'
export const UPDATE_POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate\\AU'
export const UPDATE_SETTINGS = 'HKLM\\SOFTWARE\\Microsoft\\WindowsUpdate\\UX\\Settings'
export const UPDATE = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update'
export const SERVICING = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing'
export const TERMINAL = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server'
export const TERMINAL_POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services'
export const ENROLLMENTS = 'HKLM\\SOFTWARE\\Microsoft\\Enrollments'
export const MANAGED = `${ENROLLMENTS}\\3D2E6B9C-1111-4B6F-9C55-0C0F4C7B8F11`
export const ANN = 'S-1-5-21-1004336348-1177238915-682003330-1001'
export const DESKTOP = `HKU\\${ANN}\\Control Panel\\Desktop`
export const DESKTOP_POLICY = `HKU\\${ANN}\\Software\\Policies\\Microsoft\\Windows\\Control Panel\\Desktop`
export const C = '\\\\?\\Volume{6d4f0a1e-0000-0000-0000-100000000000}\\'
export const D = '\\\\?\\Volume{6d4f0a1e-0000-0000-0000-200000000000}\\'
export const BITLOCKER = 'root\\CIMV2\\Security\\MicrosoftVolumeEncryption'
export const DEFENDER = 'root\\Microsoft\\Windows\\Defender'
export const DEVICE_GUARD = 'root\\Microsoft\\Windows\\DeviceGuard'
export const SMB = 'root\\Microsoft\\Windows\\SMB'
export const ACCESS_DENIED = 0x8004_1003
export const SERVER_BUSY = 0x8004_1069

export const registry = (values: Readonly<Record<string, unknown>>): Change => ({ registry: values })
export const wmi = (namespace: string, classes: unknown): Change => ({ wmi: { [namespace]: classes } })
export const method = (name: string, volume: string, answer: unknown): Change => ({
  methods: { [`Win32_EncryptableVolume.${name}`]: { [volume]: answer } },
})
export const guard = (row: object): Change =>
  wmi(DEVICE_GUARD, { Win32_DeviceGuard: [{ ...soundRow(DEVICE_GUARD, 'Win32_DeviceGuard'), ...row }] })
export const soundRow = (namespace: string, name: string) => {
  const rows = SOUND.wmi[namespace]?.[name]
  return Array.isArray(rows) ? rows[0] : undefined
}
export const defender = (row: object): Change =>
  wmi(DEFENDER, { MSFT_MpComputerStatus: [{ ...soundRow(DEFENDER, 'MSFT_MpComputerStatus'), ...row }] })
export const product = (displayName: string, productState: unknown): Change => ({
  wmi: {
    [DEFENDER]: undefined,
    'root\\SecurityCenter2': {
      AntiVirusProduct: [
        { displayName: 'Windows Defender', productState: 393_472 },
        { displayName, productState },
      ],
    },
  },
})
export const services = (...rows: readonly object[]): Change => wmi('root\\cimv2', { Win32_Service: rows })
export const waiting = (update: object): Change => ({
  updates: {
    updates: [{ title: '2026-11 Cumulative Update', published: 46_339, categories: [], severity: null, ...update }],
    searched: 46_351.25,
  },
})
export const members = (rows: unknown): Change => ({ administrators: rows })
export const MANAGED_AREAS = 'HKLM\\SOFTWARE\\Microsoft\\PolicyManager\\current\\device'
export const otherFirewall = (productState: number): Change =>
  wmi('root\\SecurityCenter2', { FirewallProduct: [{ displayName: 'Acme Firewall', productState }] })
