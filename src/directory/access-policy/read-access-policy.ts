import { SuretyError } from '../../base/errors.ts'
import type { AccessPolicy } from './access-policy.ts'
import { ACCESS_MAX_BYTES, piecesOf } from './scan-policy.ts'

/**
 * Reads a text of Cedar policies. Each refusal has the line and the reason.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_DEEP`, `INPUT_TOO_LARGE`.
 */
export async function readAccessPolicy(
  text: string,
  options: { readonly withinMs?: number } = {},
): Promise<AccessPolicy> {
  if (Buffer.byteLength(text) > ACCESS_MAX_BYTES) {
    throw new SuretyError('INPUT_TOO_LARGE', `an access policy has at most ${ACCESS_MAX_BYTES / 1024} KiB`)
  }
  if (!text.isWellFormed()) throw new SuretyError('INPUT_MALFORMED', 'the text is not Unicode')
  const pieces = piecesOf(text)
  // Its file is the program of the thread, so it is loaded apart from the rest.
  const { examineInThread } = await import('./examine-in-thread.ts')
  const examined = await examineInThread(pieces, options)
  if ('refused' in examined) throw new SuretyError('INPUT_MALFORMED', examined.refused)
  return examined.policy
}
