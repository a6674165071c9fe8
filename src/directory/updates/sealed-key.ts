import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, scryptSync } from 'node:crypto'
import { concatBytes } from '../../base/bytes.ts'
import { derSequence } from '../../crypto/x509/der.ts'

/**
 * Private keys under a passphrase: PKCS #8 in PEM, PBES2 with scrypt (RFC 7914) and AES-256-CBC. Node writes PBKDF2 with 2048 rounds
 * alone, which a thief tries out quickly. Node and OpenSSL read either.
 */

/** As OWASP advises for 16 MiB of memory; OpenSSL takes no more than 32 MiB. */
const COST = { N: 16_384, r: 8, p: 5 } as const
const INTEGERS = Uint8Array.of(0x02, 0x02, 0x40, 0x00, 0x02, 0x01, COST.r, 0x02, 0x01, COST.p)
const OCTET_STRING = 0x04
const PBES2 = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d)
const SCRYPT = Uint8Array.of(0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b)
const AES_256_CBC = Uint8Array.of(0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a)
const LABEL = 'ENCRYPTED PRIVATE KEY'
const LINE = 64

export function sealKey(privateKey: KeyObject, passphrase: string): string {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', scryptSync(normal(passphrase), salt, 32, COST), iv)
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' })
  const sealed = concatBytes(cipher.update(plain), cipher.final())
  const derivation = sequence(SCRYPT, sequence(octets(salt), INTEGERS))
  const scheme = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))))
  const text = Buffer.from(sequence(scheme, octets(sealed))).toString('base64')
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  return `-----BEGIN ${LABEL}-----\n${lines.join('\n')}\n-----END ${LABEL}-----\n`
}

export function isSealed(pem: string): boolean {
  return pem.includes(`-----BEGIN ${LABEL}-----`)
}

/** By file and passphrase. Opening takes a fifth of a second on purpose, and one command signs several times. */
const opened = new Map<string, KeyObject>()

/** @throws for another passphrase, and for a damaged file. */
export function openKey(pem: string, passphrase: string): KeyObject {
  const name = `${normal(passphrase)}\n${pem}`
  const key = opened.get(name) ?? createPrivateKey({ key: pem, passphrase: normal(passphrase) })
  opened.set(name, key)
  return key
}

/** One passphrase, whatever keyboard it was typed on. */
function normal(passphrase: string): string {
  return passphrase.normalize('NFC')
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return derSequence(concatBytes(...parts))
}

/** Of less than 128 bytes. */
function octets(content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(OCTET_STRING, content.length), content)
}
