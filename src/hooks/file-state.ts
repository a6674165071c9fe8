import { hash } from 'node:crypto'
import { equalBytes, fromUtf8 } from '../base/bytes.ts'
import { codeOf, describeError, SuretyError } from '../base/errors.ts'
import type { ClientFile, HookSettings } from './clients/client-file.ts'
import type { KeptFile } from './kept-files.ts'
import type { TrustedPlace } from './trusted-place.ts'

/** What a client's file is, compared with what is kept of it. */
export type PlaceState =
  /** As it was before an install, or after one that was cut off. */
  | 'original'
  /** As an install wrote it. */
  | 'written'
  /** Another program or person changed it after an install. */
  | 'changed'

/** @param kept undefined when nothing was installed; what is there is then the original. */
export function placeState({ bytes }: TrustedPlace, kept: KeptFile | undefined): PlaceState {
  if (kept === undefined) return 'original'
  if (bytes !== undefined && kept.written.includes(digestOf(bytes))) return 'written'
  const isSame =
    bytes === undefined || kept.original === undefined
      ? bytes === kept.original
      : equalBytes(bytes, kept.original.bytes)
  return isSame ? 'original' : 'changed'
}

export function digestOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url')
}

/**
 * The text of a client's file with the hook in it.
 *
 * @throws as `ClientFile.render`; the message begins with the path.
 */
export async function renderFor(
  { render, isOwn }: ClientFile,
  { path, bytes }: Pick<TrustedPlace, 'path' | 'bytes'>,
  settings: HookSettings,
): Promise<string> {
  try {
    return await render(bytes === undefined || isOwn ? undefined : textOf(bytes), settings)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined) throw cause
    throw new SuretyError(code, `${JSON.stringify(path)}: ${describeError(cause)}`, { cause })
  }
}

/** @throws `INPUT_MALFORMED`. */
function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', 'not UTF-8', { cause })
  }
}
