import { codeOf } from '../../src/base/errors.ts'

/** The code that `call` throws; undefined for an error without one, and `no refusal` when it does not throw. */
export function codeOfCall(call: () => unknown): string | undefined {
  try {
    call()
    return 'no refusal'
  } catch (error) {
    return codeOf(error)
  }
}
