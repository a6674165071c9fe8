/** What the codes of updates mean. `error-catalogue.ts` has all others. */
export const UPDATE_ERROR_TEXTS = {
  UPDATE_UNTRUSTED: {
    meaning: 'The update repository has signatures, versions or hashes that do not fit, and nothing was taken from it.',
    act: 'Run surety-directory updates verify on the repository; if it passes there, look for another server in between.',
  },
  UPDATE_EXPIRED: {
    meaning:
      'The signatures of the update repository have ended, so it may be an old copy, and nothing was taken from it.',
    act: 'Run surety-directory updates refresh where the keys are, and bring the repository to where it is served.',
  },
  UPDATE_DAMAGED: {
    meaning: 'A file of an update is not what was signed, or the version does not run on this device.',
    act: 'Copy the repository again to where it is served; surety-directory updates verify names the file.',
  },
} as const
