import type { RegistryKey, WindowsFacts } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { otherProducts } from './security-products.ts'
import { firstNumber, isServiceRunning, serviceStart, type WindowsCheck } from './windows-check.ts'

const POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall'
const SETTINGS = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy'
/** The service of Windows Firewall, and the engine that filters. */
const SERVICES = ['MpsSvc', 'BFE'] as const

interface Profile {
  readonly name: string
  /** Policies come first, then those of a device management, then what administrators set here. */
  readonly keys: readonly RegistryKey[]
}

/** The registry calls the private profile the standard one; policies know both names. */
const PROFILES: readonly Profile[] = [
  { name: 'domain', keys: keysOf('DomainProfile') },
  {
    name: 'private',
    keys: [`${POLICY}\\PrivateProfile`, ...keysOf('StandardProfile')],
  },
  { name: 'public', keys: keysOf('PublicProfile') },
]

function keysOf(profile: string): readonly RegistryKey[] {
  return [`${POLICY}\\${profile}`, `${SETTINGS}\\Mdm\\${profile}`, `${SETTINGS}\\${profile}`]
}

/**
 * `network.firewall`: Windows Firewall runs, is on in all three profiles, and blocks what no rule allows; or another maker's firewall
 * says to the Security Center that it is on. Such a product switches that of Windows off.
 */
export const checkFirewall: WindowsCheck = async (facts, context) => {
  const outcome = await windowsFirewall(facts, context)
  if (outcome.state === 'pass') return outcome
  const others = (await otherProducts(facts, 'FirewallProduct', context)) ?? []
  const on = others.filter(({ isOn }) => isOn).map(({ name }) => name)
  return on.length > 0 ? pass(`${listed(on)}: on, in place of Windows Firewall.`) : outcome
}

async function windowsFirewall(facts: WindowsFacts, context: CheckContext): Promise<CheckOutcome> {
  const disabled = SERVICES.filter((name) => serviceStart(facts, name) === 'disabled')
  if (disabled.length > 0) return fail(`Windows Firewall cannot run: disabled services: ${listed(disabled)}.`)
  const states = PROFILES.map((profile) => ({ ...profile, state: stateOf(facts, profile) }))
  const named = (wanted: string) => states.filter(({ state }) => state === wanted).map(({ name }) => name)
  const off = named('off')
  if (off.length > 0) return fail(`Windows Firewall is off in ${profilesOf(off)}.`)
  const open = named('open')
  if (open.length > 0) return fail(`Windows Firewall lets everything in that no rule blocks, in ${profilesOf(open)}.`)
  const unset = named('unset')
  if (unset.length > 0) return unknown(`Windows does not say whether its firewall is on in ${profilesOf(unset)}`)
  switch (await isServiceRunning(facts, 'MpsSvc', context)) {
    case true:
      return pass('Windows Firewall is on in all profiles and blocks what no rule allows.')
    case false:
      return fail('Windows Firewall is switched on, but its service does not run.')
    case undefined:
      return unknown('Windows does not say whether the service of its firewall runs')
  }
}

function profilesOf(names: readonly string[]): string {
  return `the ${names.length === 1 ? 'profile' : 'profiles'} ${listed(names)}`
}

/** DefaultInboundAction: 0 allows, 1 blocks, which is the default. */
function stateOf(facts: WindowsFacts, { keys }: Profile): 'on' | 'off' | 'open' | 'unset' {
  const isEnabled = firstNumber(facts, keys, 'EnableFirewall')
  if (isEnabled === undefined) return 'unset'
  if (isEnabled === 0) return 'off'
  return firstNumber(facts, keys, 'DefaultInboundAction') === 0 ? 'open' : 'on'
}
