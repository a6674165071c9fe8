const NEW_STRING = 'Make a new one with: surety-directory tokens create --owner NAME'

/** What the codes of an enrolment mean. `error-catalogue.ts` has all others. */
export const ENROLMENT_ERROR_TEXTS = {
  TOKEN_UNKNOWN: {
    meaning: 'The directory has no such enrolment token, or the secret in the string is wrong.',
    act: 'Copy the whole enrolment string, or list the tokens with: surety-directory tokens list',
  },
  TOKEN_EXPIRED: { meaning: 'The enrolment token is past its end.', act: NEW_STRING },
  TOKEN_USED: { meaning: 'The enrolment token has enrolled as many devices as it may.', act: NEW_STRING },
  TOKEN_REVOKED: { meaning: 'An administrator revoked the enrolment token.', act: NEW_STRING },
  TOKEN_SERIAL_MISMATCH: {
    meaning: 'The enrolment token is for a device with another serial number, or for preregistered devices.',
    act: 'Preregister the device, make a token for its serial number, or use the device that the token was made for.',
  },
  TIER_TOO_LOW: {
    meaning: 'The enrolment token asks for more than this device proves about its key.',
    act: "Add the TPM maker's certificates (surety-directory anchors add FILE), or make a token with a lower --minimum-tier.",
  },
  ENROLMENT_PENDING: {
    meaning:
      'An administrator has to decide about this device: it is new and has to wait, or its TPM or key is known already.',
    act: 'Ask an administrator to run: surety-directory devices pending, and surety-directory re-enrolments list',
  },
  ENROLMENT_DENIED: {
    meaning: 'An administrator refused this device, or refused to let it enrol again.',
    act: 'Ask the administrator why; another try needs a new enrolment string.',
  },
  ENROLMENT_STRING_INVALID: {
    meaning: 'The enrolment string is cut, changed or not one.',
    act: 'Copy it again, whole and in one line, from the file that tokens create --out wrote.',
  },
} as const
