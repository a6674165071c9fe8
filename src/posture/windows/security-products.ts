import type { WindowsFacts, WmiRow } from '../../system/facts/windows-facts.ts'
import type { CheckContext } from '../components.ts'
import { numberOf, orUndefined, wordsOf } from './windows-check.ts'

/** What other makers' products say of themselves to the Security Center. */
export interface SecurityProduct {
  readonly name: string
  readonly isOn: boolean
  readonly isFresh: boolean
}

/** Undefined where the Security Center does not answer, as on Windows Server. Microsoft's own products are left out. */
export async function otherProducts(
  facts: WindowsFacts,
  kind: 'AntiVirusProduct' | 'FirewallProduct',
  context: CheckContext,
): Promise<readonly SecurityProduct[] | undefined> {
  const rows = await orUndefined(facts.query('root\\SecurityCenter2', `SELECT * FROM ${kind}`, context))
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

function productOf(row: WmiRow): readonly SecurityProduct[] {
  const state = numberOf(row, 'productState')
  const name = wordsOf(row, 'displayName')
  if (state === undefined || name === undefined || (state & OF_MICROSOFT) !== 0) return []
  return [{ name, isOn: (state & STATE) === ON, isFresh: (state & OLD) === 0 }]
}
