import { shouldRetry, tpmError } from '../../../src/keys/tpm/response-codes.ts'

test.each([
  ['Load', 0x1df, 'TPM_IDENTITY_LOST'],
  ['Load', 0x2df, 'TPM_IDENTITY_LOST'],
  ['ActivateCredential', 0x1df, 'TPM_IDENTITY_LOST'],
  ['ActivateCredential', 0x2c4, 'TPM_IDENTITY_LOST'],
  ['ActivateCredential', 0x101, 'TPM_IDENTITY_LOST'],
  ['ActivateCredential', 0x98e, 'KEY_AUTHORISATION_FAILED'],
  ['Sign', 0x101, 'TPM_UNAVAILABLE'],
  ['Sign', 0x98e, 'KEY_AUTHORISATION_FAILED'],
  ['Sign', 0x9a2, 'KEY_AUTHORISATION_FAILED'],
  ['PolicySecret', 0x99d, 'KEY_AUTHORISATION_FAILED'],
  ['Sign', 0x921, 'TPM_LOCKED_OUT'],
  ['Sign', 0x922, 'TPM_BUSY'],
  ['Load', 0x902, 'TPM_BUSY'],
  ['StartAuthSession', 0x903, 'TPM_BUSY'],
  ['Sign', 0x18b, 'KEY_NOT_FOUND'],
  ['Sign', 0x910, 'KEY_NOT_FOUND'],
  ['Sign', 0x918, 'KEY_NOT_FOUND'],
  ['Create', 0x2e6, 'KEY_UNSUPPORTED'],
  ['Create', 0x2d2, 'KEY_UNSUPPORTED'],
  ['Certify', 0x143, 'KEY_UNSUPPORTED'],
  // The kernel's resource manager adds its own layer.
  ['Certify', 0xb0143, 'KEY_UNSUPPORTED'],
  ['GetRandom', 0x100, 'TPM_UNAVAILABLE'],
  ['GetRandom', 0x1d5, 'TPM_COMMAND_FAILED'],
  ['GetRandom', 0x1ff, 'TPM_COMMAND_FAILED'],
])('TPM2_%s with 0x%x', (command, responseCode, code) => {
  const error = tpmError(command, responseCode)
  expect([error.code, error.message.startsWith(`TPM2_${command}: `)]).toEqual([code, true])
})

test('retries only codes of conditions that pass', () => {
  const codes = Array.from({ length: 0x1000 }, (_, code) => code)
  expect(codes.filter(shouldRetry)).toEqual([0x908, 0x909, 0x90a, 0x920, 0x922, 0x923])
})
