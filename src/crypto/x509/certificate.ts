import 'reflect-metadata' // @peculiar/x509 will not load without it
import { X509Certificate } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509'
import { type Bytes, fromHex } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { canonicalSpki } from './canonical-spki.ts'
import { readTlv } from './der.ts'

/** What the vendor says about the TPM in the certificate (TCG EK Credential Profile, section 3.1.2). */
export interface TpmDescription {
  readonly maker?: string
  readonly model?: string
  readonly firmware?: string
}

/** The parts of a certificate that the chain of an endorsement key needs. */
export interface Certificate {
  /** Without the padding that some TPMs store after it. */
  readonly der: Bytes
  /** For verifying signatures with OpenSSL. */
  readonly x509: X509Certificate
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  readonly isCa: boolean
  /** How many intermediates may follow below. Undefined: no limit. */
  readonly pathLength: number | undefined
  /** False when the certificate states a key usage without certificate signing. */
  readonly maySignCertificates: boolean
  readonly statesKeyUsage: boolean
  /** Undefined when the certificate states none. */
  readonly extendedKeyUsages: readonly string[] | undefined
  /** Critical extensions that this program does not know. */
  readonly unknownCritical: readonly string[]
  /** SubjectPublicKeyInfo in canonical encoding, even if the certificate says RSAES-OAEP. */
  readonly spki: Bytes
  readonly tpm: TpmDescription
}

const MAX_BYTES = 16 * 1024

/** Extensions that we apply, or that do not matter for an endorsement key: policies, attributes, pointers. */
const KNOWN_EXTENSIONS = new Set([
  ...['2.5.29.9', '2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.18', '2.5.29.19'],
  ...['2.5.29.31', '2.5.29.32', '2.5.29.35', '2.5.29.37', '1.3.6.1.5.5.7.1.1'],
])

/**
 * Parses one DER certificate as leniently as OpenSSL. Real ones contain encodings that are not DER.
 *
 * @throws `CERTIFICATE_MALFORMED`.
 */
export function parseCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > MAX_BYTES) throw new SuretyError('CERTIFICATE_MALFORMED', 'a certificate is larger than 16 KiB')
  const der = withoutPadding(bytes)
  try {
    return read(der, new X509Certificate(der), new ParsedCertificate(der))
  } catch (cause) {
    throw new SuretyError('CERTIFICATE_MALFORMED', 'not an X.509 certificate', { cause })
  }
}

function read(der: Bytes, x509: X509Certificate, parsed: ParsedCertificate): Certificate {
  const constraints = parsed.getExtension(BasicConstraintsExtension)
  const usages = parsed.getExtension(KeyUsagesExtension)?.usages
  return {
    der,
    x509,
    subject: x509.subject ?? '',
    issuer: x509.issuer ?? '',
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    isCa: constraints?.ca === true,
    pathLength: constraints?.pathLength,
    maySignCertificates: usages === undefined || (usages & KeyUsageFlags.keyCertSign) !== 0,
    statesKeyUsage: usages !== undefined,
    extendedKeyUsages: parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String),
    unknownCritical: parsed.extensions
      .filter(({ critical, type }) => critical && !KNOWN_EXTENSIONS.has(type))
      .map(({ type }) => type),
    spki: canonicalSpki(new Uint8Array(parsed.publicKey.rawData)),
    tpm: describeTpm(parsed.getExtension(SubjectAlternativeNameExtension)),
  }
}

/** TPMs store certificates in NV areas of a fixed size, padded with 00 or ff. */
function withoutPadding(bytes: Uint8Array): Bytes {
  const outer = readTlv(bytes, 0)
  const rest = outer === undefined ? undefined : bytes.subarray(outer.end)
  if (outer?.tag !== 0x30 || !(rest?.every((byte) => byte === 0) || rest?.every((byte) => byte === 0xff))) {
    throw new SuretyError('CERTIFICATE_MALFORMED', 'not one whole DER certificate')
  }
  return bytes.slice(0, outer.end)
}

const MANUFACTURER = '2.23.133.2.1'
const MODEL = '2.23.133.2.2'
const VERSION = '2.23.133.2.3'

function describeTpm(names: SubjectAlternativeNameExtension | null): TpmDescription {
  const found: { maker?: string; model?: string; firmware?: string } = {}
  for (const name of names?.names.items ?? []) {
    if (name.type !== 'dn') continue
    for (const [type, value] of attributesOf(name.value)) {
      if (type === MANUFACTURER) found.maker = vendorName(value)
      if (type === MODEL) found.model = printable(value)
      if (type === VERSION) found.firmware = printable(value)
    }
  }
  return found
}

/** Reads a name such as `2.23.133.2.1=id:49465800, 2.23.133.2.2=SLB 9670`. Commas in values are escaped. */
function attributesOf(name: string): readonly (readonly [type: string, value: string])[] {
  return name.split(/(?<!\\)[,+]/).map((part) => {
    const equals = part.indexOf('=')
    return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const
  })
}

/** `id:49465800` is a vendor id of the TCG registry: four ASCII characters, or a number. */
function vendorName(value: string): string {
  const id = value.startsWith('id:') ? fromHex(value.slice(3)) : undefined
  const letters = id === undefined ? '' : String.fromCharCode(...id).replace(/[\0 ]+$/, '')
  return /^[\x21-\x7e]+$/.test(letters) ? letters : printable(value)
}

/** Bounds foreign text and replaces everything that a terminal could obey. */
function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?').slice(0, 64)
}
