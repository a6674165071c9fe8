import type { RegistryKey, WindowsFacts } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { otherProducts } from './security-products.ts'
import { booleanOf, firstText, MANAGED, numberOf, orUndefined, type WindowsCheck } from './windows-check.ts'

/** Defender updates its signatures several times a day. */
const OLD_AFTER_DAYS = 7
/** Defender says so when it has none. */
const NO_SIGNATURES = 65_535

/**
 * `protection.antivirus`: Defender protects in real time with fresh signatures, or another product says the same of itself to the
 * Security Center. Windows Server has no Security Center.
 */
export const checkAntivirus: WindowsCheck = async (facts, context) => {
  const defender = await defenderOutcome(facts, context)
  if (defender?.state === 'pass') return defender
  const products = (await otherProducts(facts, 'AntiVirusProduct', context)) ?? []
  const good = products.filter(({ isOn, isFresh }) => isOn && isFresh)
  if (good.length > 0) return pass(`${listed(good.map(({ name }) => name))}: on and up to date.`)
  const old = products.filter(({ isOn }) => isOn)
  if (old.length > 0) return fail(`${listed(old.map(({ name }) => name))}: on, but the signatures are out of date.`)
  if (defender !== undefined) return defender
  return products.length > 0
    ? fail(`${listed(products.map(({ name }) => name))}: switched off or expired.`)
    : unknown('neither Defender nor the Security Center of Windows says whether an antivirus program runs')
}

async function defenderOutcome(facts: WindowsFacts, context: CheckContext): Promise<CheckOutcome | undefined> {
  const query = 'SELECT * FROM MSFT_MpComputerStatus'
  const [row] = (await orUndefined(facts.query('root\\Microsoft\\Windows\\Defender', query, context))) ?? []
  if (row === undefined) return undefined
  const isOn = booleanOf(row, 'AntivirusEnabled')
  const isWatching = booleanOf(row, 'RealTimeProtectionEnabled')
  const days = numberOf(row, 'AntivirusSignatureAge')
  if (isOn === undefined || isWatching === undefined || days === undefined) {
    return unknown('Defender described itself in a form not known')
  }
  if (!isOn) return fail('Defender is switched off.')
  if (!isWatching) return fail('Defender is on, but its real-time protection is off.')
  if (days >= NO_SIGNATURES) return fail('Defender has no signatures.')
  return days > OLD_AFTER_DAYS
    ? fail(`The signatures of Defender are ${days} days old.`)
    : pass(`Defender protects in real time; its signatures are ${counted(days, 'day')} old.`)
}

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
