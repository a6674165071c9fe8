import { codeOf } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { parseTrustAnchors } from '../../../src/crypto/x509/trust-anchors.ts'
import { appraiseEnrolment, type EnrolmentAppraisalInput } from '../../../src/directory/appraisal/enrolment.ts'

export const BINDING = sha256('binding')
export const PCRS = [0, 1, 2, 7]
export const NONE = parseTrustAnchors([])

export function refusalOf(input: EnrolmentAppraisalInput): string {
  try {
    appraiseEnrolment(input)
    return 'accepted'
  } catch (error) {
    return codeOf(error) ?? 'a failure without a code'
  }
}

export const REFUSED = /^[A-Z_]+$/
