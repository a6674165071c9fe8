import { createHash } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { utf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Certificate } from '../../crypto/x509/certificate.ts'
import { type AnchorSet, parseTrustAnchors, type TrustAnchor } from '../../crypto/x509/trust-anchors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { syncFolder } from '../../system/files/own/durable-folder.ts'
import { requireTrustedFolder } from '../../system/files/own/prepare-folder.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { readAnchorFiles } from './read-trust-anchors.ts'

/** The certificates of TPM makers in a folder: `anchors list` and `anchors add`. */

export interface Anchor {
  readonly file: string
  readonly set: AnchorSet
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly notAfter: number
  /** SHA-256 of the certificate in hexadecimal digits, as makers publish it. */
  readonly fingerprint: string
  readonly status: 'used' | 'expired'
}

export interface AnchorList {
  readonly folder: string
  readonly anchors: readonly Anchor[]
  /** Certificates that are not used, and why. */
  readonly problems: readonly { readonly file: string; readonly reason: string }[]
}

const MAX_BYTES = 1024 * 1024
const LEAST_RSA_BITS = 2048
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1']
/** Also others who may read the data folder have no use for them. */
const MODES = { folder: 0o700, file: 0o600 }

/** Empty if there is no folder. @throws `STORE_FAILED` as `readTrustAnchors`. */
export async function listAnchors(folder: string, { now }: { readonly now: number }): Promise<AnchorList> {
  const unread: { file: string; reason: string }[] = []
  const files = await readAnchorFiles(folder, (file, error) => unread.push({ file, reason: describeError(error) }))
  const { bySubject, problems } = parseTrustAnchors(files)
  const anchors = [...bySubject.values()].flat().map((one) => viewOf(one, now))
  return {
    folder,
    anchors: anchors.toSorted((a, b) => (a.subject < b.subject ? -1 : 1)),
    problems: [...unread, ...problems.map(({ name, reason }) => ({ file: name, reason }))],
  }
}

/**
 * Adds all certificates of the files, or none.
 *
 * @throws `NOT_FOUND`, `FILE_*`; `CERTIFICATE_*`, `KEY_UNSUPPORTED`, `SIGNATURE_INVALID` for what cannot be an anchor; `CONFLICT`
 * for what is there already; `STORE_FAILED`.
 */
export async function addAnchors(
  folder: string,
  paths: readonly string[],
  { now }: { readonly now: number },
): Promise<readonly Anchor[]> {
  const added: TrustAnchor[] = []
  const known = new Set((await listAnchors(folder, { now })).anchors.map(({ fingerprint }) => fingerprint))
  for (const path of paths) {
    for (const certificate of await certificatesIn(path, now)) {
      const fingerprint = fingerprintOf(certificate)
      if (known.has(fingerprint)) {
        const message = `${JSON.stringify(path)}: the certificate of ${nameOf(certificate)} is there already: leave it out`
        throw new SuretyError('CONFLICT', message)
      }
      known.add(fingerprint)
      added.push({ name: `${fingerprint.slice(0, 32)}.pem`, set: 'makers', certificate })
    }
  }
  await makeFolder(folder)
  await requireTrustedFolder(folder, { name: 'trust anchors folder', depth: 0 })
  const written: string[] = []
  try {
    for (const { name, certificate } of added) {
      await writeDurably(join(folder, name), utf8(pemOf(certificate)), { mode: MODES.file })
      written.push(name)
    }
  } catch (error) {
    for (const name of written) await unlink(join(folder, name)).catch(() => undefined)
    throw error
  }
  return added.map((one) => viewOf(one, now))
}

/** Not the folders above it: a data folder with a typing error would be a new one. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await ownRights().makeFolder(folder, { mode: MODES.folder, recursive: false })
    await syncFolder(dirname(folder))
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === 'EEXIST') return
    if (errno === 'ENOENT') {
      const hint = 'start the directory once, or give --data FOLDER'
      throw new SuretyError('NOT_FOUND', `there is no folder ${JSON.stringify(dirname(folder))}: ${hint}`, { cause })
    }
    const hint = 'run this as root or as the user that runs the directory'
    throw new SuretyError('STORE_FAILED', `cannot make ${JSON.stringify(folder)} (${errno ?? 'failed'}): ${hint}`, {
      cause,
    })
  }
}

async function certificatesIn(path: string, now: number): Promise<readonly Certificate[]> {
  const shown = JSON.stringify(path)
  const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES })
  if (bytes === undefined) throw new SuretyError('NOT_FOUND', `there is no file ${shown}`)
  const { bySubject, problems } = parseTrustAnchors([{ name: path, bytes, set: 'makers' }])
  const [problem] = problems
  if (problem !== undefined) {
    const hint = "give the maker's CA certificates as PEM or DER"
    throw new SuretyError('CERTIFICATE_CHAIN_INVALID', `${shown}: ${problem.reason}; ${hint}`)
  }
  const certificates = [...bySubject.values()].flat().map(({ certificate }) => certificate)
  for (const certificate of certificates) requireUsable(certificate, { shown, now })
  return certificates
}

function requireUsable(
  certificate: Certificate,
  { shown, now }: { readonly shown: string; readonly now: number },
): void {
  const { x509, subject, issuer, notBefore, notAfter } = certificate
  const place = `${shown}: the certificate of ${nameOf(certificate)}`
  if (now > notAfter) {
    throw new SuretyError('CERTIFICATE_EXPIRED', `${place} ended on ${dayOf(notAfter)}: get its successor`)
  }
  if (now < notBefore) {
    throw new SuretyError('CERTIFICATE_EXPIRED', `${place} begins on ${dayOf(notBefore)}: check the clock`)
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = x509.publicKey
  const isKnown =
    (type === 'rsa' && (details?.modulusLength ?? 0) >= LEAST_RSA_BITS) ||
    (type === 'ec' && CURVES.includes(details?.namedCurve))
  if (!isKnown) {
    const expected = `RSA from ${LEAST_RSA_BITS} bits, or P-256, P-384, P-521`
    throw new SuretyError('KEY_UNSUPPORTED', `${place} has a key of another kind: expected ${expected}`)
  }
  if (subject === issuer && !x509.verify(x509.publicKey)) {
    throw new SuretyError('SIGNATURE_INVALID', `${place} is not signed by its own key: get it from the maker again`)
  }
}

function viewOf({ name, set, certificate }: TrustAnchor, now: number): Anchor {
  const { subject, notAfter } = certificate
  const status = now > notAfter ? 'expired' : 'used'
  return { file: name, set, subject: oneLine(subject), notAfter, fingerprint: fingerprintOf(certificate), status }
}

function fingerprintOf({ der }: Certificate): string {
  return createHash('sha256').update(der).digest('hex')
}

function pemOf({ x509 }: Certificate): string {
  return `${x509.toString().trimEnd()}\n`
}

function nameOf({ subject }: Certificate): string {
  return JSON.stringify(/^CN=(.+)$/m.exec(subject)?.[1] ?? oneLine(subject))
}

/** OpenSSL puts each part of a name on a line of its own. */
function oneLine(subject: string): string {
  return subject.replaceAll('\n', ', ')
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
