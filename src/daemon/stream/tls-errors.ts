import { describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'

/** Codes of OpenSSL, Node and ws for certificates and frames. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  CERT_HAS_EXPIRED: 'CERTIFICATE_EXPIRED',
  CERT_NOT_YET_VALID: 'CERTIFICATE_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'CERTIFICATE_CHAIN_INVALID',
  SELF_SIGNED_CERT_IN_CHAIN: 'CERTIFICATE_CHAIN_INVALID',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'CERTIFICATE_CHAIN_INVALID',
  UNABLE_TO_GET_ISSUER_CERT: 'CERTIFICATE_CHAIN_INVALID',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'CERTIFICATE_CHAIN_INVALID',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'CERTIFICATE_CHAIN_INVALID',
  CERT_SIGNATURE_FAILURE: 'CERTIFICATE_CHAIN_INVALID',
  CERT_UNTRUSTED: 'CERTIFICATE_CHAIN_INVALID',
  INVALID_CA: 'CERTIFICATE_CHAIN_INVALID',
  INVALID_PURPOSE: 'CERTIFICATE_CHAIN_INVALID',
  PATH_LENGTH_EXCEEDED: 'CERTIFICATE_CHAIN_INVALID',
  HOSTNAME_MISMATCH: 'CERTIFICATE_CHAIN_INVALID',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'FRAME_TOO_LARGE',
  WS_ERR_INVALID_UTF8: 'FRAME_MALFORMED',
}

/** What an error means, in words of the user. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side ended it',
  EAI_AGAIN: 'the name cannot be resolved now',
  EHOSTUNREACH: 'no network leads there',
  ENETUNREACH: 'no network leads there',
  ENOTFOUND: 'the name is not known',
  ETIMEDOUT: 'nothing answers there',
  CERT_HAS_EXPIRED: 'its certificate has ended by the clock of this device',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet by the clock of this device',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is not for this name, which is missing in the names of the directory',
}
/** The message of ws where a web server answers in HTTP. It has no code. */
const HTTP_ANSWER = /^Unexpected server response: (\d+)$/

/**
 * Translates the error of a connection. Errors that are not about certificates or frames are `DIRECTORY_UNREACHABLE`.
 *
 * @param url where it was to lead.
 */
export function connectionError(cause: unknown, url = 'the directory'): SuretyError {
  if (cause instanceof SuretyError) return cause
  const name = errnoOf(cause) ?? ''
  const reason = describeError(cause)
  const code = CODES[name] ?? (name.startsWith('WS_ERR_') ? 'FRAME_MALFORMED' : 'DIRECTORY_UNREACHABLE')
  const [, status] = HTTP_ANSWER.exec(reason) ?? []
  const what =
    status === undefined
      ? (REASONS[name] ?? (name || reason))
      : `a web server answers there, with ${status}, and no directory: devices have a port of their own`
  return new SuretyError(code, `connection to ${url}: ${what}`, { cause })
}
