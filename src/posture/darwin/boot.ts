import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { parseCsrutilStatus } from '../parsers/boot/csrutil-status.ts'
import { type MdmSecurityInfo, parseMdmSecurityInfo } from '../parsers/boot/mdm-security-info.ts'
import { ask } from './ask.ts'

/** `boot.secure-boot`: the Mac starts only what Apple signed for it. See "Startup security" in Apple Platform Security. */
export async function checkSecureBoot(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const level = (await readSecurityInfo(components, context))?.secureBootLevel
  switch (level) {
    case 'full':
      return pass('The startup security is full: only what Apple signs for this Mac starts.')
    case 'medium':
      return fail('The startup security is reduced: any macOS that Apple ever signed starts.')
    case 'off':
      return fail('The startup security is off: any system starts.')
    case 'not supported':
      return fail('This Mac has neither Apple silicon nor a T2, so nothing checks what starts.')
    case undefined:
      return unknown('macOS does not tell the level of its startup security')
    default:
      return unknown('macOS names a level of startup security that is not known')
  }
}

/** `boot.system-integrity`: System Integrity Protection is on whole, and the system volume is sealed. */
export async function checkSystemIntegrity(
  components: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const state = parseCsrutilStatus((await ask(components, 'systemIntegrity', context)).stdout)
  if (state === 'disabled') return fail('System Integrity Protection is off: root can change macOS itself.')
  if (state === 'custom') return fail('Parts of System Integrity Protection are off.')
  if (state === undefined) return unknown('the answer of csrutil was not understood')
  const sealed = (await readSecurityInfo(components, context))?.authenticatedRoot
  if (sealed === false) return fail('System Integrity Protection is on, but the system volume is not sealed.')
  return pass(
    sealed === true
      ? 'System Integrity Protection is on, and the system volume is sealed.'
      : 'System Integrity Protection is on. Whether the system volume is sealed is not known.',
  )
}

/** `access.mandatory-access-control`: System Integrity Protection, which holds for root too, is that of macOS. */
export async function checkMandatoryAccessControl(
  components: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const state = parseCsrutilStatus((await ask(components, 'systemIntegrity', context)).stdout)
  if (state === undefined) return unknown('the answer of csrutil was not understood')
  return state === 'enabled'
    ? pass('System Integrity Protection is on: macOS keeps even root from its own files and programs.')
    : fail('System Integrity Protection is off, or parts of it are.')
}

/** Needs root. @returns undefined when the answer was not understood. @throws as `CommandRunner.run`. */
export async function readSecurityInfo(
  components: PostureComponents,
  context: CheckContext,
): Promise<MdmSecurityInfo | undefined> {
  return parseMdmSecurityInfo((await ask(components, 'securityInfo', context)).stdout)
}
