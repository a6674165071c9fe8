import { unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { equalBytes, fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type Enrolment, parseEnrolmentString } from '../../protocol/messages/enrolment-string.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { syncFolder } from '../../system/files/own/durable-folder.ts'

/** Where the enrolment string comes from. Its secret is erased after use. */
export interface EnrolmentSource {
  /**
   * @param options.enrolled whether the device has an identity.
   * @returns undefined when there is no enrolment string.
   * @throws `ENROLMENT_STRING_INVALID`, `NOT_PERMITTED` when other users may read the file, `FILE_*`.
   */
  read(options: ReadOptions): Promise<Enrolment | undefined>
  /** The token was used: erases the string. */
  used(): Promise<void>
}

export interface ReadOptions {
  readonly enrolled: boolean
}

const OWN = { maxBytes: 8 * 1024, ownerOnly: true }

/** The file that the setting `enrolmentFile` names. It is deleted after use. */
export function enrolmentFile({ log }: { readonly log: Log }, path: string): EnrolmentSource {
  let isSaid = false
  let last: Uint8Array | undefined
  return {
    async read() {
      const bytes = await readIfPresent(path, OWN)
      last = bytes
      return bytes === undefined ? undefined : parseEnrolmentString(decode(bytes))
    },
    async used() {
      try {
        // Another string may have been brought meanwhile.
        const now = await readIfPresent(path, OWN)
        if (now === undefined || last === undefined || !equalBytes(now, last)) return
        await unlink(path)
        await syncFolder(dirname(path))
      } catch (error) {
        // No harm: the identity holds the id of the token.
        if (!isSaid) log.warn('enrolment file could not be removed', { path, reason: describeError(error) })
        isSaid = true
      }
    },
  }
}

/**
 * A credential of systemd, which nothing can erase: it enrols a device that has no identity, and no other one.
 *
 * @param path below `$CREDENTIALS_DIRECTORY`.
 */
export function enrolmentCredential(path: string): EnrolmentSource {
  return {
    async read({ enrolled }) {
      const bytes = enrolled ? undefined : await readIfPresent(path, OWN)
      return bytes === undefined ? undefined : parseEnrolmentString(decode(bytes))
    },
    used: async () => undefined,
  }
}

/** The first source that has a string. Only that one is erased. */
export function firstOf(sources: readonly EnrolmentSource[]): EnrolmentSource {
  let taken: EnrolmentSource | undefined
  return {
    async read(options) {
      for (const source of sources) {
        const read = await source.read(options)
        if (read === undefined) continue
        taken = source
        return read
      }
      return undefined
    },
    used: async () => await taken?.used(),
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

/** PowerShell writes UTF-16 with a byte order mark. */
function decode(bytes: Uint8Array): string {
  try {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le', { fatal: true }).decode(bytes)
    return fromUtf8(bytes)
  } catch (cause) {
    throw new SuretyError('ENROLMENT_STRING_INVALID', 'the enrolment string is not text', { cause })
  }
}
