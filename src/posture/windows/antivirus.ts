import type { WindowsFacts } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { otherProducts } from './security-products.ts'
import { booleanOf, numberOf, orUndefined, type WindowsCheck } from './windows-check.ts'

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
