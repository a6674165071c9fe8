import 'reflect-metadata'
import type { KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { Crypto } from '@peculiar/webcrypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { toHex } from '../../base/bytes.ts'
import { spkiOf } from './key-files.ts'

/** Certificates of the directory's own authority. Devices pin the CA's key, so certificates may be made again at will. */
export interface Issuing {
  readonly caKey: KeyObject
  readonly now: number
  readonly random: (bytes: number) => Uint8Array
}

/** The crypto that the library of certificates is made with. */
const webcrypto = new Crypto()

const DAY_MS = 86_400_000
const CA_DAYS = 3650
const SERVER_DAYS = 90
/** A device whose clock is a day behind is told so over a connection that holds. The keys are fresh: nothing is dated back for others. */
const BACKDATE_MS = 2 * DAY_MS
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const P256 = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' }
const CA_NAME = 'CN=Surety directory CA'

/** @returns PEM. */
export async function makeCaCertificate({ caKey, now, random }: Issuing): Promise<string> {
  const keys = { privateKey: await importPrivate(caKey), publicKey: await importPublic(caKey) }
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(random),
      name: CA_NAME,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(now + CA_DAYS * DAY_MS),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )
  return certificate.toString('pem')
}

/**
 * A server certificate for DNS names and IP addresses. It names the CA's key (RFC 5280 section 4.2.1.1): strict
 * verifiers, such as Python 3.13 by default, refuse a certificate that does not.
 *
 * @returns PEM.
 */
export async function makeServerCertificate(
  { caKey, now, random }: Issuing,
  init: { serverKey: KeyObject; names: readonly string[] },
): Promise<string> {
  const publicKey = await importPublic(init.serverKey)
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(random),
      subject: 'CN=Surety directory',
      issuer: CA_NAME,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(now + SERVER_DAYS * DAY_MS),
      signingAlgorithm: SIGNING,
      publicKey,
      signingKey: await importPrivate(caKey),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([SERVER_AUTH]),
        await SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await AuthorityKeyIdentifierExtension.create(await importPublic(caKey), false, webcrypto),
        new SubjectAlternativeNameExtension(
          init.names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
        ),
      ],
    },
    webcrypto,
  )
  return certificate.toString('pem')
}

function importPrivate(key: KeyObject) {
  const der = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  return webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign'])
}

function importPublic(key: KeyObject) {
  return webcrypto.subtle.importKey('spki', spkiOf(key), P256, true, ['verify'])
}

/** RFC 5280 section 4.1.2.2: positive, at most 20 bytes. */
function serialNumber(random: Issuing['random']): string {
  const bytes = random(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return toHex(bytes)
}
