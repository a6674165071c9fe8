import type { RegistryKey } from '../../system/facts/windows-facts.ts'
import { fail, pass, unknown } from '../check-outcome.ts'
import { booleanOf, orUndefined, serviceStart, type WindowsCheck } from './windows-check.ts'

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
