import type { RegistryKey, WindowsFacts } from '../../system/facts/windows-facts.ts'
import { fail, listed, pass, unknown } from '../check-outcome.ts'
import type { WindowsCheck } from './windows-check.ts'

const ENROLLMENTS: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Enrollments'
const ENROLLED = 1

/** `management.mdm`: Windows is enrolled with a device management. Who enrolled it is not read. */
export const checkMdm: WindowsCheck = (facts) => {
  const ids = facts.registry.keys(ENROLLMENTS)
  if (ids === undefined) return unknown('Windows keeps no record of enrolments here')
  const managements = [...new Set(ids.flatMap((id) => managementOf(facts, id) ?? []))].sort()
  return managements.length > 0
    ? pass(`Windows is enrolled with ${listed(managements)}.`)
    : fail('Windows is not enrolled with a device management.')
}

/** Undefined for other kinds of entries, such as those of an account that is only added. */
function managementOf({ registry }: WindowsFacts, id: string): string | undefined {
  const key: RegistryKey = `${ENROLLMENTS}\\${id}`
  if (registry.number(key, 'EnrollmentState') !== ENROLLED) return undefined
  const url = registry.text(key, 'DiscoveryServiceFullURL') ?? ''
  if (!URL.canParse(url)) return undefined
  const { host } = new URL(url)
  const provider = registry.text(key, 'ProviderID')
  return provider === undefined || provider === '' ? host : `${provider} (${host})`
}
