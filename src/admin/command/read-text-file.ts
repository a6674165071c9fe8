import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'

/** A file that a person names. @throws `NOT_FOUND`, `FILE_*`; `INPUT_MALFORMED` if it is no text. */
export async function readTextFile(file: string, { maxBytes }: { readonly maxBytes: number }): Promise<string> {
  const bytes = await readIfPresent(file, { maxBytes })
  if (bytes === undefined) throw new SuretyError('NOT_FOUND', `there is no file ${file}`)
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', `${file} is no text in UTF-8: save it as UTF-8`, { cause })
  }
}
