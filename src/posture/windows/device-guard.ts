import type { WindowsFacts, WmiRow } from '../../system/facts/windows-facts.ts'
import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { CheckContext } from '../components.ts'
import { parseAppLockerPolicy } from '../parsers/access/app-locker-policy.ts'
import { isServiceRunning, numberOf, numbersOf, serviceStart, type WindowsCheck } from './windows-check.ts'

/** See the documentation of Win32_DeviceGuard. */
const CREDENTIAL_GUARD = 1
const MEMORY_INTEGRITY = 2
const VBS_RUNNING = 2

/** Undefined when Windows does not say it. */
export async function deviceGuard(facts: WindowsFacts, context: CheckContext): Promise<WmiRow | undefined> {
  const query = 'SELECT * FROM Win32_DeviceGuard'
  const [row] = (await facts.query('root\\Microsoft\\Windows\\DeviceGuard', query, context)) ?? []
  return row
}

/** `os.memory-integrity`: the hypervisor checks the code of the kernel (HVCI). What is only configured does not count. */
export const checkMemoryIntegrity: WindowsCheck = async (facts, context) =>
  serviceOutcome(await deviceGuard(facts, context), MEMORY_INTEGRITY, 'Memory integrity')

/** `access.credential-guard`: secrets of log-ins lie where the kernel cannot reach them. */
export const checkCredentialGuard: WindowsCheck = async (facts, context) =>
  serviceOutcome(await deviceGuard(facts, context), CREDENTIAL_GUARD, 'Credential Guard')

function serviceOutcome(row: WmiRow | undefined, service: number, name: string): CheckOutcome {
  if (row === undefined) return unknown('Windows does not say which of its protections run')
  const status = numberOf(row, 'VirtualizationBasedSecurityStatus')
  const running = numbersOf(row, 'SecurityServicesRunning')
  if (status === undefined || running === undefined) {
    return unknown('Windows described its protections in a form not known')
  }
  if (running.includes(service)) {
    // A service cannot run without what it runs on.
    return status === VBS_RUNNING ? pass(`${name} is on.`) : unknown(`Windows contradicts itself about ${name}`)
  }
  if (numbersOf(row, 'SecurityServicesConfigured')?.includes(service)) {
    return fail(`${name} is switched on, but does not run: a restart or a newer driver may be needed.`)
  }
  return fail(`${name} is off.`)
}

/** UsermodeCodeIntegrityPolicyEnforcementStatus of Win32_DeviceGuard. */
const AUDITED = 1
const ENFORCED = 2

/** `access.mandatory-access-control`: App Control for Business or AppLocker decides which programs run. */
export const checkApplicationControl: WindowsCheck = async (facts, context) => {
  const row = await deviceGuard(facts, context)
  const status = row && numberOf(row, 'UsermodeCodeIntegrityPolicyEnforcementStatus')
  if (status === ENFORCED) return pass('App Control for Business decides which programs run.')
  const isRunning =
    serviceStart(facts, 'AppIDSvc') === 'absent' ? false : await isServiceRunning(facts, 'AppIDSvc', context)
  if (isRunning === undefined) return unknown('Windows does not say whether the service of AppLocker runs')
  if (isRunning) {
    const modes = parseAppLockerPolicy(await facts.appLockerPolicy(context))
    if (modes === undefined) return unknown('the rules of AppLocker have a form not known')
    if (modes.get('Exe') === 'Enabled') return pass('AppLocker decides which programs run.')
  }
  if (status === undefined) return unknown('Windows does not say whether App Control for Business is enforced')
  return fail(
    status === AUDITED
      ? 'App Control for Business only reports and does not prevent.'
      : 'Neither App Control for Business nor AppLocker decides which programs run.',
  )
}
