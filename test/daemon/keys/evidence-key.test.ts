import { type ErrorCode, SuretyError } from '../../../src/base/errors.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { openEvidenceKey } from '../../../src/daemon/keys/evidence-key.ts'
import type { HealthCode } from '../../../src/protocol/health.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const options = { signal: new AbortController().signal }

test.each<[ErrorCode, HealthCode, HealthCode, boolean]>([
  ['TPM_BUSY', 'TPM_GONE', 'TPM_BUSY', false],
  ['TPM_UNAVAILABLE', 'TPM_BUSY', 'TPM_GONE', true],
  ['TPM_LOCKED_OUT', 'TPM_BUSY', 'TPM_LOCKED_OUT', true],
  ['KEY_PROVIDER_UNAVAILABLE', 'TPM_BUSY', 'KEYS_UNAVAILABLE', true],
  // We closed it ourselves, and the warning for the cause stands.
  ['KEY_CLOSED', 'TPM_BUSY', 'TPM_BUSY', false],
  // This is not an error of keys.
  ['STORE_FAILED', 'TPM_BUSY', 'TPM_BUSY', false],
])(
  'a key that fails to sign with %s, while %s is raised, raises %s and reopens: %s',
  async (code, before, after, reopened) => {
    const health = createHealth({ clock: new FakeClock() })
    health.raise(before)
    let reopens = 0
    const sign = async () => {
      throw new SuretyError(code, 'x')
    }
    const key = await openEvidenceKey(
      {
        keys: {
          proof: async () => ({ key: { publicKey: new Uint8Array(), sign } }) as never, // nothing else is used
          reopen: async () => void reopens++,
        },
        state: { identity: undefined },
        health,
        onSigned: () => undefined,
      },
      options,
    )
    expect(await codeThrown(() => key.sign(new Uint8Array()))).toBe(code)
    expect([health.warnings().map((one) => one.code), reopens > 0]).toEqual([[after], reopened])
  },
)
