/** What the codes of a device's TPM mean. `error-catalogue.ts` has all others. */
export const TPM_ERROR_TEXTS = {
  TPM_UNAVAILABLE: {
    meaning: 'There is no TPM, or it cannot be opened.',
    act: 'Turn the TPM on in the firmware settings, and run suretyd as root or as a service of Windows.',
  },
  TPM_BUSY: {
    meaning: 'Another program keeps the TPM for longer than eleven seconds.',
    act: 'Find it on Linux with fuser /dev/tpm0 /dev/tpmrm0, and on Windows restart the service TBS.',
  },
  TPM_LOCKED_OUT: {
    meaning: 'The TPM takes no authorisations for a while, because too many were wrong.',
    act: 'Wait, or run on Linux: tpm2_dictionarylockout --clear-lockout',
  },
  TPM_IDENTITY_LOST: {
    meaning: 'The TPM was cleared or replaced, so that the keys of this device are gone.',
    act: 'Enrol the device again with a new enrolment string, and approve its re-enrolment.',
  },
  TPM_COMMAND_FAILED: {
    meaning: 'The TPM answered a command with an error.',
    act: 'Restart the device; if it stays, update the firmware of the TPM.',
  },
} as const
