import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { TestKey } from '../protocol/test-keys.ts'

/** Certificates as makers of TPMs issue them, and as they should not: deterministic, from test keys. */

export const YEAR_MS = 365 * 24 * 60 * 60 * 1000
export const NOW = Date.UTC(2026, 10, 25, 12)
const EK_USAGE = '2.23.133.8.1'
export const KEY_USAGE = KeyUsageFlags

export interface CertificateInit {
  /** Distinguished name, such as `CN=Maker Root`. Empty: none. */
  readonly subject: string
  readonly issuer: string
  readonly publicKey: Uint8Array
  readonly signer: TestKey
  readonly notBefore?: number
  readonly notAfter?: number
  /** Left out: no basic constraints at all. */
  readonly ca?: boolean
  readonly pathLength?: number
  readonly keyUsage?: number
  readonly extendedKeyUsage?: readonly string[]
  readonly tpm?: { readonly manufacturer: string; readonly model: string; readonly version: string }
  /** An extension of this type, critical, with an arbitrary value. */
  readonly unknownCritical?: string
}

/** @returns DER. */
export async function makeCertificate(init: CertificateInit): Promise<Uint8Array<ArrayBuffer>> {
  const extensions: Extension[] = []
  if (init.ca !== undefined) extensions.push(new BasicConstraintsExtension(init.ca, init.pathLength, true))
  if (init.keyUsage !== undefined) extensions.push(new KeyUsagesExtension(init.keyUsage, true))
  if (init.extendedKeyUsage !== undefined) extensions.push(new ExtendedKeyUsageExtension([...init.extendedKeyUsage]))
  if (init.tpm !== undefined) {
    const { manufacturer, model, version } = init.tpm
    const name = { '2.23.133.2.1': [manufacturer], '2.23.133.2.2': [model], '2.23.133.2.3': [version] }
    extensions.push(new SubjectAlternativeNameExtension([{ type: 'dn', value: dn(name) }], true))
  }
  if (init.unknownCritical !== undefined) {
    extensions.push(new Extension(init.unknownCritical, true, Uint8Array.of(0x05, 0x00)))
  }
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: '01',
      subject: init.subject,
      issuer: init.issuer,
      notBefore: new Date(init.notBefore ?? NOW - YEAR_MS),
      notAfter: new Date(init.notAfter ?? NOW + YEAR_MS),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      publicKey: new PublicKey(Uint8Array.from(init.publicKey)),
      signingKey: await importForSigning(init.signer),
      extensions,
    },
    cryptoOf(init.signer),
  )
  return new Uint8Array(certificate.rawData)
}

const dn = (name: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(name)
    .map(([type, [value]]) => `${type}=${value}`)
    .join(', ')

/** A CA with the extensions of a good one. */
export function makeAuthority(
  init: Pick<CertificateInit, 'subject' | 'issuer' | 'signer'> & Partial<CertificateInit> & { readonly key: TestKey },
): Promise<Uint8Array<ArrayBuffer>> {
  const { key, ...rest } = init
  return makeCertificate({
    ca: true,
    keyUsage: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
    publicKey: key.spki,
    ...rest,
  })
}

/** The certificate of an endorsement key with the extensions of a good one. */
export function makeEndorsementCertificate(
  init: Pick<CertificateInit, 'issuer' | 'signer' | 'publicKey'> & Partial<CertificateInit>,
): Promise<Uint8Array<ArrayBuffer>> {
  return makeCertificate({
    subject: '',
    ca: false,
    keyUsage: KeyUsageFlags.keyAgreement,
    extendedKeyUsage: [EK_USAGE],
    tpm: { manufacturer: 'id:53555254', model: 'Test TPM', version: 'id:00010002' },
    ...init,
  })
}

function importForSigning(signer: TestKey): Promise<CryptoKey> {
  return webcrypto.subtle.importKey('jwk', signer.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
}

/** WebCrypto, but that this key's signatures are always the same. */
function cryptoOf(signer: TestKey): Crypto {
  const sign = async (_: unknown, __: unknown, message: ArrayBuffer | Uint8Array) =>
    (await signer.sign(new Uint8Array(message as ArrayBuffer))).buffer // WebCrypto's BufferSource, read as bytes
  const subtle = new Proxy(webcrypto.subtle, {
    get: (target, name) => {
      if (name === 'sign') return sign
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return new Proxy(webcrypto, {
    get: (target, name) => (name === 'subtle' ? subtle : Reflect.get(target, name)),
  }) as Crypto // the same object, seen through
}
