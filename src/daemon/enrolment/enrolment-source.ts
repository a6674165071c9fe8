import { unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type Enrolment, parseEnrolmentString } from '../../protocol/enrolment-string.ts'
import { readIfPresent } from '../../system/files/durable-file.ts'
import { syncFolder } from '../../system/files/durable-folder.ts'

/** Where the enrolment string comes from. Its secret is erased after use. */
export interface EnrolmentSource {
  /**
   * @returns undefined when there is no enrolment string.
   * @throws `ENROLMENT_STRING_INVALID`, `NOT_PERMITTED` when other users may read the file, `FILE_*`.
   */
  read(): Promise<Enrolment | undefined>
  /** The token was used: erases the string. */
  used(): Promise<void>
}

const MAX_BYTES = 8 * 1024

/** The file that the setting `enrolmentFile` names. It is deleted after use. */
export function enrolmentFile({ log }: { readonly log: Log }, path: string): EnrolmentSource {
  return {
    async read() {
      const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true })
      return bytes === undefined ? undefined : parseEnrolmentString(decode(bytes))
    },
    async used() {
      try {
        await unlink(path)
        await syncFolder(dirname(path))
      } catch (error) {
        // No harm: the token is spent, and the identity holds its id.
        log.warn('enrolment file could not be removed', { path, reason: describeError(error) })
      }
    },
  }
}

/** A string from standard input. It is dropped after use. */
export function enrolmentText(text: string): EnrolmentSource {
  let unused: string | undefined = text
  return {
    async read() {
      return unused === undefined ? undefined : parseEnrolmentString(unused)
    },
    async used() {
      unused = undefined
    },
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('ENROLMENT_STRING_INVALID', 'the enrolment string is not text', { cause })
  }
}
