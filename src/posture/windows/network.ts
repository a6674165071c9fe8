import type { RegistryKey, WindowsFacts } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { otherProducts } from './security-products.ts'
import {
  booleanOf,
  firstNumber,
  isServiceRunning,
  orUndefined,
  serviceStart,
  type WindowsCheck,
} from './windows-check.ts'

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

const SERVER: RegistryKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters'

/** `network.smb1`: the server of Windows does not speak SMB 1. */
export const checkSmb1: WindowsCheck = async (facts, context) => {
  const query = 'SELECT * FROM MSFT_SmbServerConfiguration'
  const [row] = (await orUndefined(facts.query('root\\Microsoft\\Windows\\SMB', query, context))) ?? []
  const isOn = row && booleanOf(row, 'EnableSMB1Protocol')
  if (isOn === true) return fail('The SMB server speaks SMB 1.')
  if (isOn === false) return pass('The SMB server does not speak SMB 1.')
  // Every Windows has this service.
  if (serviceStart(facts, 'LanmanServer') === 'absent') return unknown('Windows does not say whether it serves SMB')
  const setting = facts.registry.number(SERVER, 'SMB1')
  if (setting === 0) return pass('The SMB server does not speak SMB 1 (SMB1 = 0).')
  // The driver of SMB 1 is part of a feature that Windows does not install since version 1709.
  if (serviceStart(facts, 'mrxsmb10') === 'absent') return pass('SMB 1 is not installed.')
  return setting === undefined
    ? unknown('SMB 1 is installed, and Windows does not say whether its server speaks it')
    : fail('SMB 1 is installed, and the SMB server speaks it.')
}
