import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { base64UrlOf, closed, reader, type Static, Type } from '../../base/schema.ts'
import { tokenIdSchema } from '../ids.ts'
import { tierSchema } from '../tier.ts'

/**
 * Everything that a device needs to enrol: the address of the directory, its keys and one token. It is read from a file, standard
 * input or managed configuration, and never from argv or a URL.
 */
export const enrolmentSchema = closed({
  /** `wss://host:port` of the listener for devices. */
  url: Type.String({ pattern: '^wss://[^\\s/?#@]+/?$', maxLength: 300 }),
  /** SHA-256 of the CA's SubjectPublicKeyInfo. */
  ca: base64UrlOf(32),
  /** SHA-256 of the root key's SubjectPublicKeyInfo. */
  root: base64UrlOf(32),
  token: tokenIdSchema,
  secret: base64UrlOf(32),
  minimumTier: tierSchema,
})
export type Enrolment = Static<typeof enrolmentSchema>

const PREFIX = 'surety-enrol-v1.'
const enrolmentReader = reader(enrolmentSchema, {
  name: 'enrolment string',
  code: 'ENROLMENT_STRING_INVALID',
  limits: { maxBytes: 2048, maxDepth: 2 },
})

export function formatEnrolmentString(enrolment: Enrolment): string {
  return PREFIX + toBase64Url(utf8(JSON.stringify(enrolment)))
}

/** White space around the string is ignored. @throws `ENROLMENT_STRING_INVALID` for every fault. */
export function parseEnrolmentString(string: string): Enrolment {
  const trimmed = string.trim()
  const bytes = trimmed.startsWith(PREFIX) ? fromBase64Url(trimmed.slice(PREFIX.length)) : undefined
  if (bytes === undefined) {
    throw new SuretyError('ENROLMENT_STRING_INVALID', `not a complete enrolment string, which starts with ${PREFIX}`)
  }
  try {
    const enrolment = enrolmentReader.readCanonicalJson(fromUtf8(bytes))
    // The pattern accepts some malformed addresses, such as a port of six digits or an open bracket.
    if (URL.canParse(enrolment.url)) return enrolment
    throw new SuretyError('ENROLMENT_STRING_INVALID', 'the address of the directory is malformed')
  } catch (cause) {
    if (codeOf(cause) === 'ENROLMENT_STRING_INVALID') throw cause
    throw new SuretyError('ENROLMENT_STRING_INVALID', 'the enrolment string is damaged', { cause })
  }
}
