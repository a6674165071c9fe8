import { codeOf, type ErrorCode } from '../../src/base/errors.ts'

/** The code that `work` fails with; fails the test when it does not fail, or fails with something else. */
export async function codeThrown(work: () => unknown): Promise<ErrorCode> {
  try {
    await work()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return code
  }
  throw new Error('expected a refusal, and there was none')
}
