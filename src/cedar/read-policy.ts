import { SuretyError } from '../base/errors.ts'
import type { CedarPolicy } from './cedar-policy.ts'
import { POLICY_MAX_BYTES, piecesOf } from './scan-policy.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Reads a text of Cedar policies. Each refusal has the line and the reason.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_DEEP`, `INPUT_TOO_LARGE`.
 */
export async function readPolicy(
  text: string,
  vocabulary: Vocabulary,
  options: { readonly withinMs?: number } = {},
): Promise<CedarPolicy> {
  if (Buffer.byteLength(text) > POLICY_MAX_BYTES) {
    throw new SuretyError('INPUT_TOO_LARGE', `${vocabulary.called} has at most ${POLICY_MAX_BYTES / 1024} KiB`)
  }
  if (!text.isWellFormed()) throw new SuretyError('INPUT_MALFORMED', 'the text is not Unicode')
  const pieces = piecesOf(text)
  // Its file is the program of the thread, so it is loaded apart from the rest.
  const { examineInThread } = await import('./examine-in-thread.ts')
  const examined = await examineInThread(pieces, vocabulary, options)
  if ('refused' in examined) throw new SuretyError('INPUT_MALFORMED', examined.refused)
  return examined.policy
}
