import { fail, pass, unknown } from '../check-outcome.ts'
import { parseAppLockerPolicy } from '../parsers/access/app-locker-policy.ts'
import { deviceGuard } from './device-guard.ts'
import { isServiceRunning, numberOf, serviceStart, type WindowsCheck } from './windows-check.ts'

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
