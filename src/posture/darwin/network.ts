import { valueIn } from '../../base/property-lists/property-list.ts'
import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { parseFirewallState } from '../parsers/network/application-firewall.ts'
import { ask } from './ask.ts'
import { readPreferences } from './preferences.ts'

/** `network.firewall`: the application firewall is on. What pf filters besides is not read. */
export async function checkFirewall(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const state = parseFirewallState((await ask(components, 'applicationFirewall', context)).stdout)
  switch (state) {
    case 'on':
      return pass('The application firewall is on.')
    case 'blocks-all':
      return pass('The application firewall is on and lets in only what macOS itself needs.')
    case 'off':
      return fail('The application firewall is off.')
    case undefined:
      return unknown('the answer of socketfilterfw was not understood')
  }
  state satisfies never
}

const SMB_SERVER = 'SystemConfiguration/com.apple.smb.server'
/** Bit of `ProtocolVersionMap`; two stands for SMB 2, four for SMB 3. */
const SMB1 = 1

/** `network.smb1`: the SMB server is not told to speak SMB 1. */
export async function checkSmb1(components: PostureComponents): Promise<CheckOutcome> {
  const settings = await readPreferences(components, SMB_SERVER)
  const versions = valueIn(settings, 'ProtocolVersionMap')
  if (versions === undefined) return pass('The SMB server of macOS speaks SMB 2 and 3.')
  if (typeof versions !== 'number') return unknown('the versions of the SMB server have a form not known')
  return (versions & SMB1) === 0
    ? pass('The SMB server is set to versions without SMB 1.')
    : fail('The SMB server is set to speak SMB 1 (ProtocolVersionMap).')
}
