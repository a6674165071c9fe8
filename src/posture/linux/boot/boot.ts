import { codeOf } from '../../../base/errors.ts'
import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { parseLockdown } from '../../parsers/boot/lockdown.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

const EFI_VARIABLES = '/sys/firmware/efi/efivars'
/** EFI_GLOBAL_VARIABLE of the UEFI specification. */
const GLOBAL = '8be4df61-93ca-11d2-aa0d-00e098032b8c'

type Flag =
  | { readonly kind: 'value'; readonly on: boolean }
  | { readonly kind: 'no-efi' }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'unclear'; readonly reason: string }

/** Four bytes of attributes, then the one-byte value. */
async function efiFlag({ files }: Pick<PostureComponents, 'files'>, name: string): Promise<Flag> {
  if ((await listOptional(files, '/sys/firmware/efi')) === undefined) return { kind: 'no-efi' }
  let bytes: Uint8Array
  try {
    bytes = await files.read(`${EFI_VARIABLES}/${name}-${GLOBAL}`, { maxBytes: 64 })
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') throw error
    const others = (await listOptional(files, EFI_VARIABLES)) ?? []
    // Firmware built without secure boot has variables, but not these.
    if (others.length > 0) return { kind: 'unsupported' }
    return { kind: 'unclear', reason: 'the firmware variables cannot be seen: efivarfs is not mounted' }
  }
  const value = bytes.length === 5 ? bytes[4] : undefined
  if (value !== 0 && value !== 1)
    return { kind: 'unclear', reason: `the firmware variable ${name} has a form not known` }
  return { kind: 'value', on: value === 1 }
}

/** `boot.secure-boot`: the firmware starts signed programs only. */
export async function checkSecureBoot(components: PostureComponents): Promise<CheckOutcome> {
  const secure = await efiFlag(components, 'SecureBoot')
  switch (secure.kind) {
    case 'no-efi':
      return fail('Booted without EFI, so there is no secure boot.')
    case 'unsupported':
      return fail('The firmware of this machine has no secure boot.')
    case 'unclear':
      return unknown(secure.reason)
    case 'value':
      return secure.on
        ? pass('Secure boot is on.')
        : fail(
            'Secure boot is off: the firmware starts any boot loader, signed or not. It is switched on in the firmware setup.',
          )
  }
  secure satisfies never
}

/** `boot.setup-mode`: the firmware's keys are set, so that nobody can enrol others without being asked for a signature. */
export async function checkSetupMode(components: PostureComponents): Promise<CheckOutcome> {
  const setup = await efiFlag(components, 'SetupMode')
  switch (setup.kind) {
    case 'no-efi':
      return fail('Booted without EFI, so there are no secure boot keys that could be set.')
    case 'unsupported':
      return fail('The firmware of this machine has no secure boot, so it has no keys for it.')
    case 'unclear':
      return unknown(setup.reason)
    case 'value':
      return setup.on
        ? fail('The firmware is in setup mode: anyone with root rights can enrol secure boot keys of their own.')
        : pass('The firmware is not in setup mode: its secure boot keys are set.')
  }
  setup satisfies never
}

/** `boot.kernel-lockdown`: root cannot change the running kernel. See kernel_lockdown(7). */
export async function checkKernelLockdown({ files }: PostureComponents): Promise<CheckOutcome> {
  const text = await readOptional(files, '/sys/kernel/security/lockdown')
  if (text === undefined) {
    const entries = await listOptional(files, '/sys/kernel/security')
    return entries === undefined || entries.length === 0
      ? unknown('securityfs is not mounted at /sys/kernel/security, so the kernel cannot be asked')
      : fail('This kernel is built without lockdown.')
  }
  const mode = parseLockdown(text)
  if (mode === undefined) return unknown('the kernel named a lockdown mode that is not known')
  return mode === 'none'
    ? fail('Kernel lockdown is off: root can change the running kernel.')
    : pass(`Kernel lockdown is on (${mode}).`)
}
