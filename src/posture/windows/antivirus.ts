import type { WindowsFacts, WmiRow } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { booleanOf, numberOf, orUndefined, type WindowsCheck, wordsOf } from './windows-check.ts'

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
  const products = (await others(facts, context)) ?? []
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

interface Product {
  readonly name: string
  readonly isOn: boolean
  readonly isFresh: boolean
}

/** Undefined where the Security Center does not answer. Its entry for Defender is left out. */
async function others(facts: WindowsFacts, context: CheckContext): Promise<readonly Product[] | undefined> {
  const rows = await orUndefined(facts.query('root\\SecurityCenter2', 'SELECT * FROM AntiVirusProduct', context))
  return rows?.flatMap(productOf)
}

/**
 * Microsoft does not document productState. That bits 12 to 15 are 1 while the product is on, and bits 4 to 7 are 0 while its
 * signatures are fresh, is what all products show; Microsoft's own have a bit of their own.
 */
const STATE = 0xf000
const ON = 0x1000
const OLD = 0x00f0
const OF_MICROSOFT = 0x0100

function productOf(row: WmiRow): readonly Product[] {
  const state = numberOf(row, 'productState')
  const name = wordsOf(row, 'displayName')
  if (state === undefined || name === undefined || (state & OF_MICROSOFT) !== 0) return []
  return [{ name, isOn: (state & STATE) === ON, isFresh: (state & OLD) === 0 }]
}
