import type { RegistryKey } from '../../system/facts/windows-facts.ts'
import { fail, pass, unknown } from '../check-outcome.ts'
import { firstText, MANAGED, type WindowsCheck } from './windows-check.ts'

const POLICY: RegistryKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\System'
const EXPLORER: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer'
const CODE_INTEGRITY: RegistryKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\CI\\Policy'
/** VerifiedAndReputablePolicyState: Smart App Control decides. */
const ENFORCED = 1

/** `os.application-origin`: SmartScreen warns before a downloaded program first runs, or Smart App Control decides. */
export const checkApplicationOrigin: WindowsCheck = (facts) => {
  const { registry } = facts
  if (registry.number(CODE_INTEGRITY, 'VerifiedAndReputablePolicyState') === ENFORCED) {
    return pass('Smart App Control decides which programs run.')
  }
  const policy =
    registry.number(POLICY, 'EnableSmartScreen') ??
    registry.number(`${MANAGED}\\SmartScreen`, 'EnableSmartScreenInShell')
  if (policy === 0) return fail('A policy turns SmartScreen off: downloaded programs run without a warning.')
  if (policy === 1) {
    const level = registry.text(POLICY, 'ShellSmartScreenLevel') ?? 'Warn'
    return pass(`SmartScreen is on by policy (${level}).`)
  }
  if (policy !== undefined) return unknown(`a policy sets SmartScreen to a value not known (${policy})`)
  const setting = firstText(facts, [EXPLORER], 'SmartScreenEnabled')?.toLowerCase()
  switch (setting) {
    case 'off':
      return fail('SmartScreen is off: downloaded programs run without a warning.')
    case 'on':
    case 'warn':
    case 'prompt':
    case 'block':
    case 'requireadmin':
      return pass(`SmartScreen is on (${setting}).`)
    case undefined:
      return registry.keys(EXPLORER) === undefined
        ? unknown('the settings of SmartScreen are not there')
        : pass('SmartScreen is on, as Windows comes.')
    default:
      return unknown('SmartScreen is set to a value not known')
  }
}
