import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { parseMdmEnrolment } from '../parsers/mdm-enrolment.ts'
import { ask } from './ask.ts'

/** `management.mdm`: a device management that a person agreed to, or the company's own, sets this Mac up. */
export async function checkManagement(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const enrolment = parseMdmEnrolment((await ask(components, 'enrolmentProfile', context)).stdout)
  if (enrolment === undefined) return unknown('the answer of profiles was not understood')
  const { enrolled, approved, automatic, server } = enrolment
  if (!enrolled) return fail('This Mac is not enrolled with a device management.')
  const where = server === undefined ? 'a device management' : `the device management at ${server}`
  if (!approved) return fail(`This Mac is enrolled with ${where}, but no user has approved it.`)
  return pass(`This Mac is enrolled with ${where}${automatic ? ' through the account of the company at Apple' : ''}.`)
}
