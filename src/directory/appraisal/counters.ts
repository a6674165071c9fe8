import { SuretyError } from '../../base/errors.ts'
import type { TpmCounters } from '../../crypto/tpm/attest.ts'

/**
 * Refuses a TPM whose time went back: it was cleared, or is the copy of an earlier state.
 *
 * The rule is that of laptops. Sleep raises `restartCount`, a reboot sets it to 0 and raises `resetCount`, a power loss
 * sets `safe` to false and may take some of `clock` back: all of these are ordinary.
 *
 * @throws `ATTESTATION_COUNTER_REGRESSED`.
 */
export function requireCountersAdvance(last: TpmCounters, now: TpmCounters): void {
  if (now.resetCount > last.resetCount) return
  if (now.resetCount < last.resetCount) throw regressed('resets', last.resetCount, now.resetCount)
  if (now.restartCount < last.restartCount) throw regressed('restarts', last.restartCount, now.restartCount)
  if (now.safe && now.clock <= last.clock) throw regressed('clock', last.clock, now.clock)
}

function regressed(what: string, last: number, now: number): SuretyError {
  return new SuretyError('ATTESTATION_COUNTER_REGRESSED', `the TPM's ${what} went from ${last} to ${now}`)
}
