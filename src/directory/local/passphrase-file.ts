import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'

const MIN_CHARACTERS = 12

/** The first line of a file that no other user can read. @throws `FILE_*`, `NOT_PERMITTED`, `USAGE_INVALID` for a short one. */
export async function readPassphrase(path: string): Promise<string> {
  const bytes = await readIfPresent(path, { maxBytes: 4096, ownerOnly: true })
  if (bytes === undefined) throw new SuretyError('FILE_ABSENT', `${JSON.stringify(path)} is missing`)
  const passphrase = fromUtf8(bytes).split(/\r?\n/, 1)[0]?.trim() ?? ''
  if (passphrase.length >= MIN_CHARACTERS) return passphrase
  throw new SuretyError(
    'USAGE_INVALID',
    `the passphrase in ${JSON.stringify(path)} has fewer than ${MIN_CHARACTERS} characters`,
  )
}
