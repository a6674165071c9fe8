import { codeOf } from '../../base/errors.ts'
import type { WindowsFacts } from '../../system/facts/windows-facts.ts'
import { fail, pass, unknown } from '../check-outcome.ts'
import type { WindowsCheck } from './windows-check.ts'

const STATE = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State'

type Flag = 'on' | 'off' | 'no-uefi' | 'absent' | 'not-permitted' | 'unclear'

/** One byte, 0 or 1. */
function flagOf(facts: WindowsFacts, name: string): Flag {
  let value: Uint8Array | 'no-uefi' | 'absent'
  try {
    value = facts.firmwareVariable(name)
  } catch (error) {
    if (codeOf(error) !== 'NOT_PERMITTED') throw error
    return 'not-permitted'
  }
  if (typeof value === 'string') return value
  if (value.length !== 1 || (value[0] !== 0 && value[0] !== 1)) return 'unclear'
  return value[0] === 1 ? 'on' : 'off'
}

/**
 * `boot.secure-boot`: the firmware starts signed programs only. Where the variable cannot be read, what Windows recorded at its start
 * counts; that key is absent on a machine without UEFI.
 */
export const checkSecureBoot: WindowsCheck = (facts) => {
  const flag = flagOf(facts, 'SecureBoot')
  if (flag === 'on') return pass('Secure Boot is on.')
  const recorded = flag === 'off' ? 0 : facts.registry.number(STATE, 'UEFISecureBootEnabled')
  if (recorded === 1) return pass('Secure Boot is on, as Windows recorded it at its start.')
  if (recorded === 0) {
    return fail('Secure Boot is off: the firmware starts any boot loader. It is switched on in the firmware settings.')
  }
  if (flag === 'no-uefi') return fail('Windows was started without UEFI, so there is no Secure Boot.')
  if (flag === 'absent') return fail('The firmware of this machine has no Secure Boot.')
  return unknown(
    flag === 'not-permitted'
      ? 'only administrators may ask the firmware, and Windows recorded nothing'
      : 'the firmware gave an answer that is not known',
  )
}

/** `boot.setup-mode`: the firmware's keys are set, so that no one can enrol others without a signature. */
export const checkSetupMode: WindowsCheck = (facts) => {
  switch (flagOf(facts, 'SetupMode')) {
    case 'on':
      return fail('The firmware is in setup mode: any administrator can enrol Secure Boot keys.')
    case 'off':
      return pass('The firmware is not in setup mode: its Secure Boot keys are set.')
    case 'no-uefi':
      return fail('Windows was started without UEFI, so there are no Secure Boot keys that could be set.')
    case 'absent':
      return fail('The firmware of this machine has no Secure Boot, so it has no keys for it.')
    case 'not-permitted':
      return unknown('only administrators may ask the firmware')
    case 'unclear':
      return unknown('the firmware gave an answer that is not known')
  }
}

/** `tpm.present`: a TPM 2.0 that Windows uses. What it proves is the attestation's business, not this check's. */
export const checkTpmPresent: WindowsCheck = (facts) => {
  switch (facts.tpmVersion()) {
    case '2.0':
      return pass('A TPM 2.0 is there.')
    case '1.2':
      return fail('The TPM is version 1.2; version 2.0 is needed.')
    case 'none':
      return fail('Windows sees no TPM. It may be switched off in the firmware settings.')
  }
}
