import { open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type Enrolment, parseEnrolmentString } from '../../protocol/enrolment-string.ts'
import { readIfPresent } from '../../system/files/durable-file.ts'

/** Where the enrolment string comes from, and how its secret is got rid of. */
export interface EnrolmentSource {
  /** @throws `ENROLMENT_STRING_INVALID`, `NOT_PERMITTED` when others may read the file, `FILE_*`. */
  read(): Promise<Enrolment | undefined>
  /** The token was used. */
  used(): Promise<void>
}

const MAX_BYTES = 8 * 1024

/** The file named by `enrolmentFile`; removed once it was used. */
export function enrolmentFile({ log }: { readonly log: Log }, path: string): EnrolmentSource {
  return {
    async read() {
      const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true })
      return bytes === undefined ? undefined : parseEnrolmentString(textOf(bytes))
    },
    async used() {
      try {
        await unlink(path)
        await using folder = await open(dirname(path))
        await folder.sync()
      } catch (error) {
        // The token is spent all the same, and its id is remembered.
        log.warn('enrolment file could not be removed', { path, reason: describeError(error) })
      }
    },
  }
}

/** A string that was read from standard input: forgotten once it was used. */
export function enrolmentText(text: string): EnrolmentSource {
  let held: string | undefined = text
  return {
    async read() {
      return held === undefined ? undefined : parseEnrolmentString(held)
    },
    async used() {
      held = undefined
    },
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('ENROLMENT_STRING_INVALID', 'the enrolment string is no text', { cause })
  }
}
