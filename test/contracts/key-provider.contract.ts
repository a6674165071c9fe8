import { chmod, mkdtempDisposable } from 'node:fs/promises'
import { codeOf } from '../../src/base/errors.ts'
import { KEY_PROVIDER_CHECKS, type KeyProviderUnderTest } from './key-provider.checks.ts'

/** The contract of every provider, and what one on Unix does besides. */
export function describeKeyProvider(name: string, underTest: KeyProviderUnderTest): void {
  describe(`${name} keeps the KeyProvider contract`, () => {
    // Each check asserts by itself.
    test.each(KEY_PROVIDER_CHECKS)('$name', ({ run }) => run(underTest))

    test('refuses a folder that others may write: STORE_FAILED', async () => {
      await using folder = await mkdtempDisposable('/tmp/surety-keys-')
      await chmod(folder.path, 0o777)
      expect(await underTest.open(folder.path).catch(codeOf)).toBe('STORE_FAILED')
    })
  })
}
