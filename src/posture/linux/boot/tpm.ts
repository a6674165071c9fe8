import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

/** `tpm.present`: a TPM 2.0 that programs can reach. What it proves is the attestation's business, not this check's. */
export async function checkTpmPresent({ files }: PostureComponents): Promise<CheckOutcome> {
  const chips = (await listOptional(files, '/sys/class/tpm')) ?? []
  if (!chips.some(({ name }) => name === 'tpm0')) {
    return fail('The kernel sees no TPM. It may be switched off in the firmware setup, or its driver is missing.')
  }
  const version = (await readOptional(files, '/sys/class/tpm/tpm0/tpm_version_major'))?.trim()
  if (version === '1') return fail('The TPM is version 1.2; version 2.0 is needed.')
  if (version !== '2') return unknown('the kernel does not name the version of the TPM (kernels before 5.6 do not)')
  const nodes = (await listOptional(files, '/dev')) ?? []
  return nodes.some(({ name }) => name === 'tpmrm0')
    ? pass('A TPM 2.0 is there (/dev/tpmrm0).')
    : fail('The kernel has a TPM 2.0, but /dev/tpmrm0 is missing, so no program can use it.')
}
