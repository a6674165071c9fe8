import { describeError, SuretyError } from '../../base/errors.ts'
import { type Certificate, parseCertificate } from './certificate.ts'

/** `makers`: vendors of real TPMs. `simulated`: the simulator of `npm start` and tests; its keys get the tier `simulated`. */
export type AnchorSet = 'makers' | 'simulated'

export interface TrustAnchorFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly set: AnchorSet
}

export interface TrustAnchor {
  /** The file it came from. */
  readonly name: string
  readonly set: AnchorSet
  readonly certificate: Certificate
}

export interface TrustAnchors {
  readonly bySubject: ReadonlyMap<string, readonly TrustAnchor[]>
  readonly count: number
  /** Whether any anchor belongs to a vendor. */
  readonly knowsMakers: boolean
  /** Certificates that could not be used, for people. The others are used. */
  readonly problems: readonly { readonly name: string; readonly reason: string }[]
}

const MAX_FILE_BYTES = 1024 * 1024
const MAX_ANCHORS = 4096
const PEM = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)(-----END)?/g

/** Reads trust anchors from DER files, or from PEM files with any number of certificates and any text between them. */
export function parseTrustAnchors(files: readonly TrustAnchorFile[]): TrustAnchors {
  const bySubject = new Map<string, TrustAnchor[]>()
  const problems: { name: string; reason: string }[] = []
  let count = 0
  let knowsMakers = false
  for (const { name, bytes, set } of files) {
    for (const found of certificatesOf(bytes)) {
      const certificate = found instanceof SuretyError ? found : readAnchor(found)
      if (certificate instanceof SuretyError) {
        problems.push({ name, reason: describeError(certificate) })
      } else if (count >= MAX_ANCHORS) {
        problems.push({ name, reason: `more than ${MAX_ANCHORS} trust anchors` })
      } else {
        count++
        knowsMakers ||= set === 'makers'
        const same = bySubject.get(certificate.subject)
        const anchor = { name, set, certificate }
        if (same === undefined) bySubject.set(certificate.subject, [anchor])
        else same.push(anchor)
      }
    }
  }
  return { bySubject, count, knowsMakers, problems }
}

function certificatesOf(bytes: Uint8Array): readonly (Uint8Array | SuretyError)[] {
  const refuse = (reason: string) => [new SuretyError('CERTIFICATE_MALFORMED', reason)]
  if (bytes.length === 0) return refuse('the file is empty')
  if (bytes.length > MAX_FILE_BYTES) return refuse('the file is larger than 1 MiB')
  if (bytes[0] === 0x30 && bytes[1] !== undefined && bytes[1] > 0x80) return [bytes]
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM)]
  if (blocks.length === 0) return refuse('neither DER nor PEM')
  return blocks.map(([, base64 = '', end]) =>
    end === undefined
      ? new SuretyError('CERTIFICATE_MALFORMED', 'a PEM block is damaged')
      : new Uint8Array(Buffer.from(base64, 'base64')),
  )
}

function readAnchor(der: Uint8Array): Certificate | SuretyError {
  try {
    const certificate = parseCertificate(der)
    if (!certificate.isCa || !certificate.maySignCertificates) {
      return new SuretyError('CERTIFICATE_CHAIN_INVALID', 'not the certificate of a CA')
    }
    return certificate.subject === ''
      ? new SuretyError('CERTIFICATE_MALFORMED', 'a trust anchor without a name')
      : certificate
  } catch (error) {
    return error instanceof SuretyError
      ? error
      : new SuretyError('CERTIFICATE_MALFORMED', 'unreadable', { cause: error })
  }
}
